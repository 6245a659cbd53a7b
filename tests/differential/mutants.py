# SPDX-License-Identifier: Apache-2.0
"""Mail that is broken in the ways that readers of MIME disagree about. The same seed makes the same mutants."""
import random
import re

CONTENT = [b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition", b"Content-ID", b"MIME-Version"]
TYPES = [b"text/plain", b"text/html", b"multipart/mixed", b"multipart/digest", b"multipart/related", b"message/rfc822",
         b"application/octet-stream", b"message/partial", b"application/pdf; x", b"text", b"text/plain/x", b"",
         b"text/plain;", b"Text/Plain", b"multipart/mixed; boundary=", b"multipart/mixed; boundary=\"\"",
         b"multipart/alternative; boundary=x", b"application/x-pkcs7-mime", b"text /plain", b"text/ plain"]
ENCODINGS = [b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable", b"BASE64", b"x-uuencode", b"base64 ", b"base",
             b"\"base64\"", b"base64;", b"base64 (c)", b"quoted-printable base64", b"7 bit", b"", b"\r\n base64",
             b"uuencode", b"base64\t", b"base64,7bit", b"b64"]
NAMES = [b'"a.pdf"', b"a.pdf", b"a b.pdf", b"\"a\\b.pdf\"", b'"=?utf-8?Q?=C3=BC.pdf?="', b"=?utf-8?B?w7wucGRm?=",
         b"\"=?utf-8?Q?a?= =?utf-8?Q?b.pdf?=\"", b'""', b"\"a;b.pdf\"", b"'a.pdf'", b'"a.pdf', b'a.pdf"', b"\xfc.pdf",
         b"\xc3\xbc.pdf", b"\"\xc3\xbc.pdf\"", b'"../a.pdf"', b'"C:\\temp\\a.pdf"', b"utf-8''a%20b.pdf", b"\"a\r\n b.pdf\"",
         b"\"a\r\n\tb.pdf\"", b"\"a  b.pdf\"", b"\" a.pdf\"", b"\"a.pdf \"", b"a.pdf ", b'"a\\"b.pdf"', b"=?x?y?z?=",
         b"\"=?utf-8?Q?a_b.pdf?=.exe\"", b"\"x=?utf-8?Q?a?=\"", b"\"=?utf-8?Q?=FC?=\"", b"\"=?iso-8859-1?Q?=FC.pdf?=\""]
PARAMETERS = [b"; name=%n", b"; filename=%n", b"; name*=utf-8''%%C3%%BC.pdf", b"; filename*=utf-8''%%C3%%BC.pdf",
              b"; filename*=iso-8859-1'de'%%FC.pdf", b"; filename*0=a; filename*1=b.pdf", b"; filename*1=b; filename*0=a",
              b"; filename*0*=utf-8''a%%20; filename*1=b.pdf", b"; filename*0*=utf-8''a; filename*1*=%%C3%%BC.pdf",
              b"; filename*=a.pdf", b"; filename*=''a.pdf", b"; filename*=utf-8''a%%2", b"; filename*00=a", b";", b";;",
              b"; charset=utf-8", b"; charset", b"; charset=", b"; x=\"y", b"; x=y z", b"; x=(c)y", b" (c)", b"; (c) x=y",
              b"; boundary=b", b"; boundary=\"b\"", b"; boundary*=utf-8''b", b"; boundary*0=b", b"; boundary=b (c)",
              b"; boundary=\"b \"", b"; Boundary=c", b"; name =%n", b"; name= %n", b"; name=%n; name=%n",
              b"; filename=%n; filename*=utf-8''%%C3%%BC.pdf", b";\r\n\tname=%n", b"\r\n ; name=%n", b";\r\n \r\n name=%n",
              b"; type=\"text/html\"", b"; format=flowed", b"; x-a='b", b"; x=a=b", b"; x=a/b", b"; x=[1]", b"; x=a,b"]
LINES = [b"--%b\r\n", b"--%b--\r\n", b"--%b \r\n", b"--%b\t\r\n", b"--%bx\r\n", b"--%b-- \r\n", b"--%b--x\r\n", b" --%b\r\n",
         b"--\r\n", b"-- %b\r\n", b"--%b\n", b"--%b\r", b"\r\n", b" \r\n", b"\n", b"\r", b"x\r\n", b"=\r\n", b"From x\r\n",
         b">From x\r\n", b"\t\r\n", b".\r\n", b"..\r\n", b"Content-Type: text/html\r\n", b"begin 644 a.txt\r\n", b"==\r\n",
         b"\x00\r\n", b"\x1a\r\n", b"\x0c\r\n", b"--%b\r\n--%b\r\n", b"--%b\r\n\r\n", b"QUJD\r\n", b"QUI=\r\n", b"QQ==QUJD\r\n"]
BYTES = [b"\r", b"\n", b"\r\n", b"\x00", b"=", b"-", b"\"", b";", b":", b" ", b"\t", b"\\", b"(", b")", b"<", b">", b"@", b",",
         b"\xff", b"\xc3", b"\x80", b"\x0b", b"\x0c", b"%", b"'", b"*", b"?", b"==", b"=3D", b"=\r\n", b"=20\r\n", b"\r\n ",
         b"\r\n\r\n", b"=?", b"?="]
FIELD = re.compile(rb"(?m)^([!-9;-~]+):(?:.*\r\n)(?:[ \t].*\r\n)*")
BOUNDARY = re.compile(rb'(?i)boundary\*?=\s*"?([^"\r\n;]+)')


class Mutator:
    """Changes one message a few times."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.kinds = [self.repeat_field, self.drop_field, self.swap_fields, self.change_content, self.add_content,
                      self.add_parameter, self.change_boundary, self.insert_line, self.drop_line, self.repeat_line,
                      self.move_lines, self.cut, self.change_byte, self.insert_bytes, self.change_case, self.refold]

    def mutate(self, message, others):
        steps = self.random.choice((1, 1, 1, 2, 2, 3, 5))
        for _ in range(steps):
            if self.random.random() < 0.05:
                message = self.splice(message, self.random.choice(others))
            else:
                message = self.random.choice(self.kinds)(message)
        return message

    def boundary(self, message):
        found = BOUNDARY.findall(message)
        return self.random.choice(found) if found else b"b"

    def fields(self, message):
        """Those that look like fields, anywhere, MIME's own more often than others."""
        found = list(FIELD.finditer(message))
        own = [field for field in found if field[1].lower().startswith((b"content-", b"mime-"))]
        return own if own and self.random.random() < 0.8 else found

    def field(self, message):
        found = self.fields(message)
        return self.random.choice(found) if found else None

    def line(self, message):
        """(begin, end) of a line; the first ones more often."""
        at = self.random.randrange(len(message) + 1)
        if self.random.random() < 0.4:
            at = min(at, self.random.randrange(1500))
        begin = message.rfind(b"\n", 0, at) + 1
        end = message.find(b"\n", at) + 1
        return begin, end if end > 0 else len(message)

    def filled(self, pattern, message):
        return pattern.replace(b"%b", self.boundary(message)).replace(b"%n", self.random.choice(NAMES)).replace(b"%%", b"%")

    # Fields.

    def repeat_field(self, message):
        field = self.field(message)
        if field is None:
            return message
        at = self.random.choice((field.start(), field.end(), 0))
        return message[:at] + field[0] + message[at:]

    def drop_field(self, message):
        field = self.field(message)
        return message if field is None else message[:field.start()] + message[field.end():]

    def swap_fields(self, message):
        a, b = self.field(message), self.field(message)
        if a is None or b is None or a.end() > b.start():
            return message
        return message[:a.start()] + b[0] + message[a.end():b.start()] + a[0] + message[b.end():]

    def content_line(self):
        name = self.random.choice(CONTENT)
        value = {b"Content-Type": lambda: self.random.choice(TYPES) + self.random.choice(PARAMETERS),
                 b"Content-Transfer-Encoding": lambda: self.random.choice(ENCODINGS),
                 b"Content-Disposition": lambda: self.random.choice((b"attachment", b"inline", b"x", b"", b"attachment (c)"))
                 + self.random.choice(PARAMETERS),
                 b"Content-ID": lambda: self.random.choice((b"<a@b>", b"a", b"")),
                 b"MIME-Version": lambda: self.random.choice((b"1.0", b"2.0", b"1.0 (c)", b""))}[name]()
        colon = self.random.choice((b": ",) * 8 + (b":", b" : ", b":\t", b":\r\n "))
        return name + colon + value + b"\r\n"

    def change_content(self, message):
        field = self.field(message)
        if field is None:
            return message
        return message[:field.start()] + self.filled(self.content_line(), message) + message[field.end():]

    def add_content(self, message):
        field = self.field(message)
        at = 0 if field is None else field.start()
        return message[:at] + self.filled(self.content_line(), message) + message[at:]

    def add_parameter(self, message):
        found = [field for field in FIELD.finditer(message)
                 if field[1].lower() in (b"content-type", b"content-disposition")]
        if not found:
            return message
        field = self.random.choice(found)
        extra = self.filled(self.random.choice(PARAMETERS), message)
        at = field.end() - 2
        if self.random.random() < 0.4 and b";" in field[0]:
            at = field.start() + field[0].index(b";")
        return message[:at] + extra + message[at:]

    def change_boundary(self, message):
        boundary = self.boundary(message)
        where = [m.start() for m in re.finditer(re.escape(boundary), message)]
        if not where:
            return message
        new = self.random.choice((boundary + b"x", boundary[:-1], boundary + b" ", boundary.swapcase(), b"", b"x" * 71,
                                  boundary[:1], boundary + b"--", self.boundary(message), b"=?utf-8?Q?b?=", b"a b", b"a(b)"))
        if self.random.random() < 0.4:
            return message.replace(boundary, new)
        at = self.random.choice(where)
        return message[:at] + new + message[at + len(boundary):]

    # Lines and bytes.

    def insert_line(self, message):
        begin, _ = self.line(message)
        return message[:begin] + self.filled(self.random.choice(LINES), message) + message[begin:]

    def drop_line(self, message):
        begin, end = self.line(message)
        return message[:begin] + message[end:]

    def repeat_line(self, message):
        begin, end = self.line(message)
        return message[:end] + message[begin:end] + message[end:]

    def move_lines(self, message):
        (a, b), (to, _) = self.line(message), self.line(message)
        for _ in range(self.random.choice((0, 1, 5))):
            b = message.find(b"\n", b) + 1 or len(message)
        piece, rest = message[a:b], message[:a] + message[b:]
        to = min(to, len(rest))
        return rest[:to] + piece + rest[to:]

    def cut(self, message):
        at = self.random.randrange(len(message) + 1)
        if self.random.random() < 0.5:
            return message[:at]
        return message[:at] + message[at + self.random.choice((1, 2, 3, 10, 80, 1000)):]

    def position(self, message):
        if self.random.random() < 0.6:
            field = self.field(message)
            if field is not None:
                return self.random.randrange(field.start(), field.end())
        return self.random.randrange(len(message) + 1)

    def change_byte(self, message):
        at = self.position(message)
        new = self.random.choice((bytes([self.random.randrange(256)]), self.random.choice(BYTES), b""))
        return message[:at] + new + message[at + 1:]

    def insert_bytes(self, message):
        at = self.position(message)
        return message[:at] + self.random.choice(BYTES) + message[at:]

    def change_case(self, message):
        field = self.field(message)
        if field is None:
            return message
        change = self.random.choice((bytes.upper, bytes.lower, bytes.swapcase))
        return message[:field.start()] + change(field[0]) + message[field.end():]

    def refold(self, message):
        field = self.field(message)
        blanks = [] if field is None else [m.start() for m in re.finditer(rb"[ \t;=]", field[0])]
        if not blanks:
            return message
        at = field.start() + self.random.choice(blanks)
        return message[:at] + self.random.choice((b"\r\n ", b"\r\n\t", b"\n ", b"\r\n", b"\r\n \r\n ", b" ", b"  ")) + message[at:]

    def splice(self, message, other):
        a, _ = self.line(message)
        b, _ = self.line(other)
        return message[:a] + other[b:]
