# SPDX-License-Identifier: Apache-2.0
"""A Graph that wants us to connect to somebody else. The test has a network of its own (and an /etc/hosts of its own), in
which every address that must not be reached has a listener that remembers who came. In front of the emulator stands what
ends TLS at a public address and can answer with any bytes: so graph-milter runs as in production, without
allow-private-addresses."""
import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import unittest
import urllib.parse

import mails
import rig

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
import milter_client  # noqa: E402

BINARIES = pathlib.Path(os.environ.get("GM_BINARY_DIR", ".build/dev"))
INSIDE = "GM_HOSTILE_NETWORK"
GRAPH, STORE, OTHER = "40.99.1.2", "40.99.1.3", "40.99.1.66"

# Names below upload-hosts, so that nothing but the address speaks against them.
NAMES = {
    "graph.example": [GRAPH],
    "store.graph.example": [STORE],
    "moving.graph.example": [STORE],
    "ten.graph.example": ["10.0.0.1"],
    "loopback.graph.example": ["127.0.0.2"],
    "metadata.graph.example": ["169.254.169.254"],
    "private.graph.example": ["192.168.1.1", "172.16.0.1"],
    "shared.graph.example": ["100.64.0.1"],
    "loopback6.graph.example": ["::1"],
    "local6.graph.example": ["fd00::1"],
    "mapped.graph.example": ["::ffff:10.0.0.1"],
    "nat64.graph.example": ["64:ff9b::a00:1"],
    "sixtofour.graph.example": ["2002:a00:1::1"],
    "elsewhere.example": [OTHER],
    "store.graph.example.elsewhere.example": [OTHER],
}
FORBIDDEN = [(address, port) for address in ("10.0.0.1", "127.0.0.2", "169.254.169.254", "192.168.1.1", "172.16.0.1", "100.64.0.1", OTHER,
                                             "::1", "fd00::1", "64:ff9b::a00:1", "2002:a00:1::1") for port in (80, 443)]
FORBIDDEN += [(STORE, 80), (STORE, 8443), (GRAPH, 80)]

UPLOAD_URLS = [f"https://{name}/upload?authtoken=x" for name in NAMES if name.split(".", 1)[0] not in ("graph", "store", "moving")]
UPLOAD_URLS += [
    "http://store.graph.example/upload", "https://store.graph.example:8443/upload", "ftp://store.graph.example/upload",
    "file:///etc/passwd", "gopher://10.0.0.1:443/_x", "https://10.0.0.1/upload", "https://0x0a000001/upload", "https://167772161/upload",
    "https://[::1]/upload", "https://[::ffff:10.0.0.1]/upload", "https://user@store.graph.example/upload",
    "https://store.graph.example@10.0.0.1/upload", "https://10.0.0.1#@store.graph.example/", "https://10.0.0.1\\\\@store.graph.example/",
    "//ten.graph.example/upload", "https://ten.graph.example./upload",
]


def in_own_network(program):
    """Starts this program again in a network and a mount namespace of its own. The status to end with."""
    if os.geteuid() != 0 or not shutil.which("ip") or subprocess.run(["unshare", "-n", "-m", "true"], check=False, capture_output=True).returncode != 0:
        print("SKIPPED: needs root, ip(8) and the right to make network and mount namespaces")
        return 77
    arguments = ["unshare", "-n", "-m", "--propagation", "private", sys.executable, "-B", program, *sys.argv[1:]]
    return subprocess.run(arguments, env={**os.environ, INSIDE: "1"}, check=False).returncode


class Network:
    """The addresses of this namespace, its names, and the listeners on what nobody may reach."""

    def __init__(self, folder):
        self.hosts = folder / "hosts"
        self.met = []
        self.listeners = []
        for command in ("link set lo up", *(f"addr add {address}/32 dev lo" for address in self.v4()),
                        *(f"-6 addr add {address}/128 dev lo nodad" for address in self.v6())):
            subprocess.run(["ip", *command.split()], check=True, capture_output=True)
        self.resolve(NAMES)
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        for name in ("hosts", "resolv.conf"):
            subprocess.run(["mount", "--bind", str(folder / name), f"/etc/{name}"], check=True)
        for address, port in FORBIDDEN:
            self.listen(address, port)

    @staticmethod
    def v4():
        return [GRAPH, STORE, *sorted({a for a, _ in FORBIDDEN if ":" not in a and not a.startswith("127.") and a not in (GRAPH, STORE)})]

    @staticmethod
    def v6():
        return sorted({a for a, _ in FORBIDDEN if ":" in a and a != "::1"})

    def resolve(self, names):
        # In place: what is mounted is the file, not its name.
        with open(self.hosts, "w", encoding="ascii") as stream:
            stream.write("127.0.0.1 localhost\n" + "".join(f"{a} {name}\n" for name, addresses in names.items() for a in addresses))

    def listen(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, port), family=family)
        self.listeners.append(listener)

        def run():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    self.met.append((address, port))
                    connection.close()
        threading.Thread(target=run, daemon=True).start()

    def close(self):
        for listener in self.listeners:
            listener.close()
        for name in ("hosts", "resolv.conf"):
            subprocess.run(["umount", f"/etc/{name}"], check=False)


def make_certificates(folder, names=("graph.example", "*.graph.example", "elsewhere.example")):
    """A CA and a server certificate for these names."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=hostile test CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=the emulator's front")
    (folder / "names").write_text(f"subjectAltName={','.join('DNS:' + name for name in names)}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-extfile", "names", "-out", "server.pem")
    return folder / "ca.pem", folder / "server.pem", folder / "server.key"


class Front:
    """Ends TLS at a public address and passes each request on to the emulator, one connection for each; or answers it itself,
    where its first line holds a word for which `answers` has something left."""

    def __init__(self, address, backend_port, certificate, key, graph="https://graph.example"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.backend_port, self.known_as = backend_port, graph
        self.answers = []  # (word, function that writes to the client), each for one request
        self.lock = threading.Lock()
        self.listener = socket.create_server((address, 443))
        threading.Thread(target=self.accept, daemon=True).start()

    def take_answer(self, line):
        with self.lock:
            for number, (word, write) in enumerate(self.answers):
                if word.encode() in line:
                    del self.answers[number]
                    return write
        return None

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, raw):
        with contextlib.suppress(OSError, ValueError), self.context.wrap_socket(raw, server_side=True) as client:
            stream = client.makefile("rb")
            for first in iter(stream.readline, b""):
                head = [first, *iter(stream.readline, b"\r\n")]
                length = next((int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length:")), 0)
                body = stream.read(length)
                write = self.take_answer(first)
                if write is not None:
                    write(client)
                    return
                client.sendall(self.ask_backend(head, body))
                return  # with "Connection: close", as the emulator has said

    def ask_backend(self, head, body):
        """The whole answer of the emulator, with the connection closed behind it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        kept = [line for line in head if not line.lower().startswith((b"connection:", b"host:"))]
        if b"/oauth2/" in head[0]:
            # The emulator gives tokens for the address that it knows itself by, and only for that.
            body = body.replace(quoted(self.known_as), quoted(f"https://127.0.0.1:{self.backend_port}"))
            kept = [line for line in kept if not line.lower().startswith(b"content-length:")] + [b"Content-Length: %d\r\n" % len(body)]
        with socket.create_connection(("127.0.0.1", self.backend_port), 60) as raw, context.wrap_socket(raw) as backend:
            backend.sendall(b"".join(kept) + b"Host: localhost\r\nConnection: close\r\n\r\n" + body)
            answer = b"".join(iter(lambda: backend.recv(65536), b""))
        return answer

    def close(self):
        self.listener.close()


def quoted(text):
    return urllib.parse.quote(text, safe="").encode()


def answer(status, *fields, body=b""):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(data):
    return lambda client: client.sendall(data)


class Endless:
    """Writes and writes; `written` bytes went out before the other side had enough."""
    MOST = 64_000_000

    def __init__(self, beginning, piece):
        self.beginning, self.piece, self.written = beginning, piece, 0

    def __call__(self, client):
        with contextlib.suppress(OSError):
            client.sendall(self.beginning)
            while self.written < self.MOST:
                client.sendall(self.piece)
                self.written += len(self.piece)


class HostileGraph(unittest.TestCase):
    def setUp(self):
        self.folder_object = rig.Folder()
        self.addCleanup(self.folder_object.close)
        self.folder = self.folder_object.path
        self.network = Network(self.folder)
        self.addCleanup(self.network.close)
        ca, certificate, key = make_certificates(self.folder)
        # The upload URLs that it gives have the port they are served at: 443, behind the front.
        self.emulator = rig.Emulator(self.folder, BINARIES / "tests/graph_emulator/graph-emulator",
                                     options=["--upload-host", "moving.graph.example", "--upload-port", "443"])
        self.addCleanup(self.emulator.close)
        self.graph = Front(GRAPH, int(self.emulator.ports["graph"].rsplit(":", 1)[1]), certificate, key)
        self.addCleanup(self.graph.close)
        self.store = Front(STORE, 443, certificate, key)
        self.addCleanup(self.store.close)
        options = {"graph-url": "https://graph.example", "login-url": "https://graph.example", "ca-file": ca,
                   "upload-hosts": "graph.example", "allow-private-addresses": "no", "retry-initial": "200ms", "retry-max": "500ms",
                   "draft-settle": "100ms", "send-recheck": "200ms", "mailbox-messages": "0", "connect-timeout": "2s",
                   "stall-timeout": "5s", "log-level": "debug"}
        self.milter = rig.Milter(self.folder, BINARIES / "milter/graph-milter", self.emulator, options).start()
        self.addCleanup(self.milter.close)
        self.sent = 0

    def tearDown(self):
        if rig.has_failed(self):
            self.folder_object.keep()

    def take(self):
        """One mail into the queue; its subject."""
        self.sent += 1
        subject = f"hostile {self.sent}"
        client = milter_client.MilterClient(self.milter.socket)
        code, _ = client.message(mails.SENDER, [mails.RECIPIENT], mails.with_attachments(subject, [mails.pdf("a.pdf", self.sent, 3_300_000)]))
        client.close()
        self.assertEqual(code, b"d", self.milter.log_text()[-2000:])
        return subject

    def delivered(self, what):
        rig.wait_until(lambda: self.milter.child.must_run() or len(self.emulator.deliveries()) >= self.sent,
                       f"every mail is delivered in spite of: {what}", 240, pause=0.05)
        self.assertEqual(len(self.emulator.deliveries()), self.sent, what)
        self.assertEqual(self.network.met, [], f"somebody who must not be reached was: {what}")

    def test_reaches_nobody_but_graph(self):
        self.listeners_work()
        self.take()
        self.delivered("nothing: an honest Graph")
        self.upload_urls()
        self.answers_that_lead_away()
        self.answers_without_end()
        self.a_next_page_elsewhere()
        self.a_name_that_moves()
        self.assertEqual(self.emulator.violations(), [])

    def upload_urls(self):
        """The first requests for a session are answered with one URL each, whichever mails they are of."""
        self.emulator.ask("POST", "/faults", [{"match": {"operation": "create-session", "nth": number}, "action": "alter", "upload_url": url}
                                              for number, url in enumerate(UPLOAD_URLS, 1)])
        for _ in UPLOAD_URLS:
            self.take()
        self.delivered("upload URLs")
        for url, fault in zip(UPLOAD_URLS, self.emulator.ask("GET", "/faults")):
            self.assertEqual(fault["hits"], 1, url)
        self.emulator.ask("DELETE", "/faults")

    def listeners_work(self):
        for address, port in FORBIDDEN:
            socket.create_connection((address, port), 10).close()
        rig.wait_until(lambda: len(self.network.met) == len(FORBIDDEN), "every listener has seen the test itself")
        self.network.met.clear()

    def a_name_that_moves(self):
        """The name was good for every upload so far; now it leads to somewhere else."""
        self.network.resolve({**NAMES, "moving.graph.example": ["10.0.0.1"]})
        self.milter.close()  # libcurl remembers names for a minute
        self.milter.start()
        self.take()
        rig.wait_until(lambda: "moving.graph.example: its address 10.0.0.1" in self.milter.log_text(),
                       "the log names the address that was refused")
        self.assertEqual(self.network.met, [])
        self.network.resolve(NAMES)
        self.delivered("a name that moved")

    def answers_that_lead_away(self):
        places = ("http://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "https://ten.graph.example/", "https://elsewhere.example/",
                  "file:///etc/passwd", "http://store.graph.example/")
        for front, word in ((self.graph, "/messages "), (self.graph, "/createUploadSession"), (self.store, "PUT "), (self.graph, "/send "),
                            (self.graph, "/attachments?")):
            for place, status in zip(places, ("301 Moved", "302 Found", "303 See Other", "307 Again", "308 For good", "302 Found")):
                front.answers.append((word, says(answer(status, f"Location: {place}"))))
        upload = b'{"uploadUrl":"https://ten.graph.example/u","expirationDateTime":"2099-01-01T00:00:00Z","nextExpectedRanges":["0-"]}'
        self.store.answers.append(("PUT ", says(answer("200 OK", "Content-Type: application/json", "Content-Location: https://10.0.0.1/",
                                                       "Refresh: 0; url=https://10.0.0.1/", 'Alt-Svc: h2="10.0.0.1:443"', body=upload))))
        self.until_all_are_given("answers that lead away")

    def a_next_page_elsewhere(self):
        """It is no fault of the mail: it waits until Graph says something better."""
        page = b'{"value":[],"@odata.nextLink":"https://ten.graph.example/next?$skiptoken=x"}'
        self.graph.answers.append(("/attachments?", says(answer("200 OK", "Content-Type: application/json", body=page))))
        self.take()
        rig.wait_until(lambda: "the next page is said to be on another server" in self.milter.log_text(), "the log says so")
        self.delivered("a next page elsewhere")

    def until_all_are_given(self, what):
        """Mails until Graph has given every answer that it has in store."""
        while self.graph.answers or self.store.answers:
            self.assertLess(self.sent, 200, (self.graph.answers, self.store.answers))
            for _ in range(8):
                self.take()
            self.delivered(what)

    def answers_without_end(self):
        ok = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
        endless = {
            "header fields": Endless(ok, b"X-More: " + b"x" * 8000 + b"\r\n"),
            "one header field": Endless(ok + b"X-More: ", b"x" * 8000),
            "a body with a length": Endless(ok + b"Content-Length: 99999999999\r\n\r\n{\"value\":\"", b"x" * 65536),
            "a body in chunks": Endless(ok + b"Transfer-Encoding: chunked\r\n\r\n", b"2000\r\n" + b"[" * 8192 + b"\r\n"),
            "interim answers": Endless(b"", b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 900 + b"\r\n\r\n"),
        }
        self.graph.answers += [("/createUploadSession", each) for each in endless.values()]
        self.until_all_are_given("answers without end")
        for name, each in endless.items():
            self.assertLess(each.written, Endless.MOST, f"{name} without end were read without end")
        peak = next(line for line in pathlib.Path(f"/proc/{self.milter.child.process.pid}/status").read_text().splitlines() if "VmHWM" in line)
        self.assertLess(int(peak.split()[1]), 200_000, "KiB at most, however much comes")


if __name__ == "__main__":
    if INSIDE not in os.environ:
        sys.exit(in_own_network(__file__))
    unittest.main()
