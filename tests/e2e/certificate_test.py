# SPDX-License-Identifier: Apache-2.0
"""The application proves itself by a certificate that openssl has made, the pair is replaced while the daemon runs, and
graph-milterctl config check --graph proves which mailboxes the application reaches and which it does not."""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import mails
import rig
from relay_test import WithRig

BINARIES = pathlib.Path(os.environ.get("GM_BINARY_DIR", ".build/dev"))
OUTSIDE = "ceo@contoso.com"


def mail(number):
    return mails.with_attachments(f"certificate {number}", [mails.pdf("scan.pdf", number, 3_300_000)])


class CertificateInsteadOfASecret(WithRig):
    def setUp(self):
        super().setUp()
        self.milter, self.emulator = self.rig.milter, self.rig.emulator
        self.certificate = self.rig.folder / "client-certificate.pem"
        self.key = self.rig.folder / "client-key.pem"
        self.pairs = [self.make_pair(1, days=5), self.make_pair(2, days=365)]
        self.emulator.ask("POST", "/mailboxes", {"address": OUTSIDE})
        self.emulator.ask("POST", "/switches", {"certificates": [pair[0].read_text() for pair in self.pairs],
                                                "scope": [mails.SENDER]})
        self.put(*self.pairs[0])
        self.milter.close()
        self.milter.options.update({"client-certificate-file": self.certificate, "client-key-file": self.key,
                                    "outside-mailbox": OUTSIDE})
        self.milter.write_configuration(rig.SCANNER_RULE)
        self.milter.start()

    def make_pair(self, number, days):
        folder = self.rig.folder / f"pair-{number}"
        folder.mkdir(mode=0o755)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", str(days), "-subj",
                        f"/CN=graph-milter {number}", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                       check=True, capture_output=True)
        return folder / "certificate.pem", folder / "key.pem"

    def put(self, certificate=None, key=None):
        """Replaces one file or both as an administrator would: the new one beside it, then renamed."""
        for source, target, mode in ((certificate, self.certificate, 0o644), (key, self.key, 0o600)):
            if source:
                new = target.with_suffix(".new")
                shutil.copy(source, new)
                new.chmod(mode)
                shutil.chown(new, self.milter.USER)
                new.rename(target)

    def relay(self, number):
        """A mail that needs a new token."""
        self.emulator.ask("POST", "/tokens/revoke")
        self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], mail(number))[0], 250)
        delivery = self.rig.wait_for_deliveries(number)[number - 1]
        self.assert_same_mail(mail(number), delivery, [mails.RECIPIENT], f"mail {number}")

    def only(self, *numbers):
        """The token service knows these pairs from now on."""
        self.emulator.ask("POST", "/switches", {"certificates": [self.pairs[n - 1][0].read_text() for n in numbers]})

    def ctl(self, *arguments):
        return subprocess.run([BINARIES / "milter/graph-milterctl", "-c", self.milter.conf, *arguments],
                              capture_output=True, text=True, timeout=120)

    def check(self, *arguments):
        done = self.ctl("config", "check", "--graph", "--json", *arguments)
        self.assertEqual(done.stderr, "")
        findings = json.loads(done.stdout)["findings"]
        return done.returncode, [(each["severity"], each["where"], each["what"]) for each in findings]

    def test_mail_goes_out_by_it_and_by_its_successor(self):
        log = self.milter.log_text
        self.only(1)
        self.relay(1)
        rig.wait_until(lambda: f"event=scope outside={OUTSIDE} status=out-of-reach" in log(), "the daemon asks for the one outside")
        self.assertIn(f"what=\"the certificate in {self.certificate}\" when=\"ends in 4 days (", log())
        self.assertIn(f"credential: the certificate in {self.certificate} ends in 4 days (", self.ctl("status").stdout)

        # While only one of the two files is new, the pair that was read before serves.
        self.put(certificate=self.pairs[1][0])
        self.relay(2)
        self.assertIn("the pair of certificate and key read before is used: " + str(self.key) +
                      ": the private key does not belong to the certificate in " + str(self.certificate), log())

        self.put(key=self.pairs[1][1])
        self.only(2)
        self.relay(3)
        self.assertNotIn("AADSTS", log())
        self.assertIn("ends in 364 days (", self.ctl("status").stdout)
        self.assertNotIn("PRIVATE KEY", log())
        self.assertNotIn("eyJ", log())
        self.assert_no_violations()

    def test_the_check_proves_who_is_in_reach_and_who_is_not(self):
        self.put(*self.pairs[1])
        login = f"{rig.CLIENT_ID} of {rig.TENANT}"
        inside = [("good", login, "gives tokens"), ("good", mails.SENDER, "answers")]
        status, findings = self.check()
        self.assertEqual((status, findings), (0, inside + [
            ("good", OUTSIDE, "is out of the application's reach, as it must be: Graph answered 403 ErrorAccessDenied")]))
        status, findings = self.check("--outside", "")
        self.assertEqual((status, findings), (0, inside + [
            ("warning", "outside-mailbox",
             "is not set, so nothing proves that the application is limited to the mailboxes it needs")]))

        self.emulator.ask("POST", "/switches", {"scope": []})
        status, findings = self.check("--outside", OUTSIDE)
        self.assertEqual((status, findings), (78, inside + [
            ("error", OUTSIDE, "answers, though it must not: the application may use it, and so probably every mailbox of "
                               "the tenant")]))
        self.emulator.ask("POST", "/switches", {"scope": [OUTSIDE]})
        status, findings = self.check()
        self.assertEqual(status, 78)
        self.assertIn(("error", mails.SENDER,
                       "is outside the application's scope: Graph answered 403 ErrorAccessDenied"), findings)

        # The words are those of the daemon.
        self.only()
        status, findings = self.check()
        self.assertEqual((status, len(findings)), (78, 1))
        self.assertIn("AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not found.",
                      findings[0][2])
        done = self.ctl("config", "check", "--graph", "-o", f"client-key-file={self.pairs[0][1]}")
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"{self.pairs[0][1]}: the private key does not belong to the certificate in {self.certificate} "
                      "(replace one of the two: ", done.stderr)
        self.assert_no_violations()


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
