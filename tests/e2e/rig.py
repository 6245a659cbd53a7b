# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests and the quickstart are built of: a private Postfix, the Graph emulator, graph-milter, and an
SMTP sink for mail that passes. Everything listens on loopback, lives in one folder, and is gone when the rig is closed.
"""
import contextlib
import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time

TENANT = "contoso.onmicrosoft.com"
CLIENT_ID = "11111111-2222-4333-8444-555555555555"
CLIENT_SECRET = "quick~start+secret/="


class RigError(Exception):
    """Something of the rig did not do its part; the words say what."""


def wait_until(condition, what, seconds=60, pause=0.02):
    """Polls `condition` until it is true and returns its value. The limit is only there to end a hang."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise RigError(f"waited {seconds} s in vain until {what}")
        time.sleep(pause)


RESERVED = []  # abstract sockets, each with the name of a port: they are gone when the process is


def reserve(port):
    """So that tests that run at the same time don't choose the same port before they use it."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0graph-milter test port {port}")
    except OSError:
        name.close()
        return False
    RESERVED.append(name)
    return True


def free_port(first=None):
    """A port below the range from which the kernel takes client ports, so that none of ours is taken meanwhile."""
    for port in range(first or 20000 + os.getpid() % 5000, 32000):
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if reserve(port):
                return port
    raise RigError("no free port between 20000 and 32000")


class Folder:
    """The rig's folder. It stays when keep() was called (a test failed), else it goes."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="graph-milter-rig."))
        self.path.chmod(0o755)
        self.kept = False

    def keep(self):
        self.kept = True

    def close(self):
        if self.kept:
            print(f"evidence kept in {self.path}", file=sys.stderr)
        else:
            shutil.rmtree(self.path, ignore_errors=True)


class Sink(threading.Thread):
    """An SMTP server that takes everything and remembers it: where Postfix delivers what graph-milter passed."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.messages = []  # (sender, [recipients], bytes)
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rwb") as stream:
            def say(line):
                stream.write(line.encode() + b"\r\n")
                stream.flush()

            say("220 sink.test.example ESMTP")
            sender, recipients = None, []
            for line in stream:
                verb = line.strip().split(b" ")[0].upper()
                if verb == b"EHLO":
                    say("250-sink.test.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 0")
                elif verb == b"MAIL":
                    sender, recipients = line.strip()[10:].decode(), []
                    say("250 2.1.0 Ok")
                elif verb == b"RCPT":
                    recipients.append(line.strip()[8:].decode())
                    say("250 2.1.5 Ok")
                elif verb == b"DATA":
                    say("354 go on")
                    body = []
                    for data in stream:
                        if data == b".\r\n":
                            break
                        body.append(data[1:] if data.startswith(b".") else data)
                    self.messages.append((sender, recipients, b"".join(body)))
                    say("250 2.0.0 Ok")
                elif verb == b"QUIT":
                    say("221 2.0.0 Bye")
                    return
                else:
                    say("250 2.0.0 Ok")

    def close(self):
        self.socket.close()


POSTFIX_SERVICES = """
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


SNIPPETS = pathlib.Path(__file__).resolve().parents[2] / "contrib/postfix"
SNIPPET_SOCKET = "unix:/run/graph-milter/graph-milter.sock"


def snippet(name):
    """The lines of a file in contrib/postfix that are no comments."""
    lines = (SNIPPETS / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def snippet_service(port):
    """The service of contrib/postfix that listens at this port, without its name: what stands behind it, and its `-o`."""
    lines = snippet("master.cf.snippet")
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"127.0.0.1:{port} "))
    end = next((n for n in range(begin + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    return " ".join([lines[begin].split(" ", 1)[1], *(line.strip() for line in lines[begin + 1:end])])


class Postfix:
    """A private Postfix with its own queue, configuration and ports, and what contrib/postfix adds to it. Needs root, as
    Postfix itself does. Behind `plain_port` an smtpd takes mail without the milter: where originals are handed back to.
    `services` are more smtpds: a name, by which `ports` knows them, and their `-o` settings."""

    def __init__(self, folder, milter, sink_port, port=None, settings=(), plain_port=None, services=None):
        if os.geteuid() != 0:
            raise RigError("a private Postfix needs root")
        self.root = folder / "postfix"
        self.port = port or free_port()
        self.plain_port = plain_port
        self.ports, self.services = {}, services or {}
        for name in self.services:
            self.ports[name] = free_port(max([self.port, plain_port or 0, *self.ports.values()]) + 1)
        self.etc, self.log = self.root / "etc", self.root / "log" / "maillog"
        for name in ("etc", "spool", "lib", "log"):
            (self.root / name).mkdir(parents=True)
        shutil.chown(self.root / "lib", "postfix")
        self.write_configuration(milter, sink_port, settings)

    def write_configuration(self, milter, sink_port, settings):
        lines = [
            "compatibility_level = 3.6",
            f"queue_directory = {self.root}/spool",
            f"data_directory = {self.root}/lib",
            f"maillog_file = {self.log}",
            f"maillog_file_prefixes = {self.root}, /var, /dev/stdout",
            "syslog_name = postfix",
            "myhostname = mta.contoso.com",
            "myorigin = contoso.com",
            "mydestination =",
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            "mynetworks = 127.0.0.0/8",
            f"default_transport = smtp:[127.0.0.1]:{sink_port}",
            "relay_transport = $default_transport",
            "local_transport = discard:",
            "alias_maps =",
            "alias_database =",
            "local_recipient_maps =",
            "smtpd_peername_lookup = no",
            "disable_dns_lookups = yes",
            "smtpd_relay_restrictions = permit_mynetworks, reject",
            "smtpd_client_connection_rate_limit = 0",
            "smtpd_client_connection_count_limit = 0",
            "smtpd_error_sleep_time = 0",
            "in_flow_delay = 0",
            *(line.replace(SNIPPET_SOCKET, milter or "") for line in snippet("main.cf.snippet")),
            *settings,
        ]
        # Each name once, the last one counts: Postfix warns of a second, and a postlogd that warns at its start waits for itself.
        unique = {line.partition("=")[0].strip(): line for line in lines}
        (self.etc / "main.cf").write_text("\n".join(unique.values()) + "\n")
        services = f"127.0.0.1:{self.port} inet n - n - - smtpd\n"
        if self.plain_port:
            services += f"127.0.0.1:{self.plain_port} {snippet_service(10025)}\n"
        for name, port in self.ports.items():
            options = "".join(f" -o {{ {option} }}" for option in self.services[name])
            services += f"127.0.0.1:{port} inet n - n - - smtpd{options}\n"
        (self.etc / "master.cf").write_text(services + POSTFIX_SERVICES)
        if pathlib.Path("/etc/postfix/dynamicmaps.cf").exists():
            shutil.copy("/etc/postfix/dynamicmaps.cf", self.etc)
        (self.etc / "dynamicmaps.cf.d").mkdir()

    def command(self, verb):
        done = subprocess.run(["postfix", "-c", str(self.etc), verb], capture_output=True, text=True)
        if done.returncode != 0:
            raise RigError(f"postfix {verb} failed: {done.stdout}{done.stderr}{self.log_text()[-2000:]}")

    def start(self):
        self.command("check")
        self.command("start")
        wait_until(self.answers, f"Postfix listens on port {self.port}")
        return self

    def restart(self):
        """So that no process goes on with the old settings, as some do for a while after a reload."""
        self.command("stop")
        return self.start()

    def set(self, *settings):
        """Writes "name = value" into main.cf and begins anew with them."""
        subprocess.run(["postconf", "-c", str(self.etc), "-e", *settings], check=True)
        return self.restart()

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @staticmethod
    def queue_id(reply):
        """From the reply to the final dot."""
        return reply.partition("queued as ")[2].split()[0]

    def queue_is_empty(self):
        folders = [self.root / "spool" / name for name in ("maildrop", "incoming", "active", "deferred")]
        return not any(path.is_file() for folder in folders for path in folder.rglob("*"))

    def processes(self):
        """{pid: name} of the master and of all that it started."""
        master = int((self.root / "spool/pid/master.pid").read_text())
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                name, _, rest = (entry / "stat").read_text().partition(" (")[2].rpartition(") ")
                if int(entry.name) == master or int(rest.split()[1]) == master:
                    found[int(entry.name)] = name
        return found

    def signal(self, number, *names):
        """Sends it to the processes with these names, or to all."""
        for pid, name in self.processes().items():
            if not names or name in names:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def kill(self):
        """As a power switch would: nobody finishes anything."""
        pids = self.processes()
        self.signal(signal.SIGKILL)
        wait_until(lambda: not any(running(pid) for pid in pids), "Postfix's processes are gone")

    def close(self):
        with contextlib.suppress(RigError):
            self.command("stop")


def running(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    return False


class Child:
    """A program of ours as a child process with its output in a file."""

    def __init__(self, arguments, log, **options):
        self.log = pathlib.Path(log)
        self.arguments = [str(argument) for argument in arguments]
        with open(self.log, "ab") as stream:
            self.process = subprocess.Popen(self.arguments, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, **options)

    def log_text(self):
        return self.log.read_text(errors="replace")

    def must_run(self):
        if self.process.poll() is not None:
            raise RigError(f"{self.arguments[0]} ended with {self.process.returncode}:\n{self.log_text()[-4000:]}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self, seconds=60):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RigError(f"{self.arguments[0]} did not end within {seconds} s of SIGTERM") from None
        return self.process.returncode


class Emulator:
    """The Graph emulator as a loopback server; see tests/graph_emulator/README.md for its control port."""

    def __init__(self, folder, program, mailboxes=("scanner@contoso.com",), options=()):
        self.state = folder / "emulator"
        self.certificates = folder / "certificates"
        self.state.mkdir()
        self.certificates.mkdir(mode=0o755)
        self.secret_file = folder / "client-secret"
        self.secret_file.write_text(CLIENT_SECRET + "\n")
        self.secret_file.chmod(0o600)
        arguments = [program, "--state", self.state, "--cert-dir", self.certificates,
                     "--client-secret-file", self.secret_file]
        for mailbox in mailboxes:
            arguments += ["--mailbox", mailbox]
        self.child = Child(arguments + list(options), folder / "emulator.log")
        self.ports = wait_until(self.read_ports, "the emulator says its ports")

    def read_ports(self):
        self.child.must_run()
        path = self.state / "ports.json"
        return json.loads(path.read_text()) if path.exists() else None

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.ports["control"].removeprefix("http://"), timeout=120)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body),
                               headers={"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RigError(f"the emulator answered {answer.status} to {method} {path}: {text[:500]!r}")
        return json.loads(text) if method == "GET" else None

    def deliveries(self):
        return self.ask("GET", "/deliveries")

    def violations(self):
        return self.ask("GET", "/violations")

    def requests(self):
        return self.ask("GET", "/requests")

    def endpoint_options(self):
        """The options that point graph-milter at this Graph and at nothing else."""
        return {
            "graph-url": self.ports["graph"],
            "login-url": self.ports["login"],
            "ca-file": self.ports["ca"],
            "upload-hosts": "localhost",
            "allow-private-addresses": "yes",
        }

    def close(self):
        self.child.close()


SCANNER_RULE = """
[rule scanners]
client    = 127.0.0.1
from      = scanner@contoso.com
part-size = 3M
action    = relay
"""


def configuration(secret_file, options, rules=SCANNER_RULE):
    """The conf file a user with one scanner needs, plus `options`, which may name a certificate instead of the secret."""
    lines = [f"tenant             = {TENANT}",
             f"client-id          = {CLIENT_ID}",
             "tenant-domains     = contoso.com"]
    if "client-certificate-file" not in options:
        lines.insert(2, f"client-secret-file = {secret_file}")
    lines += [f"{key} = {value}" for key, value in options.items()]
    return "\n".join(lines) + "\n" + rules


class Milter:
    """graph-milter in the foreground. `options` are conf options beside the endpoint's."""

    USER, GROUP = "nobody", "postfix"

    def __init__(self, folder, program, emulator, options=None, rules=SCANNER_RULE):
        self.folder, self.program = folder, program
        self.run = folder / "run"
        self.run.mkdir(mode=0o755)
        self.spool = folder / "spool"
        self.spool.mkdir(mode=0o700)
        shutil.chown(self.run, self.USER, self.GROUP)
        shutil.chown(self.spool, self.USER, self.GROUP)
        self.secret_file = folder / "milter-secret"
        shutil.copy(emulator.secret_file, self.secret_file)
        self.secret_file.chmod(0o600)
        shutil.chown(self.secret_file, self.USER)
        self.socket = self.run / "graph-milter.sock"
        self.conf = folder / "graph-milter.conf"
        own = {
            "spool-directory": self.spool,
            "control-socket": self.run / "control.sock",
            "log-target": "stderr",
            "postfix-config": "none",
        }
        self.options = {**emulator.endpoint_options(), **own, **(options or {})}
        self.write_configuration(rules)
        self.child = None

    def write_configuration(self, rules):
        self.conf.write_text(configuration(self.secret_file, self.options, rules))
        self.conf.chmod(0o644)

    @property
    def mta_name(self):
        return f"unix:{self.socket}"

    def start(self, **environment):
        """`environment`: what it is started with beside ours, GM_FAILPOINT for instance."""
        self.child = Child([self.program, "-f", "-c", self.conf, "-p", f"unix:{self.socket}",
                            "-u", f"{self.USER}:{self.GROUP}"], self.folder / "graph-milter.log",
                           env={**os.environ, **environment})
        wait_until(self.answers, "graph-milter listens")
        return self

    def answers(self):
        self.child.must_run()
        with contextlib.suppress(OSError), contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            probe.connect(str(self.socket))
            return True
        return False

    def log_text(self):
        return self.child.log_text()

    def kill(self):
        self.child.kill()

    def close(self):
        return self.child.close() if self.child else 0


class Rig(contextlib.ExitStack):
    """An MTA in front of graph-milter in front of the emulator, and a sink for what passes."""

    def __init__(self, binaries, options=None, rules=SCANNER_RULE, mailboxes=("scanner@contoso.com",),
                 mta_settings=(), emulator_options=(), path_to_milter=None, mta_services=None, mta=Postfix):
        """`path_to_milter(folder, milter)` may put something between the MTA and the milter: it returns the name that the
        MTA is to use. `mta` is Postfix, or what has its interface."""
        super().__init__()
        binaries = pathlib.Path(binaries)
        self.folder_object = Folder()
        self.folder = self.folder_object.path
        self.callback(self.folder_object.close)
        try:
            self.emulator = Emulator(self.folder, binaries / "tests/graph_emulator/graph-emulator", mailboxes,
                                     emulator_options)
            self.callback(self.emulator.close)
            # Below the range of client ports, so that nothing takes them before the MTA does.
            port = free_port()
            plain_port = free_port(port + 10)
            ports = {"mta": f"inet:{port}@127.0.0.1", "hand-back-to": f"inet:{plain_port}@127.0.0.1"}
            self.milter = Milter(self.folder, binaries / "milter/graph-milter", self.emulator, {**ports, **(options or {})},
                                 rules).start()
            self.callback(self.milter.close)
            self.sink = Sink()
            self.callback(self.sink.close)
            name = path_to_milter(self.folder, self.milter) if path_to_milter else self.milter.mta_name
            self.mta = mta(self.folder, name, self.sink.port, port, mta_settings, plain_port, mta_services).start()
            self.callback(self.mta.close)
        except BaseException:
            self.folder_object.keep()
            self.close()
            raise

    @property
    def postfix(self):
        return self.mta

    def send(self, sender, recipients, message, options=()):
        """Sends bytes by SMTP through the MTA; returns the reply to the final dot as (code, text)."""
        with smtplib.SMTP("127.0.0.1", self.mta.port, timeout=300) as client:
            client.ehlo("client.contoso.com")
            code, text = client.mail(sender, list(options))
            if code != 250:
                return code, text.decode()
            for recipient in recipients:
                client.rcpt(recipient)
            code, text = client.data(message)
            return code, text.decode()

    def wait_for_deliveries(self, count, seconds=120):
        def enough():
            self.milter.child.must_run()
            found = self.emulator.deliveries()
            return found if len(found) >= count else None
        return wait_until(enough, f"Graph has delivered {count} messages", seconds)


def has_failed(test):
    """Whether something went wrong in this test, or in a subtest of it; for tearDown()."""
    result = test._outcome.result
    return any(getattr(case, "test_case", case) is test for case, _ in result.errors + result.failures)


def skip_without_root():
    """The exit status that CTest counts as skipped, said aloud."""
    if os.geteuid() != 0:
        print("SKIPPED: needs root for a private Postfix")
        sys.exit(77)
    try:
        pwd.getpwnam("postfix")
    except KeyError:
        print("SKIPPED: Postfix is not installed; contrib/install-dependencies installs it")
        sys.exit(77)
