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
    """For readers that join all text into one body and list only the rest, and now and then some of the text: what they
    list must be our leaves in order, with nothing but text left out."""
    # reached: how many of theirs can be accounted for by our leaves so far.
    reached = {0}
    for our in ours:
        after = {count + 1 for count in reached if count < len(theirs)
                 and difference_of_leaf(our, as_compared(our, theirs[count], reader), "", reader) is None}
        if our.type in BODY_TYPES or (reader == "mailparser" and our.type == "message/rfc822"):
            after |= reached
        if not after:
            return f"{reader} does not see {our.type} {our.name!r}, but {[(leaf.type, leaf.name) for leaf in theirs]}"
        reached = after
    if len(theirs) in reached:
        return None
    return f"{reader} sees more than {max(reached)} attachments: {[(leaf.type, leaf.name) for leaf in theirs]}"


def as_compared(our, their, reader):
    """Without what this reader does not tell."""
    if reader == "postal-mime" and our.type.startswith("text/"):
        return their._replace(sha256=None, text=None)
    if our.encoding == "base64":
        their = their._replace(text=None)
    else:
        their = their._replace(sha256=None)
    if reader == "mailparser" and our.type in GUESSED_FROM_NAME:
        their = their._replace(type=None)
    return their
