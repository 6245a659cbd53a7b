# SPDX-License-Identifier: Apache-2.0
"""When two readers see the same leaves. README.md gives the reason for each thing that is not compared."""

def difference(ours, theirs, reader):
    """What `reader` sees otherwise than the scanner does, in words; None if they agree."""
    if len(ours) != len(theirs):
        return f"{reader} sees {len(theirs)} leaves instead of {len(ours)}"
    for number, (our, their) in enumerate(zip(ours, theirs), 1):
        for what in ("type", "name", "sha256", "text"):
            a, b = getattr(our, what), getattr(their, what)
            if a is not None and b is not None and a != b:
                return f"{reader} sees the {what} of leaf {number} as {b!r} instead of {a!r}"
    return None


def with_text(ours, pythons):
    """Our leaves with the digests of Python, which sees the same, over text with LF for CRLF."""
    return [our._replace(text=None if our.sha256 is None else python.text) for our, python in zip(ours, pythons)]


def attachments(leaves):
    """For readers that join all text into one body and list only the rest."""
    return [leaf for leaf in leaves if leaf.type not in ("text/plain", "text/html")]


def difference_of_attachments(ours, theirs, reader):
    return difference(attachments(ours), attachments(theirs), reader)
