# SPDX-License-Identifier: Apache-2.0
"""Writes mail the way a given program does it: a Style says how, a Case what. Nothing here uses Python's email package,
which would write everything its own way.

Text is built as str with "\\n" for a line end and turned into bytes with CRLF at the end; bytes that are not UTF-8 are
carried as surrogates."""
import base64
import dataclasses
import hashlib
import random
import typing

ASCII_NAMES = ["report.pdf", "scan0001.pdf", "My Report (final).pdf", "Invoice 2026-11.pdf", "logs.tar.gz", "O'Neil & Co.docx",
               "a,b;c.txt", "data[1].csv", "README", "photo.JPG", "report.v2.final.xlsx", "50% off.png", "x=y.bin", "_.zip",
               "Offer #12.pdf", "notes...txt", "a  b.pdf", "doc09876520261123091233.pdf", "plan+budget.ods", "~draft.pdf"]
RARE_NAMES = ["O'Neil.pdf", "a'b'c.pdf", "x*y.pdf", 'say "hi".txt', "back\\slash.txt", "a/b.pdf", "semi;colon.pdf"]
UMLAUT_NAMES = ["Übersicht März.pdf", "Straße.docx", "Größe – Maße.xlsx", "résumé.pdf", "Año 2026.pdf", "Prüfbericht_für_Köln.pdf",
                "Rechnung für Müller & Söhne.pdf", "Ölstand.csv", "ä.txt", "Smørrebrød.png"]
CJK_NAMES = ["報告書.pdf", "見積書 2026年11月.xlsx", "会议纪要.docx", "보고서.pdf", "写真.jpg", "請求書（最終）.pdf"]
LONG_NAMES = ["Jahresabschluss und Lagebericht der Gesellschaft zum 31. Dezember 2026 mit allen Anlagen (geprueft).pdf",
              "Protokoll_der_ordentlichen_Hauptversammlung_der_Gesellschaft_vom_23_November_2026_endgueltige_Fassung.docx",
              "Übersicht über die Änderungen der Geschäftsbedingungen für Verträge mit Händlern größerer Städte.pdf",
              "第三四半期の売上報告書および来年度の事業計画に関する説明資料（取締役会提出用・最終版）.pptx"]
TYPES = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "txt": "text/plain", "csv": "text/csv",
         "png": "image/png", "jpg": "image/jpeg", "zip": "application/zip", "gz": "application/gzip",
         "ods": "application/vnd.oasis.opendocument.spreadsheet", "tif": "image/tiff", "log": "text/x-log",
         "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "ics": "text/calendar"}
TEXTS = {"ascii": ["Hello,\n\nplease find the report attached.\n\nBest regards\nAnna\n", "See attachment.\n", "Hi,\n\n-- \nBen\n",
                   "Two  blanks and a tab\there.\nFrom here on it goes down.\n.\n..\n=3D is no escape here: 1=1\n",
                   "A long line: " + "lorem ipsum dolor sit amet " * 12 + "\n", "", "\n", "--\nsigned\n---\n"],
         "umlaut": ["Grüße aus Köln,\n\ndie Übersicht für März ist angehängt.\n", "Schöne Grüße \nJörg\n",
                    "Größe: 5 ½ µm, Preis: £ 3, Maß: 2 Fuß\n" * 4],
         "cjk": ["お世話になっております。\n\n添付の報告書をご確認ください。\n", "会议纪要见附件。\n谢谢\n", "안녕하세요\n첨부 파일을 확인해 주세요.\n"]}
NAMES_OF_PEOPLE = {"ascii": ["Anna Berg", "Ben Cole", "O'Neil, Dora", "Scanner 2nd floor", "Cole, Ben (Sales)", "ben@example.com", ""],
                   "umlaut": ["Jörg Müller", "Zoë Ångström", "Müller, Jörg"], "cjk": ["山田太郎", "김민수"]}
SUBJECTS = {"ascii": ["Report", "Re: [ticket #123] offer", "Message from \"RNP002673A1B2C3\"", "Fwd: a, b; c", ""],
            "umlaut": ["Übersicht für März", "Prüfung der Größe", "Angebot über 5 Straßenkehrmaschinen für die Stadt Köln, gültig bis März"],
            "cjk": ["報告書の件", "会议纪要"]}


@dataclasses.dataclass
class Attachment:
    name: str
    type: str
    content: bytes


class Mail(typing.NamedTuple):
    style: str
    name: str         # style and number
    message: bytes    # CRLF
    attachments: list  # Attachment: what the writer put in


class Case:
    """What one mail holds, drawn at random; and the dice for its style."""

    def __init__(self, seed, attachment_size):
        self.random = random.Random(seed)
        self.size = attachment_size
        self.language = self.pick("ascii", "ascii", "umlaut", "umlaut", "cjk")
        self.subject = self.pick(*SUBJECTS[self.language])
        self.sender = (self.person(), "anna.berg@contoso.com")
        self.to = [(self.person(), f"ben{i}@example.com") for i in range(self.pick(1, 1, 1, 2, 5))]
        self.cc = [(self.person(), "Dora.Eva@Example.COM")] if self.chance(0.3) else []
        self.text = self.pick(*TEXTS[self.language])
        self.kind = self.pick("plain", "plain", "html", "alternative", "alternative")
        self.attachments = [self.attachment(i) for i in range(self.pick(0, 1, 1, 1, 2, 3))]
        self.image = self.chance(0.25) and self.kind != "plain"
        self.is_bare = self.chance(0.15)  # the only attachment is the whole mail, where the style does that
        self.extra = self.pick("calendar", "message", "tnef", *[""] * 27)  # a part of another kind, where the style has it

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    def person(self):
        return self.pick(*NAMES_OF_PEOPLE[self.pick("ascii", self.language)])

    def letters(self, count, alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"):
        return "".join(self.random.choice(alphabet) for _ in range(count))

    def hexes(self, count):
        return self.letters(count, "0123456789abcdef")

    def digits(self, count):
        return self.letters(count, "0123456789")

    def uuid(self):
        return "-".join(self.hexes(n) for n in (8, 4, 4, 4, 12)).upper()

    def attachment(self, number):
        name = self.pick(*self.random.choice((ASCII_NAMES, ASCII_NAMES, UMLAUT_NAMES, CJK_NAMES, LONG_NAMES)))
        if self.chance(0.01):
            name = self.pick(*RARE_NAMES)
        elif number > 0 and self.chance(0.1):
            name = "report.pdf"
        kind = TYPES.get(name.rsplit(".", 1)[-1].lower(), "application/octet-stream")
        size = self.pick(0, 1, 2, 3, 57, self.size, self.size, self.size, self.size + 1)
        if kind.startswith("text/"):
            content = ("Straße;Nr\r\nHauptstraße;1\r\n" * (size // 20)).encode()
        else:
            content = self.random.randbytes(size)
        return Attachment(name, kind, content)


def is_ascii(text):
    return all(" " <= c <= "~" for c in text)


def charset_for(text, *charsets):
    """The first of the charsets that can hold the text."""
    for charset in charsets:
        try:
            text.encode(charset)
            return charset
        except UnicodeEncodeError:
            pass
    return "utf-8"


def raw(content):
    """Bytes as they are, in the str that a message is built of."""
    return content.decode("utf-8", "surrogateescape")


def to_bytes(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "surrogateescape")


# RFC 2047.

def q_word(text, charset):
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    coded = "".join(chr(b) if chr(b) in plain else "_" if b == 32 else f"={b:02X}" for b in text.encode(charset))
    return f"=?{charset}?Q?{coded}?="


def b_word(text, charset):
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def words(text, charset, word, between="\n ", longest=75):
    """The text as RFC 2047 words of at most `longest` characters, cut between characters."""
    found, piece = [], ""
    for c in text:
        if piece and len(word(piece + c, charset)) > longest:
            found.append(word(piece, charset))
            piece = ""
        piece += c
    return between.join(found + [word(piece, charset)])


# Names of attachments: each takes (parameter, name, style) and returns the parameters.

def escaped(name):
    return name.replace("\\", "\\\\").replace('"', '\\"')


def quoted(parameter, name, style):
    """"name", and RFC 2047 words within the quotes where it is not ASCII: against the RFC, and what most programs do."""
    if is_ascii(name):
        return [f'{parameter}="{escaped(name)}"']
    return [f'{parameter}="{words(name, style.name_charset(name), style.word, chr(10) + style.fold)}"']


def quoted_in_one_word(parameter, name, style):
    if is_ascii(name):
        return [f'{parameter}="{escaped(name)}"']
    return [f'{parameter}="{style.word(name, style.name_charset(name))}"']


def quoted_if_needed(parameter, name, style):
    if is_ascii(name) and not set(name) & set('()<>@,;:\\"/[]?= '):
        return [f"{parameter}={name}"]
    return quoted(parameter, name, style)


def quoted_raw(parameter, name, style):
    """UTF-8 as it is, within the quotes."""
    del style
    return [f'{parameter}="{escaped(name)}"']


def percent(name, charset):
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
    return "".join(chr(b) if chr(b) in plain else f"%{b:02X}" for b in name.encode(charset))


def rfc2231(parameter, name, style):
    """One parameter in RFC 2231 form, however long."""
    if is_ascii(name):
        return [f'{parameter}="{escaped(name)}"']
    charset = style.name_charset(name)
    return [f"{parameter}*={charset}''{percent(name, charset)}"]


def rfc2231_sections(parameter, name, style, length=60):
    """RFC 2231 with continuations where it is long, cut anywhere but within an escape."""
    if is_ascii(name):
        if len(name) <= length:
            return [f'{parameter}="{escaped(name)}"']
        pieces = [name[at:at + length] for at in range(0, len(name), length)]
        return [f'{parameter}*{i}="{escaped(piece)}"' for i, piece in enumerate(pieces)]
    charset = style.name_charset(name)
    coded = f"{charset}''{percent(name, charset)}"
    if len(coded) <= length:
        return [f"{parameter}*={coded}"]
    pieces = []
    while coded:
        cut = length
        while cut < len(coded) and "%" in coded[cut - 2:cut]:
            cut -= 1
        pieces.append(coded[:cut])
        coded = coded[cut:]
    return [f"{parameter}*{i}*={piece}" for i, piece in enumerate(pieces)]


def both_forms(parameter, name, style):
    """The old form for old readers, then RFC 2231 (as RFC 6266 does it)."""
    if is_ascii(name):
        return [f'{parameter}="{escaped(name)}"']
    return quoted(parameter, name, style) + rfc2231(parameter, name, style)


# Bodies.

def lines_of_base64(content, width=76):
    text = base64.b64encode(content).decode()
    return "".join(text[at:at + width] + "\n" for at in range(0, len(text), width))


def quoted_printable(content, width=76):
    """Lines of at most `width` characters; a blank at a line end is escaped."""
    out = []
    for line in content.replace(b"\r\n", b"\n").split(b"\n"):
        coded = [chr(b) if (33 <= b <= 126 and b != 61) or b in (9, 32) else f"={b:02X}" for b in line]
        if coded and coded[-1] in ("\t", " "):
            coded[-1] = f"={ord(coded[-1]):02X}"
        text = ""
        for unit in coded:
            if len(text) + len(unit) >= width:
                out.append(text + "=\n")
                text = ""
            text += unit
        out.append(text + "\n")
    out[-1] = out[-1][:-1]
    return "".join(out)


@dataclasses.dataclass
class Style:
    """The habits of one program."""
    name: str
    boundary: typing.Callable        # (case, level) -> boundary
    header: typing.Callable = lambda case: []  # lines of its own, each whole
    fold: str = " "                  # what a folded line begins with
    breaks_parameters: bool = False  # each parameter of Content-* on a line of its own
    preamble: str = ""
    gap: str = ""                    # before the first delimiter of a multipart within another
    epilogue: str = "\n"             # behind the last delimiter
    quotes_boundary: bool = True
    quotes_charset: bool = False
    word: typing.Callable = q_word
    charsets: tuple = ("us-ascii", "iso-8859-1", "utf-8")  # for text; the first that can hold it
    name_charsets: tuple = ("utf-8",)
    encodings: tuple = ("7bit", "quoted-printable")  # for ASCII text, for other text
    html_encoding: str = ""          # another one for HTML
    type_name: typing.Optional[typing.Callable] = quoted
    file_name: typing.Optional[typing.Callable] = quoted
    disposition: str = "attachment"
    width: int = 76
    behind_base64: str = "\n"        # an empty line behind the last line, which most write
    order: tuple = ("type", "encoding", "disposition", "extra")
    mime_first: bool = False         # MIME's fields before From
    mime_version: str = "MIME-Version: 1.0"
    names_of_fields: typing.Callable = lambda name: name
    extra: typing.Callable = lambda case, attachment: []  # more fields of an attachment's part
    disposition_extra: typing.Callable = lambda case, attachment: []  # more parameters
    type_extra: typing.Callable = lambda case, attachment: []
    text_extra: typing.Callable = lambda case: []         # more parameters of text
    text_fields: tuple = ()          # more fields of a text's part
    base64_spelling: str = "base64"
    sends_html: bool = True
    sends_images: bool = True
    top_encoding: str = ""           # Content-Transfer-Encoding of the whole
    trailing_semicolon: bool = False
    always_multipart: bool = False
    text_attachments: str = "base64"  # how attached text is encoded
    bare: bool = False               # may send one file as the whole mail
    extras: tuple = ()               # other parts it sends now and then: "calendar", "message", "tnef"
    date: typing.Callable = lambda case: "Date: Mon, 23 Nov 2026 09:12:33 +0100"
    quotes_people: bool = False

    def name_charset(self, name):
        return charset_for(name, *self.name_charsets)


class Writer:
    """One mail of one style."""

    def __init__(self, style, case):
        self.style = style
        self.case = case
        self.level = 0

    def write(self):
        style, case = self.style, self.case
        fields, body = self.content()
        mime = ([style.mime_version] if style.mime_version else []) + fields
        if style.top_encoding and not any(line.lower().startswith("content-transfer") for line in fields):
            mime.append(f"Content-Transfer-Encoding: {style.top_encoding}")
        own = [line for line in style.header(case) if line]
        people = [self.address_field("From", [case.sender]), self.address_field("To", case.to)]
        if case.cc:
            people.append(self.address_field("Cc", case.cc))
        common = people + [self.subject(), style.date(case)]
        lines = mime + common + own if style.mime_first else common + own + mime
        return "\n".join(line for line in lines if line) + "\n\n" + body

    def subject(self):
        text = self.case.subject
        if is_ascii(text):
            return f"Subject: {text}"
        charset = charset_for(text, *self.style.charsets[1:])
        return "Subject: " + words(text, charset, self.style.word, "\n" + self.style.fold, 66)

    def address_field(self, field, people):
        return f"{field}: " + f",\n{self.style.fold}".join(self.person(*person) for person in people)

    def person(self, name, address):
        if not name:
            return self.case.pick(address, f"<{address}>")
        if not is_ascii(name):
            return f"{words(name, charset_for(name, *self.style.charsets[1:]), self.style.word)} <{address}>"
        if self.style.quotes_people or set(name) & set('()<>@,;:\\".[]'):
            return f'"{escaped(name)}" <{address}>'
        return f"{name} <{address}>"

    # (fields, body) of an entity.

    def content(self):
        style, case = self.style, self.case
        if style.bare and case.is_bare and len(case.attachments) == 1:
            return self.attached(case.attachments[0])
        text = self.text()
        parts = [text] + [self.attached(attachment) for attachment in case.attachments] + self.extras()
        if len(parts) > 1 or style.always_multipart:
            return self.multipart("mixed", parts)
        fields, body = text
        return fields, body if body.endswith("\n") else body + "\n"

    def extras(self):
        kind = self.case.extra
        if kind not in self.style.extras:
            return []
        if kind == "tnef":
            return [self.attached(Attachment("winmail.dat", "application/ms-tnef", self.case.random.randbytes(300)))]
        if kind == "message":
            inner = "From: anna@contoso.com\nTo: ben@example.com\nSubject: inner\nContent-Type: multipart/mixed; boundary=inner\n\n" \
                    "--inner\n\ntext\n--inner--\n"
            return [([self.field("Content-Type", "message/rfc822", ['name="inner.eml"']),
                      self.field("Content-Disposition", "attachment", ['filename="inner.eml"'])], inner)]
        lines = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Prüfung\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
        return [([self.field("Content-Type", "text/calendar", ['charset="utf-8"', "method=REQUEST"]),
                  f"{self.style.names_of_fields('Content-Transfer-Encoding')}: base64"], self.encoded(lines, "base64"))]

    def multipart(self, subtype, parts, extra=()):
        style = self.style
        boundary = style.boundary(self.case, self.level)
        self.level += 1
        value = f'"{boundary}"' if style.quotes_boundary else boundary
        fields = [self.field("Content-Type", f"multipart/{subtype}", [f"boundary={value}", *extra])]
        body = style.preamble if subtype == "mixed" else style.gap
        for part_fields, part_body in parts:
            body += f"--{boundary}\n" + "\n".join(part_fields) + "\n\n" + part_body + "\n"
        return fields, body + f"--{boundary}--" + (style.epilogue if subtype == "mixed" else "\n")

    def text(self):
        case = self.case
        if case.kind == "plain" or not self.style.sends_html:
            return self.text_part("plain", case.text)
        html = "<html><body><p>" + case.text.replace("\n", "<br>\n") + "</p></body></html>\n"
        if case.image and self.style.sends_images:
            html = html.replace("</p>", '<img src="cid:image001.png@01DA1DD5.70D1B3E0"></p>')
        page = self.text_part("html", html)
        if case.kind == "html":
            return self.related(page)
        if not self.image_outside():
            page = self.related(page)
        both = self.multipart("alternative", [self.text_part("plain", case.text), page])
        return self.related(both) if self.image_outside() else both

    def image_outside(self):
        return self.style.name in ("Outlook", "OWA", "new Outlook", "Gmail")

    def related(self, entity):
        if not (self.case.image and self.style.sends_images):
            return entity
        image = Attachment("image001.png", "image/png", self.case.random.randbytes(200))
        fields, body = self.attached(image, "inline", ["Content-ID: <image001.png@01DA1DD5.70D1B3E0>"])
        kind = "multipart/alternative" if "alternative" in entity[0][0] else "text/html"
        return self.multipart("related", [entity, (fields, body)], [f'type="{kind}"'] if self.case.chance(0.5) else [])

    def text_part(self, subtype, text):
        style = self.style
        charset = charset_for(text, *style.charsets)
        encoding = style.encodings[0] if is_ascii(text.replace("\n", "").replace("\t", "")) else style.encodings[1]
        if charset == "iso-2022-jp":
            encoding = "7bit"
        if subtype == "html" and style.html_encoding:
            encoding = style.html_encoding
        longest = max(map(len, text.split("\n")), default=0)
        if longest > 990 and encoding.lower() in ("7bit", "8bit"):
            encoding = "quoted-printable"
        value = f'"{charset}"' if style.quotes_charset else charset
        fields = {"type": self.field("Content-Type", f"text/{subtype}", [f"charset={value}", *style.text_extra(self.case)])}
        if encoding:
            fields["encoding"] = f"{style.names_of_fields('Content-Transfer-Encoding')}: {encoding}"
        lines = [fields[key] for key in style.order if key in fields] + list(style.text_fields)
        return lines, self.encoded(text.replace("\n", "\r\n").encode(charset), encoding)

    def encoded(self, content, encoding):
        kind = encoding.lower()
        if kind == "base64":
            return lines_of_base64(content, self.style.width)[:-1] + self.style.behind_base64
        if kind == "quoted-printable":
            return quoted_printable(content)
        return raw(content.replace(b"\r\n", b"\n"))

    def attached(self, attachment, disposition=None, more=()):
        style = self.style
        name = attachment.name
        named = style.type_name(self.style_parameter("name"), name, style) if style.type_name else []
        filed = style.file_name(self.style_parameter("filename"), name, style) if style.file_name else []
        encoding = style.base64_spelling
        if attachment.type.startswith("text/") and attachment.content:
            encoding = style.text_attachments
            named = ["charset=utf-8"] + named
        fields = {
            "type": self.field("Content-Type", attachment.type, named + style.type_extra(self.case, attachment)),
            "encoding": f"{style.names_of_fields('Content-Transfer-Encoding')}: {encoding}",
            "disposition": self.field("Content-Disposition", disposition or style.disposition,
                                      filed + style.disposition_extra(self.case, attachment)),
        }
        lines = [fields[key] for key in style.order if key in fields]
        at = style.order.index("extra")
        lines[at:at] = [*style.extra(self.case, attachment), *more]
        return lines, self.encoded(attachment.content, encoding)

    @staticmethod
    def style_parameter(name):
        return name

    def field(self, name, value, parameters):
        style = self.style
        line = f"{style.names_of_fields(name)}: {value}"
        for parameter in parameters:
            width = len(line.rsplit("\n", 1)[-1]) + 2 + len(parameter.split("\n", 1)[0])
            if style.breaks_parameters or width > 76:
                line += f";\n{style.fold}{parameter}"
            else:
                line += f"; {parameter}"
        return line + (";" if style.trailing_semicolon and parameters else "")


def write(style, number, seed, attachment_size=3000):
    case = Case(f"{seed}/{style.name}/{number}", attachment_size)
    message = to_bytes(Writer(style, case).write())
    if not message.endswith(b"\r\n"):
        message += b"\r\n"  # as every MTA does
    return Mail(style.name, f"{style.name} {number} (seed {seed})", message, case.attachments)


def digest(attachment):
    return hashlib.sha256(attachment.content).hexdigest()
