# SPDX-License-Identifier: Apache-2.0
"""What rules do besides relaying: refuse, hold, set From, pretend."""
import json
import pathlib
import signal
import subprocess
import unittest

import mails
import rig
import relay_test

OPTIONS = {"max-message-size": "6M", "log-level": "info"}
WHO = "client = 127.0.0.1\n"
LARGE = "[rule large]\n" + WHO + "message-size = 12M\naction = reject\ncode = 5.3.4\ntext = Files of 12 MB go elsewhere\n"
DEVICES = "[rule devices]\n" + WHO + "set-from = scanner@contoso.com\npart-size = 1M\naction = relay\n"


def scan(name, size, sender=b"mfp3@corp.local"):
    data = mails.with_attachments(name, [mails.pdf("scan.pdf", 1, size)])
    return data.replace(b"From: Scanner <scanner@contoso.com>", b"From: " + sender)


class Outcomes(relay_test.WithRig):
    options, rules = OPTIONS, LARGE + DEVICES

    def reload(self, rules):
        self.rig.milter.write_configuration(rules)
        before = self.rig.milter.log_text().count("was read again")
        self.rig.milter.child.process.send_signal(signal.SIGUSR1)
        rig.wait_until(lambda: self.rig.milter.log_text().count("was read again") > before, "the new rules are in force")

    def ctl(self, *words):
        program = pathlib.Path(relay_test.BINARIES) / "milter/graph-milterctl"
        done = subprocess.run([program, "-c", self.rig.milter.conf, *words], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def one_entry(self):
        code, out, err = self.ctl("--json", "queue", "list")
        self.assertEqual(code, 0, err)
        entry, = json.loads(out)
        return entry

    def test_a_scanner_whose_from_is_no_address_of_the_tenant(self):
        written = scan("written", 2_000_000, b"MFP 3 <mfp3@corp.local>")
        missing = scan("missing", 2_000_000).replace(b"From: mfp3@corp.local\r\n", b"")
        for data in (written, missing):
            code, text = self.rig.send("mfp3@corp.local", [mails.RECIPIENT], data)
            self.assertEqual(code, 250, text)
        answers = []
        for delivery in self.rig.wait_for_deliveries(2):
            got = mails.header_values(self.delivered_bytes(delivery), ["From", "Reply-To", "Sender"])
            self.assertEqual(got["From"], ["scanner@contoso.com"])
            self.assertEqual(got["Sender"], [])
            self.assertEqual(delivery["recipients"], [mails.RECIPIENT])
            answers += got["Reply-To"]
        # A From that Postfix has added, of the envelope sender, is an old one too.
        self.assertEqual(set(answers), {"mfp3@corp.local"})
        self.assertIn(" set-from=scanner@contoso.com", self.rig.milter.log_text())
        self.assert_no_violations()

    def test_what_the_client_hears_and_what_is_held(self):
        code, text = self.rig.send(mails.SENDER, [mails.RECIPIENT], scan("too large", 10_000_000))
        self.assertEqual((code, text), (552, "5.3.4 Files of 12 MB go elsewhere"))
        self.reload(DEVICES + "otherwise = reject\n")
        code, text = self.rig.send(mails.SENDER, [mails.RECIPIENT], scan("over the limit", 5_000_000))
        self.assertEqual(code, 552)
        self.assertRegex(text, r"^5\.3\.4 Microsoft 365 can't send this mail: the message has \d+ bytes, more than "
                               r"max-message-size = 6291456$")
        self.reload(DEVICES + "otherwise = tempfail\n")
        code, text = self.rig.send(mails.SENDER, [mails.RECIPIENT], scan("over the limit", 5_000_000))
        self.assertEqual((code, text[:5]), (452, "4.3.4"))
        self.assertEqual(self.rig.sink.messages, [])
        self.hold_and_release()
        self.pretend()

    def hold_and_release(self):
        self.reload(DEVICES + "otherwise = hold\n")
        held = scan("held", 5_000_000)
        code, text = self.rig.send(mails.SENDER, [mails.RECIPIENT], held)
        self.assertEqual(code, 250, text)
        entry = self.one_entry()
        self.assertEqual(entry["state"], "held")
        self.assertRegex(entry["last_error"], r"^not relayed: too-large: the message has \d+ bytes, ")
        code, out, err = self.ctl("queue", "release", entry["id"])
        self.assertEqual(code, 1, out)
        self.assertIn("the rules in force do not relay it: too-large: ", err)
        self.rig.milter.kill()
        self.rig.milter.options["max-message-size"] = "30M"
        self.rig.milter.write_configuration(DEVICES)
        self.rig.milter.start()
        self.assertEqual(self.one_entry()["state"], "held", "a death later it is where it was")
        code, out, err = self.ctl("queue", "release", entry["id"])
        self.assertEqual(code, 0, err)
        self.assertIn("goes on by rule devices from the mailbox scanner@contoso.com, now", out)
        delivery, = self.rig.wait_for_deliveries(1)
        self.assertEqual([leaf[1:] for leaf in mails.leaves(self.delivered_bytes(delivery))],
                         [leaf[1:] for leaf in mails.leaves(held)])
        self.assert_no_violations()

    def pretend(self):
        self.reload(DEVICES + "pretend = yes\n")
        code, text = self.rig.send(mails.SENDER, [mails.RECIPIENT], scan("pretended", 2_000_000))
        self.assertEqual(code, 250, text)
        rig.wait_until(lambda: [data for _, _, data in self.rig.sink.messages if b"From: mfp3@corp.local" in data],
                       "the MTA has delivered it")
        self.assertIn("event=would-relay ", self.rig.milter.log_text())
        self.assertEqual(len(self.rig.emulator.deliveries()), 1)


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
