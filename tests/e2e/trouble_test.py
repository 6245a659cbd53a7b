# SPDX-License-Identifier: Apache-2.0
"""What can be wrong on the way to Graph: the client has its 250, the mail is kept, and the log says what to do."""
import re
import unittest

import mails
import rig
from relay_test import WithRig

QUICK = {"retry-initial": "200ms", "retry-max": "500ms"}
LARGE = mails.with_attachments("trouble", [mails.pdf("scan.pdf", 1, 4_000_000)])


class GraphUnreachable(WithRig):
    options = {**QUICK, "graph-url": "https://localhost:1"}

    def test_mail_waits_and_goes_out_when_graph_is_back(self):
        self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], LARGE)[0], 250)
        rig.wait_until(lambda: "event=deferred " in self.rig.milter.log_text(), "the log says deferred")
        self.rig.milter.close()
        self.rig.milter.options.update(self.rig.emulator.endpoint_options())
        self.rig.milter.write_configuration(rig.SCANNER_RULE)
        self.rig.milter.start()
        delivery, = self.rig.wait_for_deliveries(1)
        self.assert_same_mail(LARGE, delivery, [mails.RECIPIENT], "after the outage")
        self.assert_no_violations()


class WrongSecret(WithRig):
    options = QUICK

    def test_mail_waits_until_the_secret_is_right(self):
        self.rig.milter.secret_file.write_text("wrong\n")
        self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], LARGE)[0], 250)
        rig.wait_until(lambda: "7000215" in self.rig.milter.log_text(), "the log names the AADSTS code")
        self.assertNotIn("wrong\n", self.rig.milter.log_text())
        self.assertEqual(self.rig.emulator.deliveries(), [])
        self.rig.milter.secret_file.write_text(rig.CLIENT_SECRET)
        delivery, = self.rig.wait_for_deliveries(1)
        self.assert_same_mail(LARGE, delivery, [mails.RECIPIENT], "after the secret was mended")


class UnknownMailbox(WithRig):
    options = QUICK
    rules = rig.SCANNER_RULE.replace("scanner@contoso.com", "@contoso.com")

    def test_mail_of_a_mailbox_that_graph_does_not_know_is_returned(self):
        data = LARGE.replace(b"scanner@contoso.com", b"ghost@contoso.com")
        self.assertEqual(self.rig.send("ghost@contoso.com", [mails.RECIPIENT], data)[0], 250)
        rig.wait_until(lambda: "event=returned" in self.rig.milter.log_text(), "the sender is told")
        returned, = re.findall("event=returned.*", self.rig.milter.log_text())
        self.assertRegex(returned, r"told=1 dsn=5\.2\.0 reason=\"404 ErrorInvalidUser: ")
        self.assertEqual(self.rig.emulator.deliveries(), [])
        self.rig.milter.child.must_run()
        rig.wait_until(lambda: not list(self.rig.milter.spool.glob("messages/*/*.msg")), "its file is gone")


class StrangeAnswers(WithRig):
    """Over real TLS and real sockets: whatever Graph says, nothing is followed, nothing breaks, each mail arrives once."""

    options = {**QUICK, "draft-settle": "100ms", "send-recheck": "200ms", "mailbox-messages": "0"}
    PAGE = "<!DOCTYPE html><html><body>Our service is taking a break</body></html>"
    HUGE = '{"value":"' + "x" * 2_000_000 + '"}'
    DEEP = "[" * 100_000 + "]" * 100_000
    URLS = ["http://localhost/upload", "https://elsewhere.example/upload?token=1", "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/upload", "https://user@localhost/upload", "https://localhost.evil.example/upload", "nonsense"]
    OPERATIONS = ["create-draft", "create-session", "put-range", "get-message", "send"]

    def faults(self):
        for url in self.URLS:
            yield f"upload URL {url}", {"match": {"operation": "create-session"}, "action": "alter", "upload_url": url}
        for operation in self.OPERATIONS:
            for name, fault in (("page", {"status": 200, "body": self.PAGE}), ("page after it", {"status": 200, "body": self.PAGE, "effect": True}),
                                ("huge", {"status": 200, "body": self.HUGE, "effect": True}),
                                ("deep", {"status": 201, "body": self.DEEP, "effect": True}),
                                ("redirect", {"status": 302}), ("half an answer", None), ("200", None)):
                if name == "half an answer":
                    fault = {"action": "truncate"}
                elif name == "200":
                    fault = {"action": "alter", "status": 200}
                yield f"{name} at {operation}", {"match": {"operation": operation}, "action": "status", **fault}

    def test_each_mail_arrives_once_and_whole(self):
        sent = {}
        for number, (name, fault) in enumerate(self.faults()):
            subject = f"strange answers {number}"
            sent[subject] = mails.with_attachments(subject, [mails.pdf("scan.pdf", 1, 4_000_000)])
            self.rig.emulator.ask("POST", "/faults", [fault])
            self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], sent[subject])[0], 250)
            rig.wait_until(lambda: len(self.rig.emulator.deliveries()) >= len(sent), f"the mail is delivered in spite of: {name}")
            hit, = self.rig.emulator.ask("GET", "/faults")
            self.assertEqual(hit["hits"], 1, name)
            self.rig.emulator.ask("DELETE", "/faults")
        rig.wait_until(lambda: not list(self.rig.milter.spool.glob("messages/*/*.msg")), "the spool is empty")
        deliveries = self.rig.emulator.deliveries()
        self.assertEqual(sorted(d["subject"] for d in deliveries), sorted(sent))
        for delivery in deliveries:
            self.assert_same_mail(sent[delivery["subject"]], delivery, [mails.RECIPIENT], delivery["subject"])
        self.assert_no_violations()


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
