# SPDX-License-Identifier: Apache-2.0
"""What the crash rigs are built of: a World (the Graph emulator and an SMTP sink, which live long) and Runs in it (one
spool, the real graph-milter started one or more times on it, mail driven into it through the milter protocol).

    with world.Worlds(arguments.build, arguments.jobs) as worlds, worlds.borrow() as place:
        with place.run("name", [shapes.posted("name-1")]) as run:
            run.start(run.shim(at=17, do="kill"))   # or run.start(environment={"GM_FAILPOINT": "C14"})
            run.deliver()                           # every mail once; mail.answers says what was heard
            run.wait_for_the_end()                  # dead, or nothing left to do
            run.recover()                           # kill what lives, start clean, send again what was not taken, drain
            failures = run.judge()                  # ledger.py; [] is what is wanted

A run whose judge() found something, or that ended with an exception, keeps its folder: configuration, spool, logs,
trace of the calls, ledgers, and how to repeat it (`run.repeat`).

Conditions are awaited, never times: the limits in here only end a hang.
"""
import contextlib
import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import ledger  # noqa: E402
import mta  # noqa: E402
import rig  # noqa: E402
import shapes  # noqa: E402
import sink  # noqa: E402

RANGE_SIZE = 4 * 327_680
USER = "nobody:nogroup"
SKIPPED = 77
KINDS = ["open", "write", "pwrite", "fsync", "fdatasync", "sync_file_range", "rename", "link", "unlink", "ftruncate",
         "fallocate", "mkdir", "close"]
SYNCS = ("fsync", "fdatasync")

RULES = """
[rule scanners]
client    = 127.0.0.1
from      = scanner@contoso.com, tight@contoso.com
part-size = 20K
action    = relay
"""

# What a test needs to be quick. While a fault is under way nothing is swept, so that the calls of a run repeat.
OPTIONS = {
    "tenant-domains": "contoso.com",
    "upload-hosts": "localhost",
    "allow-private-addresses": "yes",
    "log-target": "stderr",
    "workers": 1,
    "range-size": RANGE_SIZE,
    "mailbox-messages": 0,
    "retry-initial": "20ms",
    "retry-max": "100ms",
    "connect-timeout": "2s",
    "stall-timeout": "5s",
    "send-recheck": "30ms",
    "send-settle": "1m",
    "draft-settle": "50ms",
    "sweep-interval": "1h",
    "abandoned-after": "1s",
    "spool-reserve": 0,
    "spool-ballast": "64K",
    "shutdown-grace": "5s",
    "hostname": "relay.contoso.com",
    "alert-to": "postmaster@contoso.com",
}
RECOVERY_OPTIONS = {"sweep-interval": "100ms"}


Trouble = rig.RigError  # the rig itself could not do its part


def wait_until(condition, what, seconds=30):
    return rig.wait_until(condition, what, seconds, pause=0.003)


def own(*paths):
    """Gives them to the user that the daemon becomes."""
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, *USER.split(":"))


def has_room(folder):
    with contextlib.suppress(OSError):
        info = os.statvfs(folder)
        return os.access(folder, os.W_OK) and info.f_bavail * info.f_frsize > 2 * 1024 ** 3
    return False


class Graph:
    """The emulator of one world and its control port."""

    def __init__(self, build, folder):
        self.emulator = rig.Emulator(folder, build / "tests/graph_emulator/graph-emulator", shapes.MAILBOXES)
        self.connection = None
        self.ask("POST", "/mailboxes", {"address": shapes.TIGHT_SENDER, "state": "enabled", "maxSendSize": shapes.TIGHT_SIZE})

    def ask(self, method, path, body=None):
        for last in (False, True):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.emulator.ports["control"].removeprefix("http://"), timeout=120)
            try:
                self.connection.request(method, path, body=None if body is None else json.dumps(body),
                                        headers={"Content-Type": "application/json"})
                answer = self.connection.getresponse()
                text = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = None
                if last:
                    raise
        if answer.status >= 300:
            raise Trouble(f"the emulator answered {answer.status} to {method} {path}: {text[:500]!r}")
        return json.loads(text) if method == "GET" else None

    def reset(self, switches):
        self.ask("POST", "/reset")
        self.ask("POST", "/switches", {"send_delay_ms": 0, **switches})

    def deliveries(self, at_least=0, timeout_ms=0):
        return self.ask("GET", f"/deliveries?at-least={at_least}&timeout-ms={timeout_ms}" if at_least else "/deliveries")

    def drafts(self):
        return [message for mailbox in self.ask("GET", "/mailboxes") for message in mailbox["messages"]
                if message["isDraft"] and message["folder"].lower() == "drafts"]


class World:
    """One emulator, one sink, one run at a time."""

    def __init__(self, build, folder):
        self.build, self.folder = pathlib.Path(build).resolve(), folder
        self.folder.mkdir(mode=0o755)
        self.daemon = self.build / "milter/graph-milter"
        self.shim = self.build / "tests/crash/fault_shim.so"
        self.graph = Graph(self.build, folder)
        self.sink = sink.Sink()
        self.known_options = self.read_known_options()
        self.template = None
        self.repeat = ""  # how the case under way is repeated
        self.watched = []  # failures noted elsewhere: a run that ends while there are some is kept

    def read_known_options(self):
        text = subprocess.run([self.daemon, "-h"], capture_output=True, text=True, check=True).stdout
        return set(re.findall(r"^ *-*([a-z]+(?:-[a-z]+)*)\b", text, re.MULTILINE))

    def old_spool(self):
        """A spool that a daemon has used before, ended in order: most runs begin on a copy of it."""
        if self.template is None:
            with self.run("template", [], spool=None) as run:
                run.start()
                run.deliver([shapes.posted("template-1")])
                run.drain()
                run.end()
                self.template = self.folder / "template-spool"
                shutil.copytree(run.spool, self.template)
        return self.template

    def run(self, name, mails, options=None, spool="old", switches=None, rules=RULES):
        """`spool`: "old", None (none yet), or a directory to be used as it is (not copied)."""
        return Run(self, name, mails, options or {}, self.old_spool() if spool == "old" else spool, switches or {}, rules)

    def close(self):
        self.sink.close()
        self.graph.emulator.close()


class Worlds:
    """As many worlds as jobs; borrow() gives one that is free. Keeps its folder when a run did."""

    def __init__(self, build, jobs, keep=False, place=None):
        # In memory where that is possible: a process that is killed loses nothing of it, and fsync costs nothing.
        place = place or ("/dev/shm" if has_room("/dev/shm") else None)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="graph-milter-crash.", dir=place))
        self.folder.chmod(0o755)
        self.keep = keep
        self.discard = False  # also what runs kept
        self.free = queue.Queue()
        self.all = []
        for number in range(jobs):
            self.all.append(World(build, self.folder / f"world-{number}"))
            self.free.put(self.all[-1])

    @contextlib.contextmanager
    def borrow(self):
        place = self.free.get()
        try:
            yield place
        finally:
            self.free.put(place)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for place in self.all:
            place.close()
        if not self.discard and (self.keep or any(any(place.folder.glob("kept-*")) for place in self.all)):
            print(f"evidence kept in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


class Daemon:
    """graph-milter in the foreground, until it ends."""

    def __init__(self, arguments, environment, log):
        self.log = log
        with open(log, "ab") as stream:
            self.process = subprocess.Popen([str(a) for a in arguments], stdout=stream, stderr=stream, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **environment})

    def ended(self):
        return self.process.poll() is not None

    def stopped(self):
        """By SIGSTOP. The child stays to be waited for."""
        with contextlib.suppress(ChildProcessError):
            found = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
            return found is not None and found.si_code == os.CLD_STOPPED
        return False

    def kill(self):
        if not self.ended():
            self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def end(self, seconds=30):
        if not self.ended():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Trouble(f"graph-milter did not end within {seconds} s of SIGTERM") from None


class Run:
    own = staticmethod(own)

    def __init__(self, place, name, mails, options, spool, switches, rules):
        self.world, self.name, self.mails = place, name, list(mails)
        self.options, self.rules = {**OPTIONS, **options}, rules
        self.folder = place.folder / re.sub(r"[^A-Za-z0-9._-]", "_", name)
        self.repeat = place.repeat
        self.kept = False
        self.daemon = None
        self.starts = 0
        self.exits = []  # what each daemon ended with
        self.expect_alerts = False
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o755)
        self.run_folder = self.folder / "run"
        self.run_folder.mkdir(mode=0o755)
        self.spool = self.folder / "spool"
        self.make_spool(spool)
        self.secret = self.folder / "client-secret"
        shutil.copy(place.graph.emulator.secret_file, self.secret)
        self.secret.chmod(0o600)
        self.socket = self.run_folder / "milter.sock"
        own(self.run_folder, self.secret)
        place.graph.reset(switches)
        place.sink.reset()

    def make_spool(self, spool):
        if spool is None:
            self.spool.mkdir(mode=0o700)
        elif pathlib.Path(spool) == self.world.template:
            shutil.copytree(spool, self.spool)
        else:
            self.spool = pathlib.Path(spool)
        own(self.spool, *self.spool.rglob("*"))

    # --- the daemon

    def write_configuration(self, more):
        emulator = self.world.graph.emulator
        options = {"tenant": rig.TENANT, "client-id": rig.CLIENT_ID, "client-secret-file": self.secret,
                   "graph-url": emulator.ports["graph"], "login-url": emulator.ports["login"], "ca-file": emulator.ports["ca"],
                   "spool-directory": self.spool, "control-socket": self.run_folder / "control.sock",
                   "mta": f"inet:{self.world.sink.port}@127.0.0.1", "postfix-config": "none", **self.options, **more}
        # An older graph-milter may be judged too; it is not to stumble over what it does not know.
        lines = [f"{name} = {value}" for name, value in options.items() if name in self.world.known_options]
        path = self.folder / f"graph-milter-{self.starts}.conf"
        path.write_text("\n".join(lines) + "\n" + self.rules)
        path.chmod(0o644)
        return path

    def start(self, shim=None, environment=None, options=None, under=()):
        """Starts the daemon (`under`: a command that runs it); True once its socket can be connected to, False if it has
        ended before."""
        self.starts += 1
        conf = self.conf = self.write_configuration(options or {})
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        arguments = [*under, self.world.daemon, "-f", "-c", conf, "-p", f"unix:{self.socket}"]
        if os.geteuid() == 0:
            arguments += ["-u", USER]
        self.daemon = Daemon(arguments, {**(shim or {}), **(environment or {})}, self.folder / f"daemon-{self.starts}.log")
        return wait_until(lambda: self.listens() or self.daemon.ended() or self.daemon.stopped(),
                          "graph-milter listens") and not self.daemon.ended()

    def listens(self):
        with contextlib.suppress(OSError), contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            probe.connect(str(self.socket))
            return True
        return False

    def start_and_wait(self, **how):
        """Until it serves: the socket is there before the queue is open."""
        self.start(**how)
        wait_until(lambda: mta.greets(self.socket) or self.daemon.ended(), "graph-milter serves")

    def shim(self, at=None, do=None, forever=False, only=(), path=None, redirect=None, clock=None, lie=None):
        """The environment that preloads the fault shim; see fault_shim.cc."""
        state = self.folder / f"shim-{self.starts + 1}.state"
        state.write_bytes(bytes(4096))
        trace = self.folder / f"shim-{self.starts + 1}.trace"
        trace.touch()
        own(state, trace)
        environment = {"LD_PRELOAD": self.world.shim, "GM_SHIM_DIR": self.spool, "GM_SHIM_STATE": state, "GM_SHIM_TRACE": trace}
        if at is not None:
            environment |= {"GM_SHIM_AT": at, "GM_SHIM_DO": do, "GM_SHIM_FOREVER": "1" if forever else "0"}
        environment |= {"GM_SHIM_ONLY": ",".join(only)} if only else {}
        environment |= {"GM_SHIM_PATH": path} if path else {}
        environment |= {"GM_SHIM_REDIRECT": redirect} if redirect else {}
        environment |= {"GM_SHIM_CLOCK": clock} if clock else {}
        environment |= {"GM_SHIM_LIE": lie} if lie else {}
        return {name: str(value) for name, value in environment.items()}

    def shim_state(self, start=None):
        """{"calls", "hits", "first": the kind that was hit first} of the latest start, or of the given one."""
        data = (self.folder / f"shim-{start or self.starts}.state").read_bytes()
        calls, hits, first = struct.unpack("=QQQ", data[:24])
        return {"calls": calls, "hits": hits, "first": KINDS[first - 1] if first else None}

    def trace(self, start=None):
        """[(number, thread, call, path)] of the counted calls."""
        text = (self.folder / f"shim-{start or self.starts}.trace").read_text()
        return [(int(words[0]), int(words[1]), words[2], words[3]) for words in (line.split(" ", 3) for line in text.splitlines())]

    def kill(self):
        self.exits.append(self.daemon.kill())

    def end(self, seconds=30):
        self.exits.append(self.daemon.end(seconds))
        return self.exits[-1]

    def log_text(self):
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("daemon-*.log")))

    def ctl(self, *words):
        """(status, output) of graph-milterctl."""
        done = subprocess.run([self.world.build / "milter/graph-milterctl", "-c", self.conf, *words], capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    # --- mail

    def deliver(self, mails=None, **how):
        """Each mail once, one after the other, as an MTA would; `how`: leave_after, deaf (mta.py)."""
        for mail in self.mails if mails is None else mails:
            mail.answers.append(mta.Mta(self.socket, f"4{mail.token[-9:].upper()}", **how).deliver(mail))

    def deliver_in_background(self, mails=None):
        thread = threading.Thread(target=self.deliver, args=(mails,), daemon=True)
        thread.start()
        return thread

    # --- conditions

    def journal_rows(self):
        """[(id, state, next attempt in ms)] of everything but tombstones; None: not to be read now."""
        path = self.spool / "journal.sqlite"
        if not path.with_name("journal.sqlite-shm").exists():
            return None  # a reader would make it, and for a moment it would be root's: a daemon that starts could not open it
        try:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)) as journal:
                return journal.execute("SELECT id, state, next_attempt FROM entry WHERE state <> 'done'").fetchall()
        except sqlite3.Error:
            return None

    def spool_files(self):
        """What of messages lies in the spool."""
        found = []
        for folder in ("incoming", "messages"):
            for path, folders, names in os.walk(self.spool / folder):
                found += [os.path.relpath(os.path.join(path, name), self.spool) for name in names]
        return found

    def is_idle(self):
        return self.nothing_waits() and len(self.spool_files()) <= len(self.journal_rows() or [])

    def nothing_waits(self):
        rows = self.journal_rows()
        return rows is not None and all(state == "held" for _, state, _ in rows)

    def wait_for_the_end(self, seconds=20, enough_hits=10, patience=1.0):
        """Until the daemon is dead or stopped, or has nothing left to do, or has met a lasting fault often enough."""
        begun = time.monotonic()
        state = self.folder / f"shim-{self.starts}.state"

        def over():
            if self.daemon.ended() or self.daemon.stopped() or self.is_idle():
                return True
            hits = self.shim_state()["hits"] if state.exists() else 0
            if time.monotonic() - begun <= patience:
                return hits >= enough_hits
            # A file whose removal failed stays until the next start.
            return hits > 1 or (hits > 0 and self.nothing_waits())
        wait_until(over, "the daemon has ended or has nothing left to do", seconds)
        return self.daemon.ended()

    def drain(self, seconds=30):
        """Until everything has an end and Drafts are empty. What is left then, judge() tells."""
        with contextlib.suppress(Trouble):
            wait_until(lambda: self.daemon.ended() or self.is_idle(), "the queue is empty", seconds)
            wait_until(lambda: self.daemon.ended() or not self.world.graph.drafts(), "no draft is left", seconds / 2)

    def recover(self, options=None, environment=None):
        """Kills what lives, starts without a fault, sends again what was not taken for certain, drains, ends."""
        if self.daemon and not self.daemon.ended():
            self.kill()
        elif self.daemon:
            self.exits.append(self.daemon.process.returncode)
        if not self.start(environment=environment, options={**RECOVERY_OPTIONS, **(options or {})}):
            return
        self.deliver([mail for mail in self.mails if not mail.answers or mail.answers[-1][0] in ("later", "unheard", "unknown")])
        self.drain()
        self.kill()

    # --- the end

    def holds_the_mta(self):
        return self.options.get("accept") == "delivered"

    def judge(self, **allowed):
        """What is wrong, in words; see ledger.judge."""
        failures = ledger.judge(self, **allowed)
        if failures:
            self.keep(failures)
        return failures

    def keep(self, failures):
        self.kept = True
        (self.folder / "failures").write_text("\n".join(failures) + f"\n\nto repeat it: {self.repeat}\n")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, _):
        if self.daemon and not self.daemon.ended():
            self.kill()
        if kind is not None:
            self.keep([f"{kind.__name__}: {value}"])
        elif self.world.watched and not self.kept:
            self.keep(self.world.watched)
        if self.kept:
            place = self.folder.with_name("kept-" + self.folder.name)
            shutil.rmtree(place, ignore_errors=True)
            self.folder.rename(place)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
