# SPDX-License-Identifier: Apache-2.0
"""Fifty different mails as bytes, and the comparison of what was sent with what was delivered, part by part.

Python's email package reads both sides, so the judge is neither our scanner nor the emulator's reader.
"""
import base64
import email
import email.header
import email.policy
import hashlib
import quopri
import random

SENDER = "scanner@contoso.com"
RECIPIENT = "alice@fabrikam.example"


def noise(seed, size):
    return random.Random(seed).randbytes(size)


def wrapped_base64(data, width=76):
    text = base64.b64encode(data).decode()
    return "\r\n".join(text[i:i + width] for i in range(0, len(text), width))


def head(subject, extra=(), sender=SENDER, to=RECIPIENT, message_id=True, date=True):
    lines = [f"From: Scanner <{sender}>"]
    if to:
        lines.append(f"To: {to}")
    lines.append(f"Subject: {subject}")
    if date:
        lines.append("Date: Sun, 22 Nov 2026 10:00:00 +0100")
    if message_id:
        tag = hashlib.sha256(subject.encode()).hexdigest()[:12]
        lines.append(f"Message-ID: <{tag}@scanner.contoso.com>")
    return list(lines) + list(extra) + ["MIME-Version: 1.0"]


def leaf(content_type, data, encoding="base64", disposition=None, extra=()):
    lines = [f"Content-Type: {content_type}"]
    lines += [f"Content-Transfer-Encoding: {encoding}"] if encoding else []
    lines += [f"Content-Disposition: {disposition}"] if disposition else []
    lines += list(extra)
    if encoding == "base64":
        body = wrapped_base64(data)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(data.replace(b"\r\n", b"\n")).decode("ascii").replace("\n", "\r\n")
    else:
        body = data.decode("utf-8", "surrogateescape")
    return "\r\n".join(lines) + "\r\n\r\n" + body


def multipart(subtype, boundary, parts, extra=""):
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"{extra}\r\n\r\n{inner}--{boundary}--\r\n'


def message(header_lines, body):
    text = "\r\n".join(header_lines) + "\r\n" + body
    if not text.endswith("\r\n"):
        text += "\r\n"
    return text.encode("utf-8", "surrogateescape")


def pdf(name, seed, size, disposition="attachment", type_name=True, encoding="base64"):
    content_type = f'application/pdf; name="{name}"' if type_name else "application/pdf"
    return leaf(content_type, noise(seed, size), encoding, f'{disposition}; filename="{name}"')


TEXT = leaf("text/plain; charset=utf-8", "Please find the scan attached.\r\n".encode(), "7bit")
HTML = leaf("text/html; charset=utf-8", "<p>Gr\u00fc\u00dfe <img src=\"cid:logo@contoso\"></p>\r\n".encode(), "quoted-printable")
MEGABYTE = 1_000_000


def with_attachments(subject, attachments, text=TEXT, **options):
    return message(head(subject, **options), multipart("mixed", "=_outer", [text, *attachments]))


def names_family():
    """One small attachment each, named in the ways that mail programs really write."""
    spellings = {
        "ascii": 'filename="scan.pdf"',
        "token": "filename=scan.pdf",
        "blanks": 'filename="scan of page 1.pdf"',
        "rfc2231": "filename*=UTF-8''R%C3%A9sum%C3%A9%20%E2%82%AC.pdf",
        "rfc2231-latin1": "filename*=iso-8859-1'de'%DCbersicht.pdf",
        "rfc2231-continued": "filename*0*=UTF-8''Jahres;\r\n filename*1*=%C3%BCbersicht;\r\n filename*2=-2026.pdf",
        "rfc2047-quoted": 'filename="=?UTF-8?B?w5xiZXJzaWNodC5wZGY=?="',
        "rfc2047-q": 'filename="=?iso-8859-1?Q?=DCbersicht.pdf?="',
        "quotes": 'filename="the \\"final\\" report.pdf"',
        "semicolon": 'filename="a;b,c.pdf"',
    }
    for label, spelling in spellings.items():
        part = leaf("application/pdf", noise(label, 50_000), disposition=f"attachment; {spelling}")
        yield f"name {label}", with_attachments(f"name {label}", [part])


def bodies_family():
    latin = "Sch\u00f6ne Gr\u00fc\u00dfe\r\n"
    yield "plain", message(head("plain"), "Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n")
    yield "no content type", message(head("no content type"), "\r\nhello without any MIME field\r\n")
    yield "eight bit", message(head("eight bit"), leaf("text/plain; charset=utf-8", latin.encode(), "8bit"))
    yield "quoted printable", message(head("quoted printable"),
                                      leaf("text/plain; charset=utf-8", (latin * 20).encode(), "quoted-printable"))
    yield "base64 text", message(head("base64 text"), leaf("text/plain; charset=utf-8", latin.encode()))
    yield "empty body", message(head("empty body"), "Content-Type: text/plain\r\n\r\n")
    yield "html only", message(head("html only"), leaf("text/html; charset=utf-8", b"<b>hi</b>\r\n", "7bit"))
    alternative = multipart("alternative", "=_alt", [TEXT, HTML])
    yield "alternative", message(head("alternative"), alternative)
    yield "alternative in mixed", with_attachments("alternative in mixed", [pdf("a.pdf", 1, 80_000)], text=alternative)
    yield "dots", message(head("dots"), "Content-Type: text/plain\r\n\r\n.\r\n..\r\n.dot\r\nend\r\n")
    yield "long lines", message(head("long lines"), "Content-Type: text/plain\r\n\r\n" + "x" * 900 + "\r\n")
    yield "preamble and epilogue", message(
        head("preamble and epilogue"),
        'Content-Type: multipart/mixed; boundary="b1"\r\n\r\nThis is a multi-part message.\r\n'
        f"--b1\r\n{TEXT}\r\n--b1\r\n{pdf('p.pdf', 2, 40_000)}\r\n--b1--\r\nbye\r\n")


def related_family():
    image = leaf("image/png", noise("logo", 30_000), disposition='inline; filename="logo.png"',
                 extra=["Content-ID: <logo@contoso>"])
    related = multipart("related", "=_rel", [HTML, image], '; type="text/html"')
    yield "inline image", message(head("inline image"), related)
    yield "inline image with large pdf", with_attachments("inline image with large pdf",
                                                          [pdf("big.pdf", 3, 4 * MEGABYTE)], text=related)
    alternative = multipart("alternative", "=_alt", [TEXT, related])
    yield "related in alternative", message(head("related in alternative"), alternative)
    yield "everything", with_attachments("everything", [pdf("x.pdf", 4, 3_400_000), pdf("y.pdf", 5, 70_000)],
                                         text=alternative)
    invitation = leaf('text/calendar; charset=utf-8; method=REQUEST',
                      b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", "7bit")
    yield "calendar", message(head("calendar"), multipart("alternative", "=_cal", [TEXT, invitation]))
    nested = "From: a@b.example\r\nTo: c@d.example\r\nSubject: inner\r\n\r\ninner text\r\n"
    yield "nested message", with_attachments("nested message",
                                             ["Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + nested])


def large_family():
    yield "one large", with_attachments("one large", [pdf("scan.pdf", 10, 5 * MEGABYTE)])
    yield "three large", with_attachments("three large", [pdf(f"{i}.pdf", i, 3_200_000 + i) for i in (11, 12, 13)])
    yield "bare pdf", message(head("bare pdf"), pdf("bare.pdf", 14, 4 * MEGABYTE))
    yield "multipart with one pdf", message(head("multipart with one pdf"),
                                            multipart("mixed", "=_one", [pdf("only.pdf", 15, 4 * MEGABYTE)]))
    yield "exactly two ranges", with_attachments("exactly two ranges", [pdf("two.pdf", 16, 2 * 3_932_160)])
    yield "one byte over two ranges", with_attachments("one byte over two ranges", [pdf("two1.pdf", 17, 2 * 3_932_160 + 1)])
    yield "large text attachment", with_attachments("large text attachment", [
        leaf('text/csv; charset=utf-8; name="list.csv"', ("a;b;c;\u00fc\r\n" * 400_000).encode(), "base64",
             'attachment; filename="list.csv"')])
    yield "large quoted printable", with_attachments("large quoted printable", [
        leaf('text/plain; charset=utf-8; name="log.txt"', ("line with = and \u00e4\r\n" * 200_000).encode(),
             "quoted-printable", 'attachment; filename="log.txt"')])
    yield "many small", with_attachments("many small", [pdf(f"page-{i}.pdf", 100 + i, 90_000) for i in range(30)])
    yield "several of one megabyte", with_attachments("several of one megabyte",
                                                      [pdf(f"mb-{i}.pdf", 200 + i, MEGABYTE) for i in range(5)])


def header_family():
    one = [pdf("h.pdf", 20, 60_000)]
    yield "no message id", with_attachments("no message id", one, message_id=False)
    yield "no date", with_attachments("no date", one, date=False)
    yield "no to", with_attachments("no to", one, to=None)
    yield "encoded subject", with_attachments("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=", one)
    yield "folded subject", with_attachments("a long subject that goes\r\n on in the next line", one)
    yield "threading", with_attachments("threading", one, extra=["In-Reply-To: <first@contoso.com>",
                                                                 "References: <zero@contoso.com>\r\n <first@contoso.com>"])
    yield "priorities", with_attachments("priorities", one, extra=["X-Priority: 1", "Importance: high", "X-Mailer: Scan 1.0"])
    yield "content class", with_attachments("content class", one, extra=["Content-Class: urn:content-classes:message"])
    yield "two recipients", with_attachments("two recipients", one, to=f"{RECIPIENT}, \"Bob, B.\" <bob@fabrikam.example>")
    yield "cc", with_attachments("cc", one, extra=["Cc: bob@fabrikam.example"])
    yield "trailing semicolon", message(head("trailing semicolon"),
                                        'Content-Type: multipart/mixed; boundary="=_s";\r\n\r\n'
                                        f"--=_s\r\n{TEXT}\r\n--=_s\r\n{pdf('s.pdf', 21, 60_000)}\r\n--=_s--\r\n")
    yield "raw utf-8 subject", with_attachments("Gr\u00fc\u00dfe", one)


def fifty():
    """(name, message bytes), each name once."""
    mails = [*bodies_family(), *names_family(), *related_family(), *large_family(), *header_family()]
    assert len(mails) == 50 and len({name for name, _ in mails}) == 50, len(mails)
    return mails


def envelope_recipients(data):
    """RCPT TO for a mail: whom its header names, and one more who is in no header."""
    parsed = email.message_from_bytes(data, policy=email.policy.compat32)
    fields = parsed.get_all("To", []) + parsed.get_all("Cc", [])
    named = [address for _, address in email.utils.getaddresses(fields)]
    return named + ["hidden@fabrikam.example"]


def file_name(part):
    """The attachment's name as a mail program shows it: RFC 2231 first, RFC 2047 words in quotes as clients write them."""
    name = part.get_filename()
    if name is None:
        return ""
    decoded = email.header.decode_header(name)
    return "".join(text.decode(charset or "ascii") if isinstance(text, bytes) else text for text, charset in decoded)


def leaves(data):
    """[(type, name, SHA-256 of the decoded bytes)] of every leaf that holds something, sorted."""
    found = []
    for part in email.message_from_bytes(data, policy=email.policy.compat32).walk():
        if part.get_content_type() == "message/rfc822":
            content = part.get_payload(0).as_bytes()
        elif part.is_multipart():
            continue
        else:
            content = part.get_payload(decode=True)
        if content.strip():
            # A relay may end a text body with a line end of its own.
            normal = content if file_name(part) else content.rstrip(b"\r\n")
            found.append((part.get_content_type(), file_name(part), hashlib.sha256(normal).hexdigest()))
    return sorted(found)


def header_values(data, names):
    parsed = email.message_from_bytes(data, policy=email.policy.compat32)
    return {name: [" ".join(str(value).split()) for value in parsed.get_all(name, [])] for name in names}
