# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of an upload and in the middle of a send: after a restart the mail is delivered once, whole."""
import os
import unittest

import mails
import rig
from relay_test import WithRig


class KilledInMidUpload(WithRig):
    options = {"max-message-size": "100M"}

    def test_the_upload_goes_on_where_it_stood(self):
        self.rig.emulator.ask("POST", "/think", {"range_ms": 400})
        sent = mails.with_attachments("killed in mid-upload", [mails.pdf("scan.pdf", 1, 40_000_000)])
        self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], sent)[0], 250)
        rig.wait_until(lambda: self.ranges() >= 3, "three ranges have gone up")
        self.rig.milter.kill()
        before = self.ranges()
        self.assertLess(before, 11, "the upload was over before the kill")
        self.rig.emulator.ask("POST", "/think", {"range_ms": 0})
        self.rig.milter.start()
        delivery, = self.rig.wait_for_deliveries(1)
        self.assert_same_mail(sent, delivery, [mails.RECIPIENT], "killed in mid-upload")
        self.assertLessEqual(self.ranges(), 11 + 1, "what the server already had was sent again")
        self.assert_no_violations()

    def ranges(self):
        return sum(1 for request in self.rig.emulator.requests() if request["operation"] == "put-range" and request["status"] in (200, 201))


class KilledInMidSend(WithRig):
    options = {"send-recheck": "200ms", "retry-initial": "200ms", "retry-max": "1s"}

    def killed_at_send(self, fault):
        self.rig.emulator.ask("POST", "/faults", [{"match": {"operation": "send"}, **fault}])
        sent = mails.with_attachments("killed in mid-send", [mails.pdf("scan.pdf", 1, 4_000_000)])
        self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], sent)[0], 250)
        rig.wait_until(lambda: any(r["operation"] == "send" for r in self.rig.emulator.requests())
                       or self.rig.emulator.ask("GET", "/stats")["held"], "send was asked for")
        self.rig.milter.kill()
        self.rig.emulator.ask("POST", "/release")
        self.rig.milter.start()
        return sent

    def test_a_send_that_took_effect_is_not_repeated(self):
        sent = self.killed_at_send({"action": "hold", "effect": True})
        delivery, = self.rig.wait_for_deliveries(1)
        rig.wait_until(lambda: "event=sent " in self.rig.milter.log_text(), "the milter knows that it was sent")
        self.assertEqual(len(self.rig.emulator.deliveries()), 1)
        self.assert_same_mail(sent, delivery, [mails.RECIPIENT], "sent before the kill")
        self.assert_no_violations()

    def test_a_send_that_took_no_effect_is_done_once(self):
        sent = self.killed_at_send({"action": "drop-before"})
        delivery, = self.rig.wait_for_deliveries(1)
        rig.wait_until(lambda: "event=sent " in self.rig.milter.log_text(), "the milter knows that it was sent")
        self.assertEqual(len(self.rig.emulator.deliveries()), 1)
        self.assert_same_mail(sent, delivery, [mails.RECIPIENT], "sent after the kill")
        self.assert_no_violations()


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
