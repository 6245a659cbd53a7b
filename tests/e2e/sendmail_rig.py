# SPDX-License-Identifier: Apache-2.0
"""A private Sendmail beside the machine's own MTA, with the interface of rig.Postfix. Its package conflicts with Postfix's,
so contrib/install-dependencies unpacks it below .build instead of installing it. It runs in namespaces of its own: its host
name, /etc/hosts, /run and /dev/log are its own, and whatever it started ends with it.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading

import rig

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SNIPPET = SOURCE / "contrib/sendmail/graph-milter.m4"
PROGRAM = SOURCE / ".build/sendmail/usr/libexec/sendmail/sendmail"
CF_FOLDER = pathlib.Path("/usr/share/sendmail/cf")

# It ends when the test does, however that ends; and then the kernel ends all that it has started.
NAMESPACES = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--uts", "--pid", "--propagation", "private", "--fork",
              "--kill-child"]

# Sendmail believes no file below a folder that others may write, as temporary folders are: it sees its own folder here.
INSIDE = "/run/sendmail"

# $1 the rig's folder of Sendmail, $2 the folder of the milter's socket, $3 where temporary folders are, $4... the program.
START = """
set -eu
root=$1 milter=$2 temporary=$3; shift 3
# What other tests have mounted is not ours to hold.
awk -v below="$temporary/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
  while read -r place; do umount -l "$place"; done
hostname mta.contoso.com
for name in hosts resolv.conf sasldb2; do [ ! -e /etc/$name ] || mount --bind "$root/etc/$name" /etc/$name; done
mount -t tmpfs -o mode=0755 none "$root/dev"
for name in null zero full random urandom; do touch "$root/dev/$name"; mount --bind /dev/$name "$root/dev/$name"; done
touch "$root/dev/log"; mount --bind "$root/syslog" "$root/dev/log"
mount --rbind "$root/dev" /dev
mount -t tmpfs -o mode=0755 none /run
mkdir /run/graph-milter /run/sendmail
mount --bind "$milter" /run/graph-milter
mount --bind "$root" /run/sendmail
exec "$@" -bD -q5s
"""

MC = """include(`{cf}/m4/cf.m4')dnl
VERSIONID(`graph-milter tests')
OSTYPE(`debian')dnl
define(`QUEUE_DIR', `{inside}/queue')dnl
define(`ALIAS_FILE', `{inside}/etc/aliases')dnl
define(`STATUS_FILE', `{inside}/statistics')dnl
define(`confHOST_STATUS_DIRECTORY', `')dnl
define(`confDEAD_LETTER_DROP', `{inside}/dead.letter')dnl
define(`confPID_FILE', `{inside}/pid')dnl
define(`confCW_FILE', `-o {inside}/none')dnl
define(`confCT_FILE', `-o {inside}/none')dnl
define(`confCR_FILE', `-o {inside}/none')dnl
define(`confDOMAIN_NAME', `mta.contoso.com')dnl
define(`confTO_IDENT', `0')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confQUEUE_LA', `10000')dnl
define(`confREFUSE_LA', `10000')dnl
define(`confDELAY_LA', `0')dnl
define(`confMILTER_LOG_LEVEL', `14')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confMIN_FREE_BLOCKS', `0')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
RELAY_DOMAIN(`127')dnl
{daemons}define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {sink_port}')dnl
{filter}{settings}MAILER(`local')dnl
MAILER(`smtp')dnl
"""


class Syslog(threading.Thread):
    """What a program says to /dev/log, line by line, in a file."""

    def __init__(self, path, log):
        super().__init__(daemon=True)
        self.log = log
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.start()

    def run(self):
        with open(self.log, "ab", buffering=0) as stream:
            while True:
                data = self.socket.recv(65536)
                if data == b"":
                    return
                stream.write(data.partition(b">")[2].rstrip(b"\0\n") + b"\n")

    def close(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as last:
            last.sendto(b"", self.socket.getsockname())
        self.join()
        self.socket.close()


class Sendmail:
    """See rig.Postfix. `settings` are lines of the .mc file; `services` more daemons: a name, by which `ports` knows them,
    and what DAEMON_OPTIONS says of them. `changes`: [(old, new)] in contrib's lines; `logins`: {name: password};
    `aliases`: {local name: addresses}."""

    NAME = "Sendmail"
    SOCKET = "graph-milter.sock"

    def __init__(self, folder, milter, sink_port, port=None, settings=(), plain_port=None, services=None, changes=(),
                 logins=None, aliases=None):
        if os.geteuid() != 0:
            raise rig.RigError("a private Sendmail needs root")
        self.root = folder / "sendmail"
        self.port = port or rig.free_port()
        self.plain_port = plain_port
        self.ports, self.services = {}, services or {}
        for name in self.services:
            self.ports[name] = rig.free_port(max([self.port, plain_port or 0, *self.ports.values()]) + 1)
        self.milter = pathlib.Path(milter.removeprefix("unix:")) if milter else None
        if self.milter and self.milter.name != self.SOCKET:
            raise rig.RigError(f"the socket of contrib/sendmail is called {self.SOCKET}, not {self.milter.name}")
        self.cf, self.log = self.root / "sendmail.cf", self.root / "maillog"
        for name in ("etc", "dev", "no-milter"):
            (self.root / name).mkdir(parents=True)
        (self.root / "queue").mkdir(mode=0o700)
        (self.root / "etc/hosts").write_text("127.0.0.1 mta.contoso.com localhost\n")
        (self.root / "etc/resolv.conf").write_text("")
        (self.root / "statistics").touch()
        self.write_map("aliases", {"@": "@", "postmaster": "root", **(aliases or {})})
        self.snippet = SNIPPET if not changes else self.change_snippet(changes)
        self.write_logins(logins or {})
        self.write_configuration(sink_port, settings)
        self.syslog, self.child = None, None

    def change_snippet(self, changes):
        text = SNIPPET.read_text()
        for old, new in changes:
            if old not in text:
                raise rig.RigError(f"{SNIPPET} does not say {old!r}")
            text = text.replace(old, new)
        changed = self.root / "changed.m4"
        changed.write_text(text)
        return changed

    def write_map(self, name, entries):
        text = "".join(f"{key}\t{value}\n" for key, value in entries.items())
        subprocess.run([PROGRAM.with_name("makemap"), "-C", "/dev/null", "-N", "hash", self.root / "etc" / name], input=text, text=True,
                       check=True, capture_output=True)

    def write_logins(self, logins):
        database = self.root / "etc/sasldb2"
        for name, password in logins.items():
            user, _, realm = name.partition("@")
            subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u", realm or "mta.contoso.com", user], input=password,
                           text=True, check=True)
        database.touch(mode=0o600)
        database.chmod(0o600)

    def write_configuration(self, sink_port, settings):
        daemons = self.daemon("MTA", self.port, [])
        if self.plain_port:
            daemons += self.daemon("REINJECT", self.plain_port, ["InputMailFilters="])
        for name, port in self.ports.items():
            daemons += self.daemon(name, port, self.services[name])
        text = MC.format(cf=CF_FOLDER, inside=INSIDE, sink_port=sink_port, daemons=daemons,
                         filter=f"include(`{self.snippet}')dnl\n" if self.milter else "",
                         settings="".join(f"{line}\n" for line in settings))
        mc = self.root / "sendmail.mc"
        mc.write_text(text)
        done = subprocess.run(["m4", f"-D_CF_DIR_={CF_FOLDER}/", mc], capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            raise rig.RigError(f"m4 {mc}: {done.stderr}")
        self.cf.write_text(done.stdout)

    @staticmethod
    def daemon(name, port, options):
        return f"DAEMON_OPTIONS(`{', '.join([f'Name={name}, Family=inet, Addr=127.0.0.1, Port={port}', *options])}')dnl\n"

    def command(self):
        socket_folder = self.milter.parent if self.milter else self.root / "no-milter"
        return [*NAMESPACES, "sh", "-c", START, "sh", str(self.root), str(socket_folder), tempfile.gettempdir(), str(PROGRAM),
                f"-C{INSIDE}/{self.cf.name}"]

    def start(self):
        if not self.syslog:
            self.syslog = Syslog(self.root / "syslog", self.log)
        self.child = rig.Child(self.command(), self.root / "output")
        rig.wait_until(self.answers, f"Sendmail listens on port {self.port}")
        return self

    def answers(self):
        self.child.must_run()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @staticmethod
    def queue_id(reply):
        return reply.partition("2.0.0 ")[2].split()[0]

    def queue_is_empty(self):
        return not any((self.root / "queue").iterdir())

    def processes(self):
        """{pid: name} of all that runs in its namespaces."""
        with contextlib.suppress(OSError):
            space = os.readlink(f"/proc/{self.child.process.pid}/ns/pid_for_children")
            return dict(found for entry in pathlib.Path("/proc").iterdir() for found in self.look(entry, space))
        return {}

    @staticmethod
    def look(entry, space):
        with contextlib.suppress(OSError, ValueError):
            pid = int(entry.name)
            if os.readlink(entry / "ns/pid") == space:
                yield pid, (entry / "stat").read_text().partition(" (")[2].rpartition(") ")[0]

    def signal(self, number, *names):
        for pid, name in self.processes().items():
            if not names or name in names:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def kill(self):
        """As a power switch would: nobody finishes anything."""
        pids = self.processes()
        self.signal(signal.SIGKILL)
        self.child.process.wait()
        rig.wait_until(lambda: not any(rig.running(pid) for pid in pids), "Sendmail's processes are gone")

    def close(self):
        if self.child and self.child.process.poll() is None:
            self.kill()
        if self.syslog:
            self.syslog.close()
            self.syslog = None


def skip_without_sendmail():
    """The exit status that CTest counts as skipped, said aloud."""
    rig.skip_without_root()
    for path in (PROGRAM, CF_FOLDER, shutil.which("m4")):
        if not path or not pathlib.Path(path).exists():
            print(f"SKIPPED: {path or 'm4'} is missing; contrib/install-dependencies brings Sendmail")
            sys.exit(77)
    refused = subprocess.run([*NAMESPACES, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    if refused.returncode != 0:
        print(f"SKIPPED: this machine gives us no namespaces for a private Sendmail: {refused.stderr.strip()}")
        sys.exit(77)
