# SPDX-License-Identifier: Apache-2.0
"""SMTP smuggling (https://smuggling.sec-consult.com): a message that hides a second one behind something that some MTA takes
for the end of data. Whatever Postfix makes of it, a smuggled author whom no rule allows never reaches Graph."""
import email
import os
import socket
import subprocess
import unittest

import rig

BINARIES = os.environ.get("GM_BINARY_DIR", ".build/dev")
MAILBOXES = ("scanner@contoso.com", "ceo@contoso.com")
RULES = """
[rule relay]
client = 127.0.0.1
from   = scanner@contoso.com
action = relay
"""

# What an MTA may wrongly take for CR LF . CR LF; the last one is right, so that the second message is real.
ENDS = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "LF.CR": b"\n.\r",
    "CR.LF": b"\r.\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CRLF.CR": b"\r\n.\r",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "CRCRLF.CRLF": b"\r\r\n.\r\n",
    "CRLF.NULCRLF": b"\r\n.\x00\r\n",
    "CRLFNUL.CRLF": b"\r\n\x00.\r\n",
    "LFNUL.LF": b"\n\x00.\n",
    "CRLF.CRLF": b"\r\n.\r\n",
}
RIGHT = "CRLF.CRLF"


def knows_bare_newline():
    """What this Postfix can do against it."""
    known = subprocess.run(["postconf", "-d", "smtpd_forbid_bare_newline"], capture_output=True, text=True, check=False)
    return ("no", "normalize", "reject") if known.returncode == 0 and "=" in known.stdout else ("no",)


class Smuggling(unittest.TestCase):
    ACCEPTED = b"queued as"  # Postfix says so for what it keeps and for what the milter has taken from it
    FOR_THE_END = ("no LF.CRLF",)  # what this MTA takes for the end of data although it is not
    REAL = (RIGHT,)  # with which the second message is one

    def setUp(self):
        self.ways = knows_bare_newline()
        services = {way: [f"smtpd_forbid_bare_newline={way}", "smtpd_forbid_bare_newline_exclusions="] for way in self.ways}
        if len(self.ways) == 1:
            print("this Postfix knows no smtpd_forbid_bare_newline: tested without it")
            services = {"no": []}
        self.rig = rig.Rig(BINARIES, {"mailbox-messages": "0"}, RULES, MAILBOXES,
                           ["smtpd_hard_error_limit = 1000", "smtpd_forbid_unauth_pipelining = no"], mta_services=services)
        self.addCleanup(self.rig.close)

    def tearDown(self):
        if rig.has_failed(self):
            self.rig.folder_object.keep()

    @staticmethod
    def head(author, subject):
        return (f"From: {author}\r\nTo: alice@fabrikam.example\r\nSubject: {subject}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\n"
                f"Message-ID: <{subject.replace(' ', '-')}@device.example>\r\n\r\n").encode()

    def smuggle(self, way, name, end):
        """One mail of the scanner with another one in it. Returns all that Postfix said."""
        outer = self.head("scanner@contoso.com", f"outer {way} {name}") + b"Hello."
        inner = (b"MAIL FROM:<ceo@contoso.com>\r\nRCPT TO:<victim@fabrikam.example>\r\nDATA\r\n"
                 + self.head("ceo@contoso.com", f"smuggled {way} {name}") + b"Pay at once.\r\n.\r\n")
        with socket.create_connection(("127.0.0.1", self.rig.mta.ports[way]), 120) as client, client.makefile("rb") as said:
            said.readline()
            client.sendall(b"EHLO device.example\r\n")
            while said.readline()[3:4] == b"-":
                pass
            for command in (b"MAIL FROM:<scanner@contoso.com>\r\n", b"RCPT TO:<alice@fabrikam.example>\r\n", b"DATA\r\n"):
                client.sendall(command)
                self.assertIn(said.readline()[:3], (b"250", b"354"))
            client.sendall(outer + end + inner + b"QUIT\r\n")
            return said.read()

    def test_no_smuggled_author_reaches_graph(self):
        accepted = 0
        for way in self.ways:
            for name, end in ENDS.items():
                accepted += self.smuggle(way, name, end).count(self.ACCEPTED)
        rig.wait_until(lambda: len(self.rig.sink.messages) + len(self.rig.emulator.deliveries()) >= accepted,
                       "every message that was accepted is somewhere", 120)
        smuggled = [m for _, _, m in self.rig.sink.messages if email.message_from_bytes(m)["Subject"].startswith("smuggled ")]
        through = {email.message_from_bytes(m)["Subject"] for m in smuggled}
        for way in self.ways:
            for name in self.REAL:
                self.assertIn(f"smuggled {way} {name}", through, "a second message that is one was lost: nothing would be proven")
        for name in self.FOR_THE_END:
            self.assertIn(f"smuggled {name}", through, "this MTA takes it for the end of data")
        for delivery in self.rig.emulator.deliveries():
            with self.subTest(delivery["subject"]):
                self.assertEqual(delivery["mailbox"], "scanner@contoso.com")
                self.assertTrue(delivery["subject"].startswith("outer "))
                self.assertEqual(delivery["recipients"], ["alice@fabrikam.example"])
        for request in self.rig.emulator.requests():
            self.assertNotEqual(request.get("mailbox"), "ceo@contoso.com", request)
        self.assertGreater(len(self.rig.emulator.deliveries()), 0, "no mail at all was relayed: nothing would be proven")
        self.assertEqual(self.rig.emulator.violations(), [])


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
