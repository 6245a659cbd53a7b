# SPDX-License-Identifier: Apache-2.0
"""Mail that a rule takes arrives through Graph as it was sent; mail that it doesn't goes on through the MTA untouched."""
import email.utils
import hashlib
import os
import smtplib
import unittest

import mails
import rig

BINARIES = os.environ.get("GM_BINARY_DIR", ".build/dev")
EVERYTHING = """
[rule everything]
client = 127.0.0.1
from   = scanner@contoso.com
action = relay
"""
KEPT_HEADERS = ("From", "To", "Cc", "Subject", "In-Reply-To", "References")


class WithRig(unittest.TestCase):
    options, rules, emulator_options = {}, rig.SCANNER_RULE, ()
    mta, mta_settings, mta_services = rig.Postfix, (), None

    def setUp(self):
        self.rig = rig.Rig(BINARIES, self.options, self.rules, emulator_options=self.emulator_options, mta=self.mta,
                           mta_settings=self.mta_settings, mta_services=self.mta_services)
        self.addCleanup(self.rig.close)

    def tearDown(self):
        if rig.has_failed(self):
            self.rig.folder_object.keep()

    def assert_no_violations(self):
        self.assertEqual(self.rig.emulator.violations(), [])

    def delivered_bytes(self, delivery):
        with open(delivery["file"], "rb") as stream:
            return stream.read()

    def assert_same_mail(self, sent, delivery, recipients, label):
        """Every leaf, every recipient, every header that matters."""
        got = self.delivered_bytes(delivery)
        self.assertEqual(sorted(leaf[1:] for leaf in mails.leaves(got)), sorted(leaf[1:] for leaf in mails.leaves(sent)), label)
        by_content = {leaf[1:]: leaf[0] for leaf in mails.leaves(sent)}
        for kind, name, digest in mails.leaves(got):
            self.assertIn((name, digest), by_content, f"{label}: {kind} {name!r} was never sent")
            if not any(part["name"] == name and part["origin"] == "session" for part in delivery["parts"]):
                self.assertEqual(kind, by_content[(name, digest)], label)
        self.assertEqual(len(mails.leaves(got)), len(mails.leaves(sent)), label)
        self.assertEqual(sorted(delivery["recipients"]), sorted(recipients), label)
        before, after = mails.header_values(sent, KEPT_HEADERS), mails.header_values(got, KEPT_HEADERS)
        if not before["To"] and not before["Cc"]:
            before.pop("To"), after.pop("To")
        self.assertEqual(after, before, label)
        self.assertEqual(mails.header_values(got, ["Bcc"])["Bcc"], [], label)


class WithSharedRig(WithRig):
    """One rig for all tests of the class, none of which minds what the others have sent."""

    @classmethod
    def make_rig(cls):
        return rig.Rig(BINARIES, cls.options, cls.rules, emulator_options=cls.emulator_options, mta=cls.mta)

    @classmethod
    def setUpClass(cls):
        cls.rig = cls.make_rig()
        cls.addClassCleanup(cls.rig.close)

    def setUp(self):
        pass


class FirstMail(WithRig):
    def test_a_twenty_megabyte_mail_arrives_byte_for_byte(self):
        sent = mails.with_attachments("twenty megabytes", [mails.pdf("scan.pdf", 1, 14_000_000), mails.pdf("plan.pdf", 2, 6_000_000)])
        code, text = self.rig.send(mails.SENDER, [mails.RECIPIENT], sent)
        self.assertEqual(code, 250, text)
        delivery, = self.rig.wait_for_deliveries(1)
        self.assert_same_mail(sent, delivery, [mails.RECIPIENT], "twenty megabytes")
        self.assertEqual(self.rig.sink.messages, [], "the MTA delivered what Graph delivered")
        self.assert_no_violations()
        for event in ("received", "planned", "drafted", "uploaded", "sent"):
            self.assertIn(f"event={event} ", self.rig.milter.log_text())
        sent_line, = [line for line in self.rig.milter.log_text().splitlines() if "event=sent " in line]
        for key in ("entry=", "message-id=", "mailbox=", "nrcpt=", "to=", "size=", "parts=", "rule=", "delay=", "status=202", "request-id="):
            self.assertIn(key, sent_line)


class FiftyMails(WithRig):
    rules = EVERYTHING

    def test_fifty_different_mails_arrive_part_by_part(self):
        sent = mails.fifty()
        for name, data in sent:
            code, text = self.rig.send(mails.SENDER, mails.envelope_recipients(data), data)
            self.assertEqual(code, 250, f"{name}: {text}")
        rig.wait_until(lambda: len(self.rig.emulator.deliveries()) + len(self.rig.sink.messages) >= len(sent),
                       "all fifty are somewhere", 240)
        self.assertEqual([data.split(b"Subject: ", 1)[1][:40] for _, _, data in self.rig.sink.messages], [],
                         "passed instead of relayed:\n" + self.rig.milter.log_text())
        deliveries = self.rig.emulator.deliveries()
        self.assertEqual(len(deliveries), len(sent))
        by_subject = {}
        for delivery in deliveries:
            subject, = mails.header_values(self.delivered_bytes(delivery), ["Subject"])["Subject"]
            by_subject[subject] = delivery
        for name, data in sent:
            with self.subTest(name):
                subject, = mails.header_values(data, ["Subject"])["Subject"]
                self.assert_same_mail(data, by_subject[subject], mails.envelope_recipients(data), name)
        self.assert_no_violations()


class WithPassing(WithRig):
    def passed(self, count):
        rig.wait_until(lambda: len(self.rig.sink.messages) >= count, f"the MTA has delivered {count}")
        return self.rig.sink.messages

    def assert_passes(self, sender, recipients, data, reason):
        before = len(self.rig.sink.messages)
        code, text = self.rig.send(sender, recipients, data)
        self.assertEqual(code, 250, text)
        _, _, got = self.passed(before + 1)[-1]
        body = data.split(b"\r\n\r\n", 1)[1]
        self.assertTrue(got.endswith(body), "the body changed on its way through")
        if reason:
            self.assertIn(reason, self.rig.milter.log_text())


class LeftAlone(WithPassing):
    def test_what_no_rule_takes_goes_on_untouched(self):
        large = mails.with_attachments("large", [mails.pdf("scan.pdf", 1, 4_000_000)])
        stranger = large.replace(b"From: Scanner <scanner@contoso.com>", b"From: Boss <boss@contoso.com>")
        self.assert_passes("boss@contoso.com", [mails.RECIPIENT], stranger, None)
        small = mails.with_attachments("small", [mails.pdf("scan.pdf", 1, 4_000)])
        self.assert_passes(mails.SENDER, [mails.RECIPIENT], small, None)
        self.assert_passes("", [mails.RECIPIENT], large, "null-sender")
        two_boundaries = large.replace(b'boundary="=_outer"', b'boundary="=_outer"; boundary="other"')
        self.assert_passes(mails.SENDER, [mails.RECIPIENT], two_boundaries, "ambiguous")
        self.assert_passes(mails.SENDER, ["bob@fabrikam.example"], large, "recipients-wider")
        signed = large.replace(b"multipart/mixed;", b"multipart/signed; protocol=\"application/pkcs7-signature\";")
        self.assert_passes(mails.SENDER, [mails.RECIPIENT], signed, "protected")
        self.assertEqual(self.rig.emulator.deliveries(), [])
        self.assertEqual(self.rig.emulator.requests(), [])


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Protected(WithPassing):
    """Signed and encrypted mail leaves Postfix with every byte that it came with."""

    def assert_passes_whole(self, data, reason):
        self.assert_passes(mails.SENDER, [mails.RECIPIENT], data, reason)
        got = self.rig.sink.messages[-1][2]
        whole = got[got.index(b"From: Scanner"):]
        self.assertEqual(digest(whole), digest(data[data.index(b"From: Scanner"):]), reason)

    def test_signed_and_encrypted_mail_passes_with_equal_digests(self):
        large = mails.with_attachments("large", [mails.pdf("scan.pdf", 1, 4_000_000)])
        for subtype, parameters, reason in (
                (b"signed", b"protocol=\"application/pkcs7-signature\"; micalg=sha-256", "reason=protected:signed"),
                (b"signed", b"protocol=\"application/pgp-signature\"; micalg=pgp-sha512", "reason=protected:pgp"),
                (b"encrypted", b"protocol=\"application/pgp-encrypted\"", "reason=protected:pgp"),
                (b"encrypted", b"protocol=\"application/x\"", "reason=protected:encrypted"),
                (b"report", b"report-type=delivery-status", "reason=protected:report")):
            self.assert_passes_whole(large.replace(b"multipart/mixed;", b"multipart/" + subtype + b"; " + parameters + b";"),
                                     reason)
        enveloped = large.replace(b"application/pdf", b"application/pkcs7-mime; smime-type=enveloped-data")
        self.assert_passes_whole(enveloped, "reason=protected:encrypted")
        armoured = large.replace(b"Please find the scan attached.\r\n", b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n")
        self.assert_passes_whole(armoured, "reason=protected:pgp")
        signed_by = b"DKIM-Signature: v=1; a=rsa-sha256; s=x; bh=a=; b=b=; d=%b\r\n"
        self.assert_passes_whole(large.replace(
            b"Subject:", signed_by % b"fabrikam.example" + b"Subject:", 1), "reason=dkim-signed")
        self.assertEqual(self.rig.emulator.requests(), [])

    def test_what_our_own_domain_signed_is_relayed_without_the_signature(self):
        large = mails.with_attachments("large", [mails.pdf("scan.pdf", 1, 4_000_000)])
        signature = b"DKIM-Signature: v=1; a=rsa-sha256; d=contoso.com; s=x;\r\n\tbh=abcdef=;\r\n\tb=ghijkl=\r\n"
        self.rig.send(mails.SENDER, [mails.RECIPIENT], signature + large)
        delivery, = self.rig.wait_for_deliveries(1)
        self.assert_same_mail(large, delivery, [mails.RECIPIENT], "signed by us")
        got = self.delivered_bytes(delivery)
        self.assertNotIn(b"DKIM-Signature", got)
        self.assertNotIn(b"abcdef", got)
        self.assert_no_violations()


class ManyOnOneConnection(WithRig):
    def test_eight_mails_on_one_connection_stay_eight(self):
        with smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=300) as client:
            for number in range(8):
                data = mails.with_attachments(f"number {number}", [mails.pdf(f"{number}.pdf", number, 3_200_000)],
                                              to=f"r{number}@fabrikam.example")
                client.sendmail(mails.SENDER, [f"r{number}@fabrikam.example", f"h{number}@fabrikam.example"], data)
                if number % 3 == 0:
                    client.rset()
        deliveries = self.rig.wait_for_deliveries(8)
        self.assertEqual(sorted(sorted(d["recipients"]) for d in deliveries),
                         [[f"h{n}@fabrikam.example", f"r{n}@fabrikam.example"] for n in range(8)])
        self.assert_no_violations()


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
