# SPDX-License-Identifier: Apache-2.0
"""An SMTP server that stands for the MTA's port: takes what graph-milter gives back and remembers it."""
import contextlib
import re
import socket
import threading

CAPABILITIES = "250-mta.contoso.com\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 0\r\n"


class Taken:
    """One mail that got its 250."""

    def __init__(self, sender, recipients, data):
        self.sender, self.recipients, self.data = sender, recipients, data

    @property
    def head(self):
        return self.data.split(b"\r\n\r\n", 1)[0]

    @property
    def is_dsn(self):
        return self.sender == "" and b"delivery-status" in self.head

    def mentions(self, word):
        return word.encode() in self.data


class Sink(threading.Thread):
    """`before`: called with (verb, the mails taken so far) ahead of each answer. What it returns is said instead (a reply
    without its CRLF); "close" closes the connection without a word. For the end of the data the verb is "." before the
    mail is taken and "taken" after it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.taken = []
        self.before = None
        self.start()

    def reset(self):
        with self.lock:
            self.taken = []
            self.before = None

    def mails(self):
        with self.lock:
            return list(self.taken)

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rwb") as stream, contextlib.suppress(OSError):
            self.dialogue(stream)

    def answer(self, stream, verb, usual):
        """False: the connection is to be closed."""
        said = self.before(verb, self.mails()) if self.before else None
        if said == "close":
            return False
        stream.write((said + "\r\n" if said else usual).encode())
        stream.flush()
        return True if said is None else not said.startswith(("4", "5"))

    def dialogue(self, stream):
        if not self.answer(stream, "connect", "220 mta.contoso.com ESMTP\r\n"):
            return
        sender, recipients = "", []
        for line in stream:
            verb = line.split()[0].upper().decode(errors="replace") if line.split() else ""
            address = re.search(rb"<([^>]*)>", line)
            if verb in ("EHLO", "HELO"):
                self.answer(stream, verb, CAPABILITIES)
            elif verb == "MAIL":
                sender, recipients = address.group(1).decode(), []
                self.answer(stream, verb, "250 2.1.0 Ok\r\n")
            elif verb == "RCPT":
                if self.answer(stream, verb, "250 2.1.5 Ok\r\n"):
                    recipients.append(address.group(1).decode())
            elif verb == "DATA":
                if self.answer(stream, verb, "354 go on\r\n") and not self.take(stream, sender, recipients):
                    return
            elif verb == "QUIT":
                self.answer(stream, verb, "221 2.0.0 Bye\r\n")
                return
            else:
                self.answer(stream, verb, "250 2.0.0 Ok\r\n")

    def take(self, stream, sender, recipients):
        """False: the connection is over."""
        body = []
        for data in stream:
            if data == b".\r\n":
                break
            body.append(data[1:] if data.startswith(b".") else data)
        else:
            return False  # it ended within the message
        said = self.before(".", self.mails()) if self.before else None
        if said == "close":
            return False
        if said:
            stream.write(said.encode() + b"\r\n")
            stream.flush()
            return True
        with self.lock:
            self.taken.append(Taken(sender, recipients, b"".join(body)))
        return self.answer(stream, "taken", "250 2.0.0 Ok\r\n")

    def close(self):
        self.listener.close()
