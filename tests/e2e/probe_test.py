# SPDX-License-Identifier: Apache-2.0
"""graph-milterctl probe, the real program, asks the emulator over TLS and keeps what it has found out."""
import json
import os
import pathlib
import subprocess
import unittest

import rig

BINARIES = pathlib.Path(os.environ.get("GM_BINARY_DIR", ".build/dev"))
QUESTIONS = ["mime-draft", "json-draft", "session-floor", "ask-position", "immutable-id", "session-type", "session-inline", "names",
             "date", "message-id", "ranges-are-counted", "empty-file", "equal-names"]


class Probe(unittest.TestCase):
    def setUp(self):
        self.folder = rig.Folder()
        self.addCleanup(self.folder.close)
        self.emulator = rig.Emulator(self.folder.path, BINARIES / "tests/graph_emulator/graph-emulator")
        self.addCleanup(self.emulator.close)
        self.spool = self.folder.path / "spool"
        self.spool.mkdir()
        self.conf = self.folder.path / "graph-milter.conf"
        options = {**self.emulator.endpoint_options(), "spool-directory": self.spool}
        self.conf.write_text(rig.configuration(self.emulator.secret_file, options))

    def ctl(self, *arguments):
        return subprocess.run([BINARIES / "milter/graph-milterctl", "-c", self.conf, *arguments], capture_output=True,
                              text=True, timeout=280)

    def explain(self):
        mail = self.folder.path / "scan.eml"
        mail.write_bytes(b"From: scanner@contoso.com\r\nTo: alice@example.org\r\nSubject: Scan\r\nMIME-Version: 1.0\r\n"
                         b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
                         b"See attachment.\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: "
                         b"attachment; filename=a.pdf\r\n\r\n" + b"PDF PDF PDF PDF\r\n" * 200_000 + b"--b--\r\n")
        done = self.ctl("explain", mail)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_answers_both_ways_and_keeps_the_last_result(self):
        done = self.ctl("probe", "scanner@contoso.com", "--to", "alice@example.org", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        report = json.loads(done.stdout)
        answers = {each["question"]: each["answer"] for each in report["findings"]}
        self.assertEqual(list(answers), QUESTIONS)
        self.assertEqual(answers["mime-draft"], "yes")
        self.assertEqual(answers["ask-position"], "no")
        self.assertEqual(report["sessionFloor"], 3_000_000)
        self.assertEqual(json.loads((self.spool / "probe.json").read_text()), report)
        self.assertEqual((self.spool / "probe.json").stat().st_mode & 0o777, 0o644)
        self.assertIn(" bytes of MIME, ", self.explain())
        self.assertEqual(answers["json-draft"], "yes")
        deliveries = self.emulator.deliveries()
        self.assertEqual([each["recipients"] for each in deliveries], [["alice@example.org"]] * 2)
        mailbox, = [each for each in self.emulator.ask("GET", "/mailboxes") if each["address"] == "scanner@contoso.com"]
        self.assertEqual([each["folder"] for each in mailbox["messages"]], ["deleteditems"] * 2)
        self.assertEqual(self.emulator.violations(), [])

        self.emulator.ask("POST", "/switches", {"mime_after_addition": "rebuilt", "session_floor": 0,
                                                "ask_position_status": 200, "mapi_fields_kept": False})
        done = self.ctl("probe", "scanner@contoso.com", "--to", "alice@example.org")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("\nno       Does a MIME draft keep its header", done.stdout)
        self.assertIn("         set draft = json\n", done.stdout)
        self.assertIn("         lost: In-Reply-To, References, Sensitivity\n         nothing to set\n", done.stdout)
        self.assertIn("\nyes      Does an upload URL say how far a file has come (GET)?", done.stdout)
        self.assertEqual(json.loads((self.spool / "probe.json").read_text())["sessionFloor"], 1)
        self.assertIn("  draft: JSON, ", self.explain(), "auto does what the probe found out")
        self.assertEqual(self.emulator.violations(), [])

    def test_says_what_is_wrong_and_keeps_nothing(self):
        done = self.ctl("probe", "scanner")
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stderr, 'graph-milterctl: MAILBOX: "scanner" is not an address (write for instance '
                                      'scanner@contoso.com)\n')
        done = self.ctl("probe", "nobody@contoso.com")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ErrorInvalidUser", done.stderr)
        self.assertEqual(list(self.spool.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
