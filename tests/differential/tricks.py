# SPDX-License-Identifier: Apache-2.0
"""Ways to hide an attachment from one reader and show it to another, each in every place where it can stand: duplicate
fields, boundaries, encodings, broken content, separators, names. In the spirit of what has been published about parsers
of mail that differ ("Inbox Invasion", MIMEminer; "mime is broken")."""
import base64
import typing

PAYLOAD = b"%PDF-1.4 attachment that some see and others don't\r\n" * 3
BASE64 = base64.encodebytes(PAYLOAD).replace(b"\n", b"\r\n")
ONE_LINE = base64.b64encode(PAYLOAD)
TYPE = b"Content-Type: application/pdf; name=\"a.pdf\"\r\n"
ENCODING = b"Content-Transfer-Encoding: base64\r\n"
DISPOSITION = b"Content-Disposition: attachment; filename=\"a.pdf\"\r\n"
HEAD = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


class Trick(typing.NamedTuple):
    name: str
    message: bytes
    odd: bool     # readers differ about the attachment, so it must not be cut out of a mail that is called clean


def root(entity):
    return HEAD + entity


def part(entity):
    return (HEAD + b"Content-Type: multipart/mixed; boundary=\"out\"\r\n\r\n--out\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
            b"--out\r\n" + entity + b"\r\n--out--\r\n")


def nested(entity):
    return (HEAD + b"Content-Type: multipart/mixed; boundary=\"out\"\r\n\r\n--out\r\n"
            b"Content-Type: multipart/related; boundary=\"in\"\r\n\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
            b"--in\r\n" + entity + b"\r\n--in--\r\n--out--\r\n")


PLACES = {"root": root, "part": part, "nested": nested}


def in_places(family, variants, places=PLACES):
    """`variants`: (name, entity, odd)."""
    for name, entity, odd in variants:
        for place in places:
            yield Trick(f"{family}/{name}/{place}", PLACES[place](entity), odd)


# --- fields that are there twice ---

def duplicates():
    good = {"type": TYPE, "encoding": ENCODING, "disposition": DISPOSITION}
    other = {"type": [b"Content-Type: text/plain\r\n", b"CONTENT-TYPE: application/pdf; name=\"a.pdf\"\r\n",
                      b"Content-Type:\r\n", b"content-type: application/pdf; name=b.pdf\r\n"],
             "encoding": [b"Content-Transfer-Encoding: 7bit\r\n", b"content-transfer-encoding: base64\r\n",
                          b"Content-Transfer-Encoding: quoted-printable\r\n", b"Content-Transfer-Encoding:\r\n"],
             "disposition": [b"Content-Disposition: inline\r\n", b"CONTENT-DISPOSITION: attachment; filename=\"a.pdf\"\r\n",
                             b"Content-Disposition: attachment; filename=a.exe\r\n", b"Content-Disposition:\r\n"]}
    between = b"X-Between: y\r\n"
    for which, lines in other.items():
        rest = b"".join(line for key, line in good.items() if key != which)
        for number, line in enumerate(lines):
            yield f"{which}{number}-last", good[which] + rest + between + line + b"\r\n" + BASE64, True
            yield f"{which}{number}-first", line + rest + between + good[which] + b"\r\n" + BASE64, True


# --- names of fields ---

def field_names():
    for name, spelling, odd in (("blank-before-colon", b"Content-Transfer-Encoding : base64\r\n", True),
                                ("tab-before-colon", b"Content-Transfer-Encoding\t: base64\r\n", True),
                                ("folded-name", b"Content-Transfer-\r\n Encoding: base64\r\n", True),
                                ("folded-value", b"Content-Transfer-Encoding:\r\n base64\r\n", True),
                                ("no-blank", b"Content-Transfer-Encoding:base64\r\n", False),
                                ("upper", b"CONTENT-TRANSFER-ENCODING: base64\r\n", False),
                                ("underscores", b"Content_Transfer_Encoding: base64\r\n", False),
                                ("no-break-space", b"Content-Transfer-Encoding\xc2\xa0: base64\r\n", False),
                                ("byte-order-mark", b"\xef\xbb\xbfContent-Transfer-Encoding: base64\r\n", False),
                                ("two-colons", b"Content-Transfer-Encoding:: base64\r\n", True),
                                ("line-of-blanks", b"X-A: b\r\n \r\nContent-Transfer-Encoding: base64\r\n", True),
                                ("no-colon-before", b"nonsense\r\nContent-Transfer-Encoding: base64\r\n", True),
                                ("mbox-line-before", b"From x Mon\r\nContent-Transfer-Encoding: base64\r\n", True),
                                ("nul-in-name", b"Content-Transfer-Encodin\x00g: base64\r\n", True),
                                ("vertical-tab", b"\x0bContent-Transfer-Encoding: base64\r\n", True)):
        yield name, TYPE + DISPOSITION + spelling + b"\r\n" + BASE64, odd


# --- boundaries ---

def boundaries():
    """(name, Content-Type behind "multipart/mixed", the boundary in the lines, odd)."""
    yield from (("quoted", b"; boundary=\"b\"", b"b", False), ("bare", b"; boundary=b", b"b", False),
                ("upper-name", b"; BOUNDARY=b", b"b", False), ("blanks", b" ; boundary = b", b"b", False),
                ("no-semicolon", b" boundary=b", b"b", True), ("two", b"; boundary=b; boundary=c", b"b", True),
                ("two-last", b"; boundary=c; boundary=b", b"b", True), ("two-cases", b"; Boundary=c; boundary=b", b"b", True),
                ("2231", b"; boundary*=us-ascii''b", b"b", True), ("2231-and-plain", b"; boundary=c; boundary*=''b", b"b", True),
                ("2231-sections", b"; boundary*0=b; boundary*1=c", b"bc", True),
                ("2231-section-0", b"; boundary*0=b", b"b", True), ("2231-escaped", b"; boundary*=''%62", b"b", True),
                ("2047-q", b"; boundary=\"=?us-ascii?Q?b?=\"", b"b", True),
                ("2047-b", b"; boundary==?us-ascii?B?Yg==?=", b"b", True),
                ("2047-as-is", b"; boundary=\"=?us-ascii?Q?b?=\"", b"=?us-ascii?Q?b?=", True),
                ("comment-behind", b"; boundary=b (c)", b"b", True), ("comment-glued", b"; boundary=b(c)", b"b", True),
                ("comment-before", b"; (c) boundary=b", b"b", True), ("comment-between", b"; boundary=(c)b", b"b", True),
                ("comment-with-boundary", b"; (boundary=c) boundary=b", b"b", True),
                ("open-comment", b"; (boundary=b", b"b", True), ("backslash", b"; boundary=\"\\b\"", b"b", True),
                ("backslash-as-is", b"; boundary=\"\\b\"", b"\\b", True), ("text-behind-quote", b"; boundary=\"b\"c", b"b", True),
                ("open-quote", b"; boundary=\"b", b"b", True), ("single-quotes", b"; boundary='b'", b"'b'", True),
                ("single-quotes-in-quotes", b"; boundary=\"'b'\"", b"'b'", False),
                ("single-quotes-off", b"; boundary='b'", b"b", True), ("blank-at-end", b"; boundary=\"b \"", b"b", True),
                ("blank-at-begin", b"; boundary=\" b\"", b"b", True), ("blank-within", b"; boundary=\"b c\"", b"b c", False),
                ("bare-blank", b"; boundary=b c", b"b", True), ("empty", b"; boundary=\"\"", b"", True),
                ("missing", b"", b"b", True), ("no-value", b"; boundary=", b"b", True),
                ("behind-broken", b"; x=\"y; boundary=b", b"b", True), ("behind-empty", b";; boundary=b", b"b", True),
                ("71", b"; boundary=\"" + b"b" * 71 + b"\"", b"b" * 71, True), ("cut-at-70", b"; boundary=\"" + b"b" * 71 + b"\"", b"b" * 70, True),
                ("nul", b"; boundary=\"b\x00c\"", b"b", True), ("tspecials", b"; boundary=b=c", b"b=c", True),
                ("slash", b"; boundary=b/c", b"b/c", True), ("umlaut", b"; boundary=\"b\xc3\xbc\"", b"b\xc3\xbc", True),
                ("folded", b";\r\n boundary=b", b"b", False), ("folded-in-quotes", b"; boundary=\"b\r\n c\"", b"b c", False),
                ("folded-with-blanks", b";\r\n \r\n boundary=b", b"b", True))


def boundary_tricks():
    for name, parameters, boundary, odd in boundaries():
        body = (b"\r\n--" + boundary + b"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--" + boundary + b"\r\n" + TYPE +
                ENCODING + DISPOSITION + b"\r\n" + BASE64 + b"--" + boundary + b"--\r\n")
        entity = b"Content-Type: multipart/mixed" + parameters + b"\r\n" + body
        for place in PLACES:
            yield Trick(f"boundary/{name}/{place}", PLACES[place](entity), odd)


def delimiters():
    """(name, what stands between the text and the attachment, what stands at the end, odd)."""
    yield from (("blank-behind", b"--b \r\n", b"--b--\r\n", False), ("tab-behind", b"--b\t\r\n", b"--b--\r\n", False),
                ("text-behind", b"--bx\r\n", b"--b--\r\n", True), ("blank-before", b" --b\r\n", b"--b--\r\n", False),
                ("lf", b"--b\n", b"--b--\r\n", True), ("cr", b"--b\r", b"--b--\r\n", True),
                ("behind-lf", b"x\n--b\r\n", b"--b--\r\n", True), ("behind-cr", b"x\r--b\r\n", b"--b--\r\n", True),
                ("cr-cr-lf", b"--b\r\r\n", b"--b--\r\n", True), ("nul", b"--b\x00\r\n", b"--b--\r\n", True),
                ("one-hyphen", b"-b\r\n", b"--b--\r\n", False), ("three-hyphens", b"---b\r\n", b"--b--\r\n", False),
                ("closed-before", b"--b--\r\n--b\r\n", b"--b--\r\n", True), ("closed-with-text", b"--b--x\r\n--b\r\n", b"--b--\r\n", True),
                ("closed-with-hyphen", b"--b---\r\n--b\r\n", b"--b--\r\n", True), ("long", b"--b" + b" " * 300 + b"\r\n", b"--b--\r\n", True),
                ("never-closed", b"--b\r\n", b"", True), ("closed-by-one-hyphen", b"--b\r\n", b"--b-\r\n", True),
                ("no-line-end", b"--b\r\n", b"--b--", False), ("second-epilogue", b"--b\r\n", b"--b--\r\n--b\r\n\r\nx\r\n", True),
                ("vertical-tab", b"--b\x0b\r\n", b"--b--\r\n", True), ("form-feed", b"--b\x0c\r\n", b"--b--\r\n", True),
                ("no-break-space", b"--b\xc2\xa0\r\n", b"--b--\r\n", True))


def delimiter_tricks():
    for name, between, end, odd in delimiters():
        entity = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n" + between +
                  TYPE + ENCODING + DISPOSITION + b"\r\n" + BASE64 + end)
        for place in ("root", "nested"):
            yield Trick(f"delimiter/{name}/{place}", PLACES[place](entity), odd)


# --- encodings and content ---

def encodings():
    for name, value, odd in (("upper", b"BASE64", False), ("mixed", b"Base64", False), ("blank-behind", b"base64 ", True),
                             ("tab-behind", b"base64\t", True), ("folded", b"\r\n base64", True), ("quoted", b"\"base64\"", True),
                             ("semicolon", b"base64;", True), ("parameter", b"base64; x=y", True), ("comment", b"base64 (c)", True),
                             ("comment-before", b"(c) base64", True), ("two", b"base64 7bit", True), ("list", b"base64, 7bit", True),
                             ("prefix", b"xbase64", True), ("x-base64", b"x-base64", True), ("hyphen", b"base-64", True),
                             ("uuencode", b"x-uuencode", True), ("uue", b"x-uue", True), ("yenc", b"x-yenc", True),
                             ("binhex", b"mac-binhex40", True), ("gzip64", b"gzip64", True), ("unknown", b"unknown", True),
                             ("empty", b"", True), ("2047", b"=?us-ascii?Q?base64?=", True), ("nul", b"base64\x00", True),
                             ("umlaut", b"base64\xc3\xbc", True)):
        yield name, TYPE + DISPOSITION + b"Content-Transfer-Encoding: " + value + b"\r\n\r\n" + BASE64, odd


def composites():
    inner = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + TYPE + ENCODING + b"\r\n" + BASE64 + b"--x--\r\n"
    body = inner.split(b"\r\n\r\n", 1)[1]
    for encoding in (b"base64", b"quoted-printable", b"x-uuencode"):
        field = b"Content-Transfer-Encoding: " + encoding + b"\r\n"
        coded = base64.encodebytes(body).replace(b"\n", b"\r\n")
        yield f"multipart-{encoding.decode()}", b"Content-Type: multipart/mixed; boundary=x\r\n" + field + b"\r\n" + body, True
        yield f"coded-multipart-{encoding.decode()}", b"Content-Type: multipart/mixed; boundary=x\r\n" + field + b"\r\n" + coded, True
        yield f"message-{encoding.decode()}", b"Content-Type: message/rfc822\r\n" + field + b"\r\n" + inner, True
    yield "partial", b"Content-Type: message/partial; id=x; number=1; total=1\r\n\r\n" + inner, True
    yield "external", b"Content-Type: message/external-body; access-type=URL\r\n\r\n" + TYPE + b"\r\n", True


def base64_bodies():
    third = len(ONE_LINE) // 3 // 4 * 4
    a, b, c = ONE_LINE[:third], ONE_LINE[third:2 * third], ONE_LINE[2 * third:]
    for name, body, odd in (("one-line", ONE_LINE, False), ("lines", BASE64, False), ("junk", a + b"*!" + b + c, True),
                            ("junk-line", a + b"\r\n####\r\n" + b + c, True), ("blank-within", a + b" " + b + c, True),
                            ("blank-at-end", a + b" \r\n" + b + c, True), ("tab", a + b"\t" + b + c, True),
                            ("hyphens", a + b"\r\n--\r\n" + b + c, True), ("padding-within", a + b"=" + b + c, True),
                            ("padded-group", a + b"QQ==" + b + c, True), ("two-streams", a + b"QQ==\r\n" + b + c, True),
                            ("padding-first", b"=" + ONE_LINE, True), ("three-pads", a + b"Q===", True), ("four-pads", a + b"====", True),
                            ("one-short", ONE_LINE.rstrip(b"=")[:-1], True), ("one-more", a + b"Q", True),
                            ("no-padding", a + b"QQ", True), ("unused-bits", a + b"QR==", True), ("url-alphabet", a + b"-_-_" + b, True),
                            ("umlaut", a + b"\xc3\xbc" + b + c, True), ("nul", a + b"\x00" + b + c, True), ("cr", a + b"\r" + b + c, True),
                            ("lf", a + b"\n" + b + c, True), ("footer", BASE64 + b"-- \r\nfooter\r\n", True),
                            ("footer-in-alphabet", BASE64 + b"footer\r\n", True), ("empty-lines", b"\r\n\r\n" + BASE64 + b"\r\n", False),
                            ("lines-of-one", b"\r\n".join(bytes([x]) for x in ONE_LINE[:32]), False),
                            ("long-line", b"QUJD" * 260, True), ("comment", b"(c)" + ONE_LINE, True)):
        yield name, TYPE + ENCODING + DISPOSITION + b"\r\n" + body, odd


def quoted_printable_bodies():
    field = b"Content-Transfer-Encoding: quoted-printable\r\n"
    for name, body, odd in (("plain", b"abc=3D=\r\ndef", False), ("lower-hex", b"a=c3=bc", False), ("mixed-hex", b"a=c3=Bc", False),
                            ("no-hex", b"a=XYb", True), ("one-digit", b"a=4", True), ("one-digit-in-line", b"a=4\r\nb", True),
                            ("lone", b"a=b", True), ("two-equals", b"a==3D", True), ("equals-at-end", b"a=", True),
                            ("soft-break-with-blank", b"a= \r\nb", True), ("soft-break-with-text", b"a= b\r\nc", True),
                            ("soft-break-lf", b"a=\nb", True), ("soft-break-cr", b"a=\rb", True), ("blank-at-end", b"a \r\nb", True),
                            ("tab-at-end", b"a\t\r\nb", True), ("umlaut", b"a\xc3\xbcb", True), ("nul", b"a\x00b", True),
                            ("control", b"a\x01b", True), ("encoded-line-end", b"a=0D=0Ab", False), ("encoded-nul", b"a=00b", False),
                            ("long-line", b"a" * 1200, True)):
        yield name, TYPE + field + DISPOSITION + b"\r\n" + body, odd


# --- where the header ends ---

def separators():
    fields = TYPE + ENCODING + DISPOSITION
    for name, entity, odd in (("lf", fields + b"\n" + BASE64, True), ("lf-lf", fields[:-2] + b"\n\n" + BASE64, True),
                              ("cr", fields + b"\r" + BASE64, True), ("cr-cr-lf", fields + b"\r\r\n" + BASE64, True),
                              ("cr-cr", fields[:-2] + b"\r\r" + BASE64, True), ("line-of-blank", fields + b" \r\n" + BASE64, True),
                              ("line-of-tab", fields + b"\t\r\n" + BASE64, True), ("nul", fields + b"\x00\r\n" + BASE64, True),
                              ("no-empty-line", fields + BASE64, True), ("text", fields + b"text\r\n\r\n" + BASE64, True),
                              ("blank-then-fields", TYPE + b" \r\n" + ENCODING + DISPOSITION + b"\r\n" + BASE64, True),
                              ("two-empty-lines", fields + b"\r\n\r\n" + BASE64, False),
                              ("fields-in-body", TYPE + DISPOSITION + b"\r\n" + ENCODING + b"\r\n" + BASE64, False),
                              ("only-fields", fields, False), ("empty-first-line", b"\r\n" + fields + b"\r\n" + BASE64, False)):
        yield name, entity, odd


# --- names ---

NAMES = (("quoted", b'filename="a.pdf"', False), ("bare", b"filename=a.pdf", False), ("bare-blank", b"filename=a b.pdf", True),
         ("single-quotes", b"filename='a.pdf'", True), ("open-quote", b'filename="a.pdf', True), ("text-behind", b'filename="a"b.pdf', True),
         ("two-quoted", b'filename="a" ".pdf"', True), ("escaped", b'filename="a\\.pdf"', True), ("path", b'filename="C:\\a.pdf"', True),
         ("escaped-quote", b'filename="a\\".pdf"', False), ("semicolon", b'filename="a;b.pdf"', False),
         ("two", b"filename=a.exe; filename=a.pdf", True), ("two-cases", b"FILENAME=a.exe; filename=a.pdf", True),
         ("plain-and-2231", b"filename=a.exe; filename*=utf-8''a.pdf", True), ("2231-and-plain", b"filename*=utf-8''a.pdf; filename=a.exe", True),
         ("plain-and-same-2231", b"filename=a.pdf; filename*=utf-8''a.pdf", False), ("2231", b"filename*=utf-8''%C3%BC.pdf", False),
         ("2231-latin", b"filename*=iso-8859-1'de'%FC.pdf", False), ("2231-quoted", b"filename*=\"utf-8''a.pdf\"", False),
         ("2231-no-charset", b"filename*=''a.pdf", True), ("2231-no-quotes", b"filename*=a.pdf", True),
         ("2231-one-quote", b"filename*=utf-8'a.pdf", True), ("2231-bad-escape", b"filename*=utf-8''a%2.pdf", True),
         ("2231-bad-hex", b"filename*=utf-8''a%ZZ.pdf", True), ("2231-bad-utf-8", b"filename*=utf-8''%FC.pdf", True),
         ("2231-utf-7", b"filename*=utf-7''a%2BAOQ-.pdf", True), ("2231-utf-16", b"filename*=utf-16''%FF%FEa%00", True),
         ("2231-unknown", b"filename*=x-unknown''a.pdf", True), ("2231-nul", b"filename*=utf-8''a%00.pdf", True),
         ("2231-line-end", b"filename*=utf-8''a%0D%0Ab.pdf", True), ("sections", b"filename*0=a; filename*1=.pdf", False),
         ("sections-encoded", b"filename*0*=utf-8''a; filename*1*=%C3%BC.pdf", False),
         ("sections-reversed", b"filename*1=.pdf; filename*0=a", True), ("sections-gap", b"filename*0=a; filename*2=.pdf", True),
         ("sections-from-1", b"filename*1=a; filename*2=.pdf", True), ("sections-twice", b"filename*0=a; filename*0=b; filename*1=.pdf", True),
         ("sections-leading-zero", b"filename*00=a; filename*01=.pdf", True), ("sections-negative", b"filename*-1=a.pdf", True),
         ("sections-huge", b"filename*4294967296=a; filename*0=b.pdf", True), ("sections-and-plain", b"filename=a.exe; filename*0=a; filename*1=.pdf", True),
         ("sections-partly-encoded", b"filename*0=a; filename*1*=%2Epdf", True), ("sections-second-charset", b"filename*0*=utf-8''a; filename*1*=utf-8''.pdf", True),
         ("sections-split-character", b"filename*0*=utf-8''%C3; filename*1*=%BC.pdf", False), ("sections-no-number", b"filename*=a; filename*x=.pdf", True),
         ("2047-q", b'filename="=?utf-8?Q?=C3=BC.pdf?="', False), ("2047-b", b'filename="=?utf-8?B?w7wucGRm?="', False),
         ("2047-bare", b"filename==?utf-8?Q?a.pdf?=", True), ("2047-within", b'filename="x=?utf-8?Q?a.pdf?="', True),
         ("2047-bad", b'filename="=?utf-8?Q?=ZZ?="', True), ("2047-no-end", b'filename="=?utf-8?Q?a.pdf"', False),
         ("2047-in-2231", b"filename*=utf-8''=?utf-8?Q?a.pdf?=", True), ("comment", b"filename=a.pdf (c)", True),
         ("comment-before", b"filename=(c)a.pdf", True), ("raw-latin", b'filename="\xfc.pdf"', True), ("raw-utf-8", b'filename="\xc3\xbc.pdf"', False),
         ("nul", b'filename="a\x00.pdf"', True), ("blank-at-end", b'filename="a.pdf "', True), ("folded", b'filename="a\r\n b.pdf"', False),
         ("tab", b'filename="a\tb.pdf"', True), ("empty", b'filename=""', False), ("none", b"filename", True), ("no-value", b"filename=", True),
         ("blanks-around", b'filename = "a.pdf"', True), ("star-blank", b"filename *=utf-8''a.pdf", True))


def names():
    for name, parameter, odd in NAMES:
        disposition = b"Content-Disposition: attachment; " + parameter + b"\r\n"
        yield name, b"Content-Type: application/pdf\r\n" + ENCODING + disposition + b"\r\n" + BASE64, odd
        type_field = b"Content-Type: application/pdf; " + parameter.replace(b"filename", b"name").replace(b"FILENAME", b"NAME") + b"\r\n"
        yield name + "-of-type", type_field + ENCODING + b"\r\n" + BASE64, odd
    yield ("differ", b"Content-Type: application/pdf; name=a.pdf\r\n" + ENCODING +
           b"Content-Disposition: attachment; filename=a.exe\r\n\r\n" + BASE64, True)


def types():
    for name, value, odd in (("upper", b"APPLICATION/PDF", False), ("blank", b"application /pdf", True), ("no-subtype", b"application", True),
                             ("two-slashes", b"application/pdf/x", True), ("empty", b"", True), ("comment", b"application/pdf (c)", True),
                             ("comment-within", b"application/(c)pdf", True), ("quoted", b"\"application/pdf\"", True),
                             ("2047", b"=?us-ascii?Q?application/pdf?=", True), ("boundary", b"application/pdf; boundary=b", True),
                             ("multipart-leaf", b"multipart/pdf", True), ("nul", b"application/\x00pdf", True),
                             ("trailing-semicolon", b"application/pdf;", False), ("only-semicolon", b"; name=a.pdf", True)):
        yield name, b"Content-Type: " + value + b"\r\n" + ENCODING + DISPOSITION + b"\r\n" + BASE64, odd


def truncated():
    """Cut where something is left open."""
    whole = nested(TYPE + ENCODING + DISPOSITION + b"\r\n" + BASE64)
    for mark in (b"--in--", b"--out--", BASE64[60:100], DISPOSITION, ENCODING, TYPE, b"--in\r\n" + TYPE):
        at = whole.index(mark)
        yield Trick(f"truncated/before-{mark[:12]!r}", whole[:at], True)
        yield Trick(f"truncated/within-{mark[:12]!r}", whole[:at + 3], True)


def all_tricks():
    """Every trick, in order."""
    tricks = []
    for family, variants in (("duplicate", duplicates), ("field-name", field_names), ("encoding", encodings),
                             ("composite", composites), ("base64", base64_bodies), ("qp", quoted_printable_bodies),
                             ("separator", separators), ("name", names), ("type", types)):
        places = ("part", "nested") if family == "separator" else PLACES
        tricks.extend(in_places(family, variants(), places))
    for family in (boundary_tricks, delimiter_tricks, truncated):
        tricks.extend(family())
    return tricks
