# SPDX-License-Identifier: Apache-2.0
"""What is Postfix's own: the ways by which mail comes to us there, other milters beside us, several smtpds, copies that it
makes, and what config check says of its settings."""
import json
import os
import re
import signal
import smtplib
import subprocess
import unittest

import mails
import rig
from relay_test import BINARIES, WithSharedRig
from small_milter import SmallMilter

QUICK = {"retry-initial": "200ms", "retry-max": "1s", "mailbox-messages": "0"}
MAILBOXES = ("scanner@contoso.com", "app@contoso.com")
RULES = """
[rule port]
client = 127.0.0.1
daemon = ORIGINATING
from   = app@contoso.com
action = relay

[rule local]
client    = 127.0.0.1
from      = scanner@contoso.com
part-size = 2K
action    = relay
"""


def small(subject, **options):
    return mails.with_attachments(subject, [mails.pdf("scan.pdf", subject, 3_000)], **options)


class PostfixTest(WithSharedRig):
    rules, options, services = RULES, QUICK, {}

    @classmethod
    def make_rig(cls):
        return rig.Rig(BINARIES, cls.options, cls.rules, MAILBOXES, mta_services=cls.services)

    def send_to(self, port, data, recipients=(mails.RECIPIENT,), sender=mails.SENDER):
        with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
            return client.sendmail(sender, list(recipients), data)

    def delivered(self, subject):
        """The one delivery with this subject."""
        def found():
            self.rig.milter.child.must_run()
            return [d for d in self.rig.emulator.deliveries() if d["subject"] == subject]
        rig.wait_until(found, f"Graph has delivered {subject!r}")
        delivery, = found()
        return delivery

    def passed(self, subject):
        """What the MTA delivered under this subject, once."""
        def found():
            return [m for m in self.rig.sink.messages if f"\nSubject: {subject}\r".encode() in m[2]]
        rig.wait_until(found, f"the MTA has delivered {subject!r}")
        message, = found()
        return message

    def postconf(self, *arguments):
        subprocess.run(["postconf", "-c", str(self.rig.mta.etc), *arguments], check=True)


class WaysIn(PostfixTest):
    services = {
        "originating": ["milter_macro_daemon_name=ORIGINATING"],
        # Lists of macros in main.cf don't matter: we ask for those we need.
        "bare": ["milter_macro_daemon_name=ORIGINATING", "milter_connect_macros=j", "milter_mail_macros=i", "milter_rcpt_macros=i",
                 "milter_data_macros=i", "milter_end_of_data_macros=i"],
    }

    def test_mail_by_the_sendmail_command_is_relayed(self):
        """It has no SMTP client: Postfix says localhost [127.0.0.1], and nobody has logged in."""
        data = small("by sendmail(1)")
        subprocess.run(["sendmail", "-C", str(self.rig.mta.etc), "-i", "-f", mails.SENDER, mails.RECIPIENT, "hidden@fabrikam.example"],
                       input=data.replace(b"\r\n", b"\n"), check=True, env={**os.environ, "MAIL_CONFIG": str(self.rig.mta.etc)})
        self.assert_same_mail(data, self.delivered("by sendmail(1)"), [mails.RECIPIENT, "hidden@fabrikam.example"], "by sendmail(1)")
        entry = self.delivered("by sendmail(1)")["marker"].partition("/")[2]
        line, = [line for line in self.rig.milter.log_text().splitlines() if f"event=received entry={entry} " in line]
        self.assertIn(" client=127.0.0.1 ", line)
        queue_id = re.search(r" info ([0-9A-F]+): ", line)[1]
        self.assertIn(f"{queue_id}: milter-discard: END-OF-MESSAGE from localhost[127.0.0.1]", self.rig.mta.log_text())
        self.assert_no_violations()

    def test_each_smtpd_is_told_from_the_others_by_its_name(self):
        app = {"sender": "app@contoso.com"}
        for number, port in enumerate((self.rig.mta.ports["originating"], self.rig.mta.ports["bare"])):
            subject = f"by the port {number}"
            data = small(subject).replace(b"From: Scanner <scanner@", b"From: App <app@")
            self.send_to(port, data, **app)
            self.assertEqual(self.delivered(subject)["mailbox"], "app@contoso.com")
        self.send_to(self.rig.mta.port, small("by another port").replace(b"From: Scanner <scanner@", b"From: App <app@"), **app)
        self.passed("by another port")
        self.assert_no_violations()

    def test_mail_in_chunks_is_the_same_mail(self):
        """CHUNKING (RFC 3030): BDAT instead of DATA, cut anywhere."""
        data = mails.with_attachments("in chunks", [mails.pdf("scan.pdf", 1, 400_000)])
        with smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=120) as client:
            client.ehlo("client.contoso.com")
            self.assertTrue(client.has_extn("chunking"))
            client.mail(mails.SENDER)
            client.rcpt(mails.RECIPIENT)
            cuts = [0, 1, data.index(b"\r\n\r\n") + 1, 70_001, len(data)]
            for begin, end in zip(cuts, cuts[1:]):
                client.send(f"BDAT {end - begin}{' LAST' if end == len(data) else ''}\r\n".encode() + data[begin:end])
                self.assertEqual(client.getreply()[0], 250)
        self.assert_same_mail(data, self.delivered("in chunks"), [mails.RECIPIENT], "in chunks")
        self.assert_no_violations()

    def test_smtputf8_addresses_stay_with_postfix_and_utf8_headers_are_relayed(self):
        with smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=120) as client:
            client.ehlo("client.contoso.com")
            for subject, recipient in (("to somebody", "j\u00f6rg@fabrikam.example"), ("Gr\u00fc\u00dfe", mails.RECIPIENT)):
                client.mail(mails.SENDER, ["SMTPUTF8", "BODY=8BITMIME"])
                client.send(f"RCPT TO:<{recipient}>\r\n".encode())
                self.assertEqual(client.getreply()[0], 250)
                self.assertEqual(client.data(small(subject, to=recipient))[0], 250)
        sender, recipients, _ = self.passed("to somebody")
        self.assertIn("<j\u00f6rg@fabrikam.example>", recipients[0])
        self.assertIn("reason=smtputf8", self.rig.milter.log_text())
        self.assertEqual(self.delivered("Gr\u00fc\u00dfe")["recipients"], [mails.RECIPIENT])
        self.assert_no_violations()


class OtherMilters(PostfixTest):
    def setUp(self):
        super().setUp()
        run = self.rig.milter.run
        self.before = SmallMilter(run / "before.sock", add=(b"X-Scanned", b"clean"), refuse_recipient=b"refused@")
        self.refuser = SmallMilter(run / "refuser.sock", refuse=True)
        for milter in (self.before, self.refuser):
            self.addCleanup(milter.close)

    def use(self, *milters):
        self.rig.mta.set("smtpd_milters = " + ", ".join(milters))

    def test_what_comes_before_us_and_what_after(self):
        ours = self.rig.milter.mta_name
        self.use(self.before.name, ours)
        refused = self.send_to(self.rig.mta.port, small("scanned"), [mails.RECIPIENT, "refused@fabrikam.example"])
        self.assertEqual(list(refused), ["refused@fabrikam.example"])
        delivery = self.delivered("scanned")
        self.assertEqual(delivery["recipients"], [mails.RECIPIENT], "whom the filter before us refused gets nothing")
        self.assertEqual(mails.header_values(self.delivered_bytes(delivery), ["X-Scanned"])["X-Scanned"], ["clean"])

        self.use(self.refuser.name, ours)
        with self.assertRaises(smtplib.SMTPDataError) as error:
            self.send_to(self.rig.mta.port, small("refused before us"))
        self.assertEqual(error.exception.smtp_code, 550)
        self.assertEqual(self.refuser.ends, 1)

        # Behind us nobody is asked about what we take: so config check wants it the other way round.
        self.use(ours, self.refuser.name)
        self.send_to(self.rig.mta.port, small("taken before it"))
        self.delivered("taken before it")
        with self.assertRaises(smtplib.SMTPDataError):
            self.send_to(self.rig.mta.port, mails.with_attachments("left to it", []))
        self.assertEqual(self.refuser.ends, 2)
        self.assertEqual(sorted(d["subject"] for d in self.rig.emulator.deliveries()), ["scanned", "taken before it"])
        self.assertEqual(self.rig.sink.messages, [])
        self.assert_no_violations()


class Configuration(PostfixTest):
    """What graph-milterctl config check says of a Postfix that runs with contrib/postfix, and of what one may do to it."""

    options = {**QUICK, "return": "mta"}
    services = {"jail": []}

    def ctl(self, *arguments):
        done = subprocess.run([BINARIES + "/milter/graph-milterctl", "-c", str(self.rig.milter.conf), *arguments],
                              capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def check(self, *options):
        status, out, err = self.ctl("-o", f"socket={self.socket}", "config", "check", "--mta", "postfix", "--mta-config",
                                    str(self.rig.mta.etc), "--json", *options)
        report = json.loads(out)
        self.assertEqual(err, "")
        self.assertEqual(status, 78 if report["errors"] else 0)
        return [f["severity"] + ": " + f["where"] + ": " + f["what"] for f in report["findings"] if f["severity"] != "good"]

    def run_hint(self, words):
        """Runs the command of the one finding that says this."""
        _, out, _ = self.ctl("-o", f"socket={self.socket}", "config", "check", "--mta", "postfix", "--mta-config",
                             str(self.rig.mta.etc), "--json")
        hint, = [finding["hint"] for finding in json.loads(out)["findings"] if words in finding["what"]]
        subprocess.run(hint, shell=True, check=True)

    def reload_milter(self):
        lines = self.rig.milter.log_text().count(" was read again: ")
        self.rig.milter.write_configuration(self.rules)
        self.rig.milter.child.process.send_signal(signal.SIGUSR1)
        rig.wait_until(lambda: self.rig.milter.log_text().count(" was read again: ") > lines, "it has read it again")

    @property
    def socket(self):
        return self.rig.milter.mta_name

    def test_what_contrib_postfix_says_is_right_and_each_hint_mends_what_it_is_for(self):
        # A rule asks for it; the rig has its own ports.
        self.postconf("-P", f"127.0.0.1:{self.rig.mta.ports['jail']}/inet/milter_macro_daemon_name=ORIGINATING")
        self.assertEqual(self.check(), [])
        self.postconf("-e", "milter_default_action = reject", "message_size_limit = 10240000", "milter_content_timeout = 5s",
                      "milter_protocol = 2", "smtpd_milters = inet:localhost:8891")
        hurts = ("no smtpd asks", "milter_default_action", "larger mail hears", "milter_content_timeout", "milter_protocol")
        found = self.check()
        self.assertEqual([words for words in hurts if not any(words in what for what in found)], [], found)
        for words in hurts:
            self.run_hint(words)
        self.assertEqual(self.check(), [])

    def test_a_chrooted_smtpd_finds_the_socket_only_below_its_root(self):
        jail = f"127.0.0.1:{self.rig.mta.ports['jail']}/inet"
        self.postconf("-F", f"{jail}/chroot=y")
        self.rig.mta.restart()
        trap = [what for what in self.check() if "chrooted" in what]
        self.assertEqual(trap, [f"error: postfix {jail}: smtpd runs chrooted in {self.rig.mta.root}/spool, so it looks for "
                                f"{self.socket} at {self.rig.mta.root}/spool{self.rig.milter.socket}, but the socket is "
                                f"{self.rig.milter.socket}"])
        with self.assertRaises(smtplib.SMTPSenderRefused) as refused:
            self.send_to(self.rig.mta.ports["jail"], small("in jail"))
        self.assertEqual(refused.exception.smtp_code, 451)

        inside = self.rig.mta.root / "spool/graph-milter"
        inside.mkdir()
        os.link(self.rig.milter.socket, inside / "gm.sock")
        for name in ("unix:graph-milter/gm.sock", "unix:/graph-milter/gm.sock"):
            self.postconf("-P", f"{jail}/smtpd_milters={name}")
            self.rig.mta.restart()
            self.send_to(self.rig.mta.ports["jail"], small(f"in jail by {name}"))
            self.delivered(f"in jail by {name}")
        self.postconf("-F", f"{jail}/chroot=n")
        self.postconf("-PX", f"{jail}/smtpd_milters")
        self.assert_no_violations()

    def test_copies_are_not_lost_before_the_administrator_says_so(self):
        self.rig.mta.set("always_bcc = journal@contoso.com")
        self.rig.milter.options.update({"postfix-config": str(self.rig.mta.etc), "socket": self.socket})
        self.reload_milter()
        words = "Postfix makes copies (always_bcc = journal@contoso.com), which would be lost"
        self.assertEqual(self.rig.milter.log_text().count(words), 1)
        status, out, _ = self.ctl("status")
        self.assertEqual(status, 1)
        self.assertIn(f"configuration: {words}", out)
        self.assertTrue(any("always_bcc" in what and what.startswith("error: ") for what in self.check()), self.check())

        self.send_to(self.rig.mta.port, small("with a copy"))
        _, recipients, _ = self.passed("with a copy")
        self.assertEqual(sorted(r.split(" ")[0] for r in recipients), ["<alice@fabrikam.example>", "<journal@contoso.com>"])
        self.assertIn("reason=bcc-copies", self.rig.milter.log_text())

        self.rig.milter.options["bcc-copies"] = "lose"
        self.reload_milter()
        self.assertEqual(self.ctl("status")[0], 0)
        self.send_to(self.rig.mta.port, small("without a copy"))
        self.delivered("without a copy")
        self.assertEqual(len(self.rig.sink.messages), 1)
        self.assertEqual(self.rig.milter.log_text().count(words), 1)
        self.postconf("-X", "always_bcc")
        self.assert_no_violations()


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
