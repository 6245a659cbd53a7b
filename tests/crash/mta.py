# SPDX-License-Identifier: Apache-2.0
"""The MTA's side of the milter protocol, one connection per mail, and what it was answered.

An answer is one of
  taken    DISCARD: the filter delivers
  passed   ACCEPT or CONTINUE: the MTA delivers
  later    a temporary refusal (with its words)
  refused  a permanent one
  unheard  the connection ended before the end of the message was told: certainly not taken
  unknown  it ended after that: nobody here knows
"""
import contextlib
import socket
import struct

VERSION, ALL_ACTIONS, ALL_STEPS = 6, 0x1FF, 0x1FFFFF
CHUNK = 65535

# Step: (command, the flag that skips it, the flag that leaves out its reply); libmilter's mfdef.h.
CONNECT, HELO, MAIL = (b"C", 0x1, 0x1000), (b"H", 0x2, 0x2000), (b"M", 0x4, 0x4000)
RCPT, DATA = (b"R", 0x8, 0x8000), (b"T", 0x200, 0x10000)
HEADER, END_OF_HEADERS, BODY = (b"L", 0x20, 0x80), (b"N", 0x40, 0x40000), (b"B", 0x10, 0x80000)
WORDS = {b"d": "taken", b"a": "passed", b"c": "passed", b"t": "later", b"r": "refused"}


class Gone(Exception):
    """The filter closed the connection, or never opened it, or we did on demand."""


class Final(Exception):
    def __init__(self, word, text=""):
        super().__init__(word)
        self.word, self.text = word, text


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def macros(command, values):
    return packet(b"D", command + b"".join(name.encode() + b"\0" + value.encode() + b"\0" for name, value in values))


def greets(path):
    """Whether the filter answers a negotiation."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        try:
            line.connect(str(path))
            line.sendall(packet(b"O", struct.pack(">III", VERSION, ALL_ACTIONS, ALL_STEPS)))
            return line.recv(4) != b""
        except OSError:
            return False


class Mta:
    """`leave_after`: closes the connection when so many packets were sent; `deaf`: never reads the last answer, and leaves
    once the end of the message is told."""

    def __init__(self, path, queue_id="4CRASH", patience=60, leave_after=None, deaf=False):
        self.path, self.queue_id, self.patience = str(path), queue_id, patience
        self.leave_after, self.deaf = leave_after, deaf
        self.sent = 0
        self.told_the_end = False
        self.buffer = b""
        self.steps = 0
        self.socket = None

    def deliver(self, mail):
        """(word, text) for one mail (anything with sender, recipients, data, parameters)."""
        try:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(self.patience)
            self.socket.connect(self.path)
            self.speak(mail)
            return self.end()
        except Final as final:
            return final.word, final.text
        except (Gone, OSError) as why:  # also a time-out: as if the line were dead
            return ("unknown" if self.told_the_end else "unheard"), str(why)
        finally:
            self.socket.close()

    def speak(self, mail):
        self.send(packet(b"O", struct.pack(">III", VERSION, ALL_ACTIONS, ALL_STEPS)))
        command, data = self.read()
        if command != b"O":
            raise Gone(f"the filter greets with {command!r}")
        self.steps = struct.unpack(">III", data[:12])[2]
        self.step(CONNECT, b"client.contoso.com\x004" + struct.pack(">H", 4321) + b"127.0.0.1\0",
                  [("j", "mta.contoso.com"), ("{daemon_name}", "mta.contoso.com"), ("{client_addr}", "127.0.0.1"),
                   ("v", "Postfix 3.7.11")])
        self.step(HELO, b"client.contoso.com\0")
        queue_id = [("i", self.queue_id)]
        self.step(MAIL, b"\0".join([f"<{mail.sender}>".encode(), *(p.encode() for p in mail.parameters)]) + b"\0",
                  [("{mail_addr}", mail.sender), ("{mail_host}", ""), ("{mail_mailer}", "smtp")])
        for recipient in mail.recipients:
            self.step(RCPT, f"<{recipient}>\0".encode(), [*queue_id, ("{rcpt_addr}", recipient), ("{rcpt_mailer}", "smtp")])
        self.step(DATA, b"", queue_id)
        head, body = mail.data.split(b"\r\n\r\n", 1)
        for field in head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n"):
            name, value = field.split(b":", 1)
            if not self.steps & 0x100000:  # SMFIP_HDR_LEADSPC: the blank belongs to the value
                value = value.removeprefix(b" ")
            self.step(HEADER, name + b"\0" + value + b"\0")
        self.step(END_OF_HEADERS, b"", queue_id)
        for start in range(0, len(body), CHUNK):
            if self.step(BODY, body[start:start + CHUNK]) == b"s":
                break
        self.send(macros(b"E", queue_id))

    def end(self):
        self.told_the_end = True  # from the first byte on
        self.send(packet(b"E"))
        if self.deaf:
            raise Gone("left on demand, deaf")
        while True:
            command, data = self.read()
            if command == b"p":
                continue
            if command in b"abcdrty" and command in WORDS:
                self.send(packet(b"Q"))
                self.wait_for_goodbye()
                raise Final(WORDS[command])
            if command == b"y":
                raise self.final_reply(data)
            # Anything else changes the message; the last answer comes after it.

    def wait_for_goodbye(self):
        """Then the filter has heard that its answer arrived, or it is dead."""
        with contextlib.suppress(OSError):
            while self.socket.recv(65536):
                pass

    def step(self, kind, data, values=()):
        """Says it, and reads the reply where there is one; b"c" or b"s"."""
        command, skipped, silent = kind
        if self.steps & skipped:
            return b"c"
        self.send((macros(command, values) if values else b"") + packet(command, data))
        if self.steps & silent:
            return b"c"
        answer, text = self.read()
        if answer in (b"c", b"s"):
            return answer
        if answer == b"y":
            raise self.final_reply(text)
        raise Final(WORDS.get(answer, "refused"), f"answer {answer!r} to {command!r}")

    @staticmethod
    def final_reply(data):
        text = data.rstrip(b"\0").decode(errors="replace")
        return Final("later" if text.startswith("4") else "refused", text)

    def send(self, data):
        if self.leave_after is not None and self.sent >= self.leave_after:
            raise Gone("left on demand")
        self.sent += 1
        self.socket.sendall(data)

    def read(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack(">I", self.buffer[:4])[0]:
            more = self.socket.recv(65536)
            if not more:
                raise Gone("the filter closed the connection")
            self.buffer += more
        length = struct.unpack(">I", self.buffer[:4])[0]
        body, self.buffer = self.buffer[4:4 + length], self.buffer[4 + length:]
        return body[:1], body[1:]
