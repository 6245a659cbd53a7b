# SPDX-License-Identifier: Apache-2.0
"""The mails that the crash rigs send. Each has a token of its own in its Subject, by which the ledgers know it."""
import base64
import functools
import hashlib
import random

SENDER = "scanner@contoso.com"
TIGHT_SENDER = "tight@contoso.com"  # a mailbox that takes nothing larger than TIGHT_SIZE
TIGHT_SIZE = 10_000
MAILBOXES = (SENDER, TIGHT_SENDER)
RECIPIENTS = ("alice@fabrikam.example", "bob@fabrikam.example")
SMALL, LARGE = 30_000, 3_300_000  # posted; uploaded in 3 ranges of world.RANGE_SIZE


@functools.lru_cache(maxsize=64)
def attachment(seed, size):
    """(bytes in base64 with line ends, SHA-256)"""
    data = random.Random(seed).randbytes(size)
    text = base64.b64encode(data)
    lines = b"\r\n".join(text[i:i + 76] for i in range(0, len(text), 76))
    return lines, hashlib.sha256(data).hexdigest()


class Mail:
    """`parts`: {name: SHA-256}. `identity`: it has Message-ID and Date, so that a second copy can be known. `fate`: sent,
    or returned where Graph refuses it for good."""

    def __init__(self, token, data, parts, sender=SENDER, identity=True, fate="sent"):
        self.token, self.data, self.parts = token, data, parts
        self.sender, self.recipients, self.parameters = sender, list(RECIPIENTS), []
        self.identity, self.fate = identity, fate
        self.answers = []  # what the MTA's side was answered, in order: (word, text)


def make(token, sizes, sender=SENDER, identity=True, fate="sent"):
    """A text and one attachment per size."""
    head = [f"From: Scanner <{sender}>", f"To: {RECIPIENTS[0]}", f"Subject: {token}"]
    if identity:
        head += [f"Message-ID: <{token}@scanner.contoso.com>", "Date: Sun, 22 Nov 2026 10:00:00 +0100"]
    head += ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="=_crash"']
    pieces = ["\r\n".join(head).encode(), b"\r\n\r\n--=_crash\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe scan.\r\n"]
    parts = {}
    for number, size in enumerate(sizes, 1):
        name = f"scan-{number}.pdf"
        lines, digest = attachment(number, size)
        parts[name] = digest
        pieces += [b"\r\n--=_crash\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n",
                   f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'.encode(), lines]
    pieces.append(b"\r\n--=_crash--\r\n")
    return Mail(token, b"".join(pieces), parts, sender, identity, fate)


def posted(token):
    return make(token, [SMALL])


def session(token):
    return make(token, [LARGE])


def returned(token):
    """Graph takes its draft and refuses its part, for good."""
    return make(token, [SMALL], sender=TIGHT_SENDER, fate="returned")


def anonymous(token):
    """Neither Message-ID nor Date: nobody can know a second copy of it."""
    return make(token, [SMALL], identity=False)


SHAPES = {"posted": posted, "session": session, "returned": returned, "anonymous": anonymous}
