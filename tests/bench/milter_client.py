# SPDX-License-Identifier: Apache-2.0
"""The MTA's side of the milter protocol for load: one connection, whole messages as one row of packets.

Packets are uint32 length, command byte, data (libmilter's mfdef.h). Replies are read only where the negotiated flags leave
one, as Postfix does.
"""
import socket
import struct

# Steps (SMFIP_*) that our MTA offers: all of protocol version 6.
ALL_STEPS, ALL_ACTIONS, VERSION = 0x1FFFFF, 0x1FF, 6
NR_HEADER, NR_CONNECT, NR_HELO, NR_MAIL, NR_RCPT = 0x80, 0x1000, 0x2000, 0x4000, 0x8000
NR_DATA, NR_UNKNOWN, NR_EOH, NR_BODY = 0x10000, 0x20000, 0x40000, 0x80000
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_HEADERS, NO_EOH, NO_UNKNOWN, NO_DATA = (
    0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x100, 0x200)
CHUNK = 65535


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


class MilterClient:
    """One milter connection. REQUIRES: a message is given as bytes with CRLF line ends."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(300)
        self.socket.connect(str(path))
        self.buffer = b""
        self.socket.sendall(packet(b"O", struct.pack(">III", VERSION, ALL_ACTIONS, ALL_STEPS)))
        command, data = self.read()
        assert command == b"O", command
        self.steps = struct.unpack(">III", data[:12])[2]
        self.tell(b"C", b"client.contoso.com\x004" + struct.pack(">H", 4321) + b"127.0.0.1\0", NO_CONNECT, NR_CONNECT,
                  [b"{client_addr}", b"127.0.0.1", b"j", b"mta.contoso.com"])
        self.tell(b"H", b"client.contoso.com\0", NO_HELO, NR_HELO)

    def read(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack(">I", self.buffer[:4])[0]:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the milter closed the connection")
            self.buffer += more
        length = struct.unpack(">I", self.buffer[:4])[0]
        body, self.buffer = self.buffer[4:4 + length], self.buffer[4 + length:]
        return body[:1], body[1:]

    def tell(self, command, data, skip_step, no_reply_step, macros=()):
        if self.steps & skip_step:
            return
        out = packet(b"D", command + b"\0".join(macros) + b"\0") if macros else b""
        self.socket.sendall(out + packet(command, data))
        if not self.steps & no_reply_step:
            answer, text = self.read()
            assert answer == b"c", (command, answer, text)

    def envelope(self, sender, recipients, queue_id):
        self.tell(b"M", f"<{sender}>\0".encode(), NO_MAIL, NR_MAIL)
        for recipient in recipients:
            self.tell(b"R", f"<{recipient}>\0".encode(), NO_RCPT, NR_RCPT)
        self.tell(b"T", b"", NO_DATA, NR_DATA, [b"i", queue_id.encode()])

    def content(self, message):
        """The packets of header, end of header and body, and how many replies they leave."""
        head, body = message.split(b"\r\n\r\n", 1)
        out, replies = [], 0
        if not self.steps & NO_HEADERS:
            for field in head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n"):
                name, value = field.split(b":", 1)
                out.append(packet(b"L", name + b"\0" + value + b"\0"))
                replies += 0 if self.steps & NR_HEADER else 1
        if not self.steps & NO_EOH:
            out.append(packet(b"N"))
            replies += 0 if self.steps & NR_EOH else 1
        if not self.steps & NO_BODY:
            for start in range(0, len(body), CHUNK):
                out.append(packet(b"B", body[start:start + CHUNK]))
                replies += 0 if self.steps & NR_BODY else 1
        return out, replies

    def end(self):
        """End of message; the final answer, progress packets skipped."""
        self.socket.sendall(packet(b"E"))
        while True:
            answer = self.read()
            if answer[0] != b"p":
                return answer

    def message(self, sender, recipients, content, queue_id="4BENCH"):
        self.envelope(sender, recipients, queue_id)
        packets, replies = content if isinstance(content, tuple) else self.content(content)
        if replies == 0:
            for part in packets:
                self.socket.sendall(part)
        else:
            for part in packets:
                self.socket.sendall(part)
                assert self.read()[0] in (b"c", b"s")
        return self.end()

    def close(self):
        self.socket.sendall(packet(b"Q"))
        self.socket.close()
