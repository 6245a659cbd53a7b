# SPDX-License-Identifier: Apache-2.0
"""When two readers see the same leaves. README.md gives the reason for each thing that is not compared."""

BODY_TYPES = ("text/plain", "text/html")
GUESSED_FROM_NAME = ("text/plain", "application/octet-stream")


def difference(ours, theirs, reader):
    """What `reader` sees otherwise than the scanner does, in words; None if they agree."""
    if len(ours) != len(theirs):
        return f"{reader} sees {len(theirs)} leaves instead of {len(ours)}"
    for number, (our, their) in enumerate(zip(ours, theirs), 1):
        found = difference_of_leaf(our, their, f"leaf {number}", reader)
        if found:
            return found
    return None


def difference_of_leaf(our, their, which, reader):
    for what in ("type", "name", "sha256", "text"):
        a, b = getattr(our, what), getattr(their, what)
        if a is not None and b is not None and a != b:
            return f"{reader} sees the {what} of {which} as {b!r} instead of {a!r}"
    return None


def with_text(ours, pythons):
    """Our leaves with the digests of Python, which sees the same, over text without its line ends."""
    return [our._replace(text=None if our.sha256 is None else python.text) for our, python in zip(ours, pythons)]


def difference_of_attachments(ours, theirs, reader):
    """For readers that join all text into one body and list only the rest, whatever of the text they list, too."""
    waiting = list(ours)
    for number, their in enumerate(theirs, 1):
        found = "nothing is left"
        while waiting:
            our = waiting.pop(0)
            found = difference_of_leaf(our, as_compared(our, their, reader), f"attachment {number}", reader)
            if found is None or our.type not in BODY_TYPES:
                break
        if found:
            return found if found != "nothing is left" else f"{reader} sees an attachment more: {their.type} {their.name!r}"
    left = [our.type for our in waiting if our.type not in BODY_TYPES]
    return f"{reader} does not see {left[0]}" if left else None


def as_compared(our, their, reader):
    """Without what this reader does not tell."""
    if our.encoding == "base64":
        their = their._replace(text=None)
    else:
        their = their._replace(sha256=None)
    if reader == "mailparser" and our.type in GUESSED_FROM_NAME:
        their = their._replace(type=None)
    return their
