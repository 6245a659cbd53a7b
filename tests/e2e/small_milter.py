# SPDX-License-Identifier: Apache-2.0
"""Other milters beside ours: just enough of the protocol to add a header field, to refuse, and to remember what it saw."""
import socket
import struct
import threading

CONTINUE, REJECT, ADD_HEADER = b"c", b"r", b"h"
NO_ANSWER = b"DAQK"  # macros, abort, quit


class SmallMilter:
    """`add`: a header field that it adds; `refuse`: it rejects each message at its end; `refuse_recipient`: this one, at
    RCPT. `ends` counts the ends of messages that it was asked about."""

    def __init__(self, path, add=None, refuse=False, refuse_recipient=None):
        self.name = f"unix:{path}"
        self.add, self.refuse, self.refuse_recipient, self.ends = add, refuse, refuse_recipient, 0
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        path.chmod(0o666)
        self.socket.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            while len(head := stream.read(5)) == 5:
                length, command = struct.unpack("!I1s", head)
                data = stream.read(length - 1)
                for answer, content in self.answers(command, data):
                    connection.sendall(struct.pack("!I1s", len(content) + 1, answer) + content)

    def answers(self, command, data):
        if command == b"O":
            return [(b"O", struct.pack("!III", 6, 0x01, 0))]
        if command in NO_ANSWER:
            return []
        if command == b"R" and self.refuse_recipient and self.refuse_recipient in data.split(b"\0")[0]:
            return [(REJECT, b"")]
        if command != b"E":
            return [(CONTINUE, b"")]
        self.ends += 1
        if self.refuse:
            return [(REJECT, b"")]
        added = [(ADD_HEADER, b"%s\0%s\0" % self.add)] if self.add else []
        return added + [(CONTINUE, b"")]

    def close(self):
        self.socket.close()
