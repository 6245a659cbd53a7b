# SPDX-License-Identifier: Apache-2.0
"""What a test puts between two programs to lose what they say to each other, at exactly the moment it wants."""
import contextlib
import os
import socket
import struct
import threading


class Relay:
    """Passes the bytes of every connection on, both ways. Subclasses change from_client() and from_server(); what these
    return goes on, and ConnectionAbortedError ends the connection on both sides."""

    def __init__(self):
        self.socket = self.listen()
        self.connections = 0
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def listen(self):
        return socket.create_server(("127.0.0.1", 0))

    def connect(self):
        raise NotImplementedError

    def begin(self):
        """The state of a connection, given to from_client() and from_server()."""
        return {}

    def from_client(self, state, data):
        return data

    def from_server(self, state, data):
        return data

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
                self.connections += 1
                server = self.connect()
            except OSError:
                return
            state = self.begin()
            self.open |= {client, server}
            for source, sink, change in ((client, server, self.from_client), (server, client, self.from_server)):
                threading.Thread(target=self.pump, args=(source, sink, change, state), daemon=True).start()

    def pump(self, source, sink, change, state):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(change(state, data))
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.socket.close()
        for end in self.open:
            end.close()


class DeafClient(Relay):
    """Between an SMTP client and the MTA: the client of the first `deaf` messages never hears the reply to its final dot."""

    def __init__(self, port, deaf):
        self.mta_port, self.deaf, self.lost = port, deaf, 0
        super().__init__()
        self.port = self.socket.getsockname()[1]

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.mta_port))

    def begin(self):
        return {"tail": b""}

    def from_client(self, state, data):
        state["tail"] = (state["tail"] + data)[-5:]
        return data

    def from_server(self, state, data):
        if state["tail"] == b"\r\n.\r\n" and data.startswith(b"250") and self.lost < self.deaf:
            self.lost += 1
            raise ConnectionAbortedError
        return data


class MilterPath(Relay):
    """Between the MTA and the milter. `before_discard` is called, once, when the milter's DISCARD has come and the MTA does
    not have it yet."""

    DISCARD = b"d"

    def __init__(self, folder, milter):
        # A folder of its own, and the milter's name: Sendmail's configuration has the latter.
        (folder / "between").mkdir(mode=0o755)
        self.path, self.milter = folder / "between" / milter.socket.name, milter
        self.before_discard = None
        super().__init__()

    def listen(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        os.chmod(self.path, 0o666)
        listener.listen()
        return listener

    def connect(self):
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.milter.socket))
        return server

    def begin(self):
        return {"buffer": b""}

    def from_server(self, state, data):
        state["buffer"] += data
        while len(state["buffer"]) >= 5:
            length, command = struct.unpack("!I1s", state["buffer"][:5])
            if len(state["buffer"]) < 4 + length:
                break
            state["buffer"] = state["buffer"][4 + length:]
            if command == self.DISCARD and self.before_discard:
                hook, self.before_discard = self.before_discard, None
                hook()
        return data
