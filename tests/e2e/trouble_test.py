# SPDX-License-Identifier: Apache-2.0
"""What can be wrong on the way to Graph: the client has its 250, the mail is kept, and the log says what to do."""
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

    def test_mail_for_a_mailbox_that_graph_does_not_know_is_kept(self):
        data = LARGE.replace(b"scanner@contoso.com", b"ghost@contoso.com")
        self.assertEqual(self.rig.send("ghost@contoso.com", [mails.RECIPIENT], data)[0], 250)
        rig.wait_until(lambda: "ErrorInvalidUser" in self.rig.milter.log_text(), "the log names Graph's code")
        self.assertEqual(self.rig.emulator.deliveries(), [])
        self.rig.milter.child.must_run()
        kept = list(self.rig.milter.spool.glob("messages/*/*.msg"))
        self.assertEqual(len(kept), 1)


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
