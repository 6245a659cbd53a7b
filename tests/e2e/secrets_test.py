# SPDX-License-Identifier: Apache-2.0
"""Canaries: a run with every kind of failure, after which the client secret, access tokens and the credentials in upload
URLs are looked for wherever they must not be."""
import contextlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import unittest

import mails
import rig
from relay_test import BINARIES, WithRig

SECRET = rig.CLIENT_SECRET.encode()
TOKEN = b"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9"  # how every access token of the emulator begins
UPLOAD = b"authtoken=eyJ"
ECHO = "eyJcanaryOfAnErrorText0123456789"
QUICK = {"retry-initial": "200ms", "retry-max": "500ms", "draft-settle": "100ms", "send-recheck": "200ms", "mailbox-messages": "0",
         "log-level": "debug", "return": "dsn"}


def status(operation, number, times=1, **more):
    return {"match": {"operation": operation}, "times": times, "action": "status", "status": number, **more}


class Canaries(WithRig):
    options = QUICK

    def setUp(self):
        super().setUp()
        self.ctl_output, self.proc, self.expected = b"", b"", 0

    def ctl(self, *words):
        done = subprocess.run([pathlib.Path(BINARIES) / "milter/graph-milterctl", "-c", self.rig.milter.conf, *words],
                              capture_output=True, check=False, timeout=60)
        self.ctl_output += done.stdout + done.stderr

    def look(self):
        """What others of this machine see of the process, and what the administrator is told."""
        for name in ("cmdline", "environ"):
            self.proc += pathlib.Path(f"/proc/{self.rig.milter.child.process.pid}/{name}").read_bytes()
        for words in (("status",), ("status", "--json"), ("queue", "list"), ("queue", "list", "--json"), ("config", "show"), ("config", "check")):
            self.ctl(*words)
        for entry in {line.split()[0] for line in self.run_list().splitlines()[1:] if line.split()}:
            self.ctl("queue", "show", entry)
            self.ctl("queue", "show", entry, "--json")

    def run_list(self):
        done = subprocess.run([pathlib.Path(BINARIES) / "milter/graph-milterctl", "-c", self.rig.milter.conf, "queue", "list"],
                              capture_output=True, check=False, text=True, timeout=60)
        return done.stdout

    def send(self, subject):
        data = mails.with_attachments(subject, [mails.pdf("scan.pdf", subject, 4_000_000)])
        self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], data)[0], 250)

    def with_fault(self, name, *faults):
        """A mail that meets the faults and is delivered after them."""
        self.rig.emulator.ask("POST", "/faults", list(faults))
        self.send(name)
        rig.wait_until(lambda: all(f["hits"] for f in self.rig.emulator.ask("GET", "/faults")), f"every fault is met: {name}")
        self.look()
        self.rig.emulator.ask("DELETE", "/faults")
        self.expected += 1
        self.rig.wait_for_deliveries(self.expected)

    def test_are_nowhere_to_be_found(self):
        self.rig.milter.secret_file.write_text("wrong~canary\n")
        self.send("wrong secret")
        rig.wait_until(lambda: "7000215" in self.rig.milter.log_text(), "the log names the AADSTS code")
        self.look()
        self.rig.milter.secret_file.write_text(rig.CLIENT_SECRET)
        self.expected += 1
        self.rig.wait_for_deliveries(self.expected)
        echoes = (f"Bearer {ECHO}", f"https://h.example/x?authtoken={ECHO}&a=b", f"client_secret={ECHO}", f'"access_token":"{ECHO}"')
        for number, echo in enumerate(echoes):
            self.with_fault(f"echo {number}", status("create-draft", 500, code="UnknownError", message=f"Request failed: {echo} was not taken"))
        self.with_fault("plain body", status("create-session", 502, body=f"<html>Authorization: Bearer {ECHO}</html>"))
        self.with_fault("throttled", status("put-range", 429, code="TooManyRequests", retry_after="0"))
        self.with_fault("lost range", {"match": {"operation": "put-range"}, "action": "effect-then-drop"})
        self.with_fault("lost session", status("put-range", 404, code="itemNotFound"))
        self.with_fault("foreign upload URL", {"match": {"operation": "create-session"}, "action": "alter",
                                               "upload_url": f"https://elsewhere.example/u?authtoken={ECHO}"})
        self.with_fault("garbage", {"match": {"operation": "create-session"}, "action": "garbage"})
        self.with_fault("token lost", status("create-draft", 401, code="InvalidAuthenticationToken"))
        self.with_fault("lost send", {"match": {"operation": "send"}, "action": "effect-then-drop"})
        self.returned()
        self.killed_in_mid_upload()
        self.rig.milter.close()
        self.nowhere()

    def returned(self):
        self.rig.emulator.ask("POST", "/faults", [status("send", 403, code="ErrorSendAsDenied", message=f"Denied for Bearer {ECHO}")])
        self.send("returned")
        rig.wait_until(lambda: len(self.rig.sink.messages) >= 1, "the sender was told")
        self.look()
        self.rig.emulator.ask("DELETE", "/faults")

    def killed_in_mid_upload(self):
        """As if it had crashed: no core is left, and the next start goes on."""
        self.rig.emulator.ask("POST", "/faults", [{"match": {"operation": "put-range"}, "action": "hold"}])
        self.send("killed")
        self.rig.emulator.ask("GET", "/stats?held-at-least=1&timeout-ms=60000")
        self.look()
        self.rig.milter.child.process.send_signal(signal.SIGABRT)
        self.assertEqual(self.rig.milter.child.process.wait(60), -signal.SIGABRT)
        self.rig.emulator.ask("POST", "/release")
        self.rig.emulator.ask("DELETE", "/faults")
        self.rig.milter.start()
        self.expected += 1
        self.rig.wait_for_deliveries(self.expected)
        self.look()

    def places(self):
        folder = self.rig.folder
        yield "the log", self.rig.milter.child.log.read_bytes()
        yield "graph-milterctl", self.ctl_output
        yield "/proc", self.proc
        yield "Postfix's log", self.rig.mta.log.read_bytes()
        yield "a notification", b"".join(data for _, _, data in self.rig.sink.messages)
        for path in sorted(self.rig.milter.spool.rglob("*")):
            if path.is_file():
                yield f"spool/{path.relative_to(self.rig.milter.spool)}", path.read_bytes()
        for path in [*folder.rglob("core*"), *pathlib.Path.cwd().glob("core*")]:
            if path.is_file():
                yield f"a core file, {path}", path.read_bytes()

    def cells(self):
        """All that the journal says, as SQL sees it."""
        with contextlib.closing(sqlite3.connect(self.rig.milter.spool / "journal.sqlite")) as journal:
            tables = [name for name, in journal.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            self.assertGreater(len(tables), 0)
            rows = [row for table in tables for row in journal.execute(f"SELECT * FROM {table}")]
        return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row)

    def nowhere(self):
        self.assertEqual(self.cells().count(UPLOAD), 0, "an upload URL stays in the journal after its upload")
        self.assertGreater(len(self.ctl_output), 1000)
        self.assertGreater(len(self.proc), 100)
        self.assertTrue(any(self.rig.milter.spool.rglob("journal.sqlite")))
        for place, data in self.places():
            for name, canary in (("client secret", SECRET), ("wrong client secret", b"wrong~canary"), ("access token", TOKEN),
                                 ("upload URL", UPLOAD), ("token in an error text", ECHO.encode())):
                self.assertEqual(data.count(canary), 0, f"the {name} is in {place}")
            self.assertFalse(place.startswith("a core file"), place)


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
