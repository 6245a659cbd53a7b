# SPDX-License-Identifier: Apache-2.0
"""What a real Postfix and its clients do when somebody dies between the final dot and its answer: one delivery. And the
ways in which mail that Graph refuses comes back through it."""
import email
import signal
import smtplib
import time
import unittest

import between
import mails
import rig
from relay_test import BINARIES, EVERYTHING, WithRig

QUICK = {"retry-initial": "200ms", "retry-max": "1s", "send-recheck": "200ms", "mailbox-messages": "0"}


def small(subject, **options):
    return mails.with_attachments(subject, [mails.pdf("scan.pdf", subject, 3_000)], **options)


class MtaTest(WithRig):
    options, rules = QUICK, EVERYTHING

    def log_lines(self, *words):
        return [line for line in self.rig.milter.log_text().splitlines() if all(word in line for word in words)]

    def send_through(self, port, data, recipients=(mails.RECIPIENT,)):
        with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
            client.sendmail(mails.SENDER, list(recipients), data)

    def assert_delivered_once(self, sent):
        """Each of `sent` (subject: bytes) once and whole, now and when the daemon has nothing left to do."""
        self.rig.wait_for_deliveries(len(sent))
        rig.wait_until(lambda: len(self.log_lines("event=sent ")) >= len(sent), "the daemon knows that all is sent")
        self.rig.milter.close()
        deliveries = self.rig.emulator.deliveries()
        self.assertEqual(sorted(d["subject"] for d in deliveries), sorted(sent))
        for delivery in deliveries:
            self.assert_same_mail(sent[delivery["subject"]], delivery, [mails.RECIPIENT], delivery["subject"])
        self.assertEqual(self.rig.sink.messages, [], "the MTA delivered what Graph delivered")
        self.assert_no_violations()


class ResendAfterALostAnswer(MtaTest):
    ROUNDS = 50
    LACKING = (5, 1)  # of six mails without Message-ID or Date: sent through Graph, left to the MTA

    def test_a_client_that_lost_its_250_and_sends_again_causes_one_delivery(self):
        path = between.DeafClient(self.rig.mta.port, deaf=10 ** 6)
        self.addCleanup(path.close)
        sent = {f"lost 250 number {n}": small(f"lost 250 number {n}") for n in range(self.ROUNDS)}
        for data in sent.values():
            with self.assertRaises(smtplib.SMTPServerDisconnected):
                self.send_through(path.port, data)
            self.send_through(self.rig.mta.port, data)
        self.assertEqual(path.lost, self.ROUNDS)
        self.assertEqual(len(self.log_lines("event=adopted ")), self.ROUNDS)
        self.assert_delivered_once(sent)

    def test_mails_without_message_id_or_date_are_as_many_as_were_sent(self):
        """Postfix fills in what is missing; nothing is swallowed for it. Its Date has whole seconds: only where that alone was missing, and in the same
        second, is a second mail the same as the first."""
        for fields in ({"message_id": False}, {"date": False}, {"message_id": False, "date": False}):
            data = small("twice meant", **fields)
            for _ in range(2):
                second = int(time.time())
                self.send_through(self.rig.mta.port, data)
                rig.wait_until(lambda: int(time.time()) > second, "the clock shows another second", pause=0.05)
        rig.wait_until(lambda: len(self.rig.emulator.deliveries()) + len(self.rig.sink.messages) >= 6, "all six are somewhere")
        # A Message-ID of ours with another Date could be on its way round: the MTA has that one.
        self.assertEqual((len(self.rig.emulator.deliveries()), len(self.rig.sink.messages)), self.LACKING)
        self.assertEqual(self.log_lines("event=adopted "), [])
        self.assert_no_violations()


class PostfixDies(MtaTest):
    def setUp(self):
        self.path = None

        def path_to_milter(folder, milter):
            self.path = between.MilterPath(folder, milter)
            return f"unix:{self.path.path}"
        self.rig = rig.Rig(BINARIES, self.options, self.rules, path_to_milter=path_to_milter, mta=self.mta)
        self.addCleanup(self.rig.close)
        self.addCleanup(self.path.close)

    def dies(self, subject, before_discard, dead):
        data = small(subject)
        self.path.before_discard = before_discard
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            with smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=120) as client:
                client.ehlo("client.contoso.com")
                client.mail(mails.SENDER)
                client.rcpt(mails.RECIPIENT)
                client.putcmd("data")
                client.getreply()
                client.send(data + b".\r\n")
                dead(client)
                client.getreply()
        self.rig.mta.start()
        self.send_through(self.rig.mta.port, data)
        self.assertEqual(len(self.log_lines("event=adopted ")), 1)
        self.assert_delivered_once({subject: data})

    def test_before_it_reads_the_answer(self):
        def stop_all():
            self.rig.mta.signal(signal.SIGSTOP)
            killed.append(self.rig.mta.kill())
        killed = []
        self.dies("killed before it read DISCARD", stop_all, lambda client: rig.wait_until(lambda: killed, "Postfix is dead"))

    def test_after_it_has_dropped_its_copy_and_before_the_clients_250(self):
        def stop_smtpd():
            self.rig.mta.signal(signal.SIGSTOP, "smtpd")

        def dead(client):
            rig.wait_until(lambda: "milter-discard:" in self.rig.mta.log_text(), "Postfix has discarded its copy")
            self.rig.mta.kill()
        self.dies("killed after DISCARD", stop_smtpd, dead)


class MilterDiesAtEndOfMessage(MtaTest):
    def dies_at(self, name):
        self.rig.milter.close()
        self.rig.milter.start(GM_FAILPOINT=name)
        data = small(f"died at {name}")
        with smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=120) as client:
            with self.assertRaises(smtplib.SMTPDataError) as refused:
                client.sendmail(mails.SENDER, [mails.RECIPIENT], data)
        self.assertEqual(refused.exception.smtp_code // 100, 4, refused.exception)
        self.assertEqual(self.rig.milter.child.process.wait(60), -signal.SIGKILL)
        self.rig.milter.start()
        self.send_through(self.rig.mta.port, data)
        return {f"died at {name}": data}

    def test_with_nothing_committed_the_resend_is_the_mail(self):
        sent = self.dies_at("C7")
        self.assertEqual(self.log_lines("event=adopted "), [])
        self.assert_delivered_once(sent)

    def test_after_the_commit_the_resend_is_adopted(self):
        sent = self.dies_at("C9")
        self.assertEqual(len(self.log_lines("event=adopted ")), 1)
        self.assert_delivered_once(sent)


def refused_send(code="ErrorSendAsDenied", status=403):
    return {"match": {"operation": "send"}, "times": 0, "action": "status", "status": status, "code": code,
            "message": "The user account does not have the right to send as this mailbox."}


class Returned(MtaTest):
    """What Graph refuses for good comes back through the MTA's normal port."""

    def send_refused(self, data, sender_options=(), recipient_options=((mails.RECIPIENT, ()),)):
        self.rig.emulator.ask("POST", "/faults", [refused_send()])
        with smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=120) as client:
            client.ehlo("client.contoso.com")
            self.assertTrue(client.has_extn("dsn"))
            self.assertEqual(client.mail(mails.SENDER, list(sender_options))[0], 250)
            for recipient, options in recipient_options:
                self.assertEqual(client.rcpt(recipient, list(options))[0], 250)
            self.assertEqual(client.data(data)[0], 250)

    def came_back(self, count):
        rig.wait_until(lambda: len(self.rig.sink.messages) >= count, f"{count} messages came back")
        self.assertEqual(len(self.rig.sink.messages), count)
        return self.rig.sink.messages

    def assert_nothing_left(self):
        self.assertEqual(self.rig.emulator.deliveries(), [])
        drafts = [m for box in self.rig.emulator.ask("GET", "/mailboxes") for m in box["messages"]]
        self.assertEqual([m for m in drafts if m["folder"] == "drafts"], [], "a draft was left behind")
        rig.wait_until(lambda: not list(self.rig.milter.spool.glob("messages/*/*.msg")), "the spool is empty")
        self.assert_no_violations()


class Dsn(Returned):
    def report(self, message):
        sender, recipients, data = message
        self.assertTrue(sender.startswith("<>"), sender)
        self.assertEqual([recipient.split(" ")[0] for recipient in recipients], [f"<{mails.SENDER}>"])
        parsed = email.message_from_bytes(data)
        self.assertEqual(parsed.get_content_type(), "multipart/report")
        self.assertEqual(parsed.get_param("report-type"), "delivery-status")
        text, status, original = parsed.get_payload()
        self.assertEqual(text.get_content_type(), "text/plain")
        self.assertEqual(status.get_content_type(), "message/delivery-status")
        return status.get_payload(), original

    def test_the_sender_is_told_who_did_not_get_it_and_why(self):
        data = small("refused for good", to=f"{mails.RECIPIENT}, bob@fabrikam.example")
        self.send_refused(data, ["RET=HDRS", "ENVID=QQ314159"],
                          [(mails.RECIPIENT, ["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;Alice+2Bwork@fabrikam.example"]),
                           ("bob@fabrikam.example", ["NOTIFY=NEVER"])])
        fields, original = self.report(self.came_back(1)[0])
        self.assertEqual(fields[0]["Original-Envelope-Id"], "QQ314159")
        self.assertEqual(fields[0]["Reporting-MTA"].split(";")[0].strip(), "dns")
        self.assertEqual([f["Final-Recipient"].split(";")[1].strip() for f in fields[1:]], [mails.RECIPIENT])
        self.assertEqual(fields[1]["Original-Recipient"], "rfc822;Alice+work@fabrikam.example", "decoded")
        self.assertEqual(fields[1]["Action"], "failed")
        self.assertEqual(fields[1]["Status"][:2], "5.")
        self.assertIn("ErrorSendAsDenied", fields[1]["Diagnostic-Code"])
        self.assertEqual(original.get_content_type(), "text/rfc822-headers")
        self.assertIn("Subject: refused for good", original.get_payload())
        self.assert_nothing_left()

    def test_the_whole_message_comes_back_where_it_was_asked_for(self):
        data = small("refused, all of it wanted")
        self.send_refused(data, ["RET=FULL"])
        _, original = self.report(self.came_back(1)[0])
        self.assertEqual(original.get_content_type(), "message/rfc822")
        self.assertEqual(mails.leaves(original.get_payload(0).as_bytes()), mails.leaves(data))
        self.assert_nothing_left()

    def test_who_wants_to_hear_nothing_hears_nothing(self):
        self.send_refused(small("refused, nobody cares"), recipient_options=[(mails.RECIPIENT, ["NOTIFY=NEVER"])])
        rig.wait_until(lambda: self.log_lines("event=returned "), "the log says returned")
        self.assert_nothing_left()
        self.assertEqual(self.rig.sink.messages, [])

    def test_who_wants_to_hear_of_success_is_told_that_it_was_relayed(self):
        with smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=120) as client:
            client.ehlo("client.contoso.com")
            client.mail(mails.SENDER, ["ENVID=ok1"])
            client.rcpt(mails.RECIPIENT, ["NOTIFY=SUCCESS"])
            self.assertEqual(client.data(small("success"))[0], 250)
        self.rig.wait_for_deliveries(1)
        fields, _ = self.report(self.came_back(1)[0])
        self.assertEqual((fields[0]["Original-Envelope-Id"], fields[1]["Action"], fields[1]["Status"][:2]), ("ok1", "relayed", "2."))
        self.assertEqual(len(self.rig.emulator.deliveries()), 1)


class NotifyAddress(Returned):
    options = {**QUICK, "notify-address": "watch@contoso.com"}

    def test_the_postmaster_gets_a_copy(self):
        self.send_refused(small("refused, and watched"))
        got = {message[1][0].split(" ")[0]: message for message in self.came_back(2)}
        self.assertEqual(set(got), {f"<{mails.SENDER}>", "<watch@contoso.com>"})
        self.assert_nothing_left()


class HandedBack(Returned):
    options = {**QUICK, "return": "mta"}

    def assert_the_original(self, message, data, recipients):
        sender, got_recipients, got = message
        self.assertTrue(sender.startswith(f"<{mails.SENDER}>"), sender)
        self.assertEqual(sorted(r.split(" ")[0] for r in got_recipients), sorted(f"<{r}>" for r in recipients))
        self.assertTrue(got.endswith(data), "the bytes are not those that were sent")
        added = email.message_from_bytes(got[:-len(data)] + b"\r\n")
        self.assertEqual(set(added.keys()), {"Received"}, "the MTAs' own traces are all that is added")

    def test_the_mta_gets_the_original_byte_for_byte(self):
        recipients = [mails.RECIPIENT, "hidden@fabrikam.example"]
        odd = small("handed back").replace(b"Please find", b".\r\n..dots\r\n \r\n\t trailing blanks  \r\nPlease find")
        for number, data in enumerate((odd, mails.with_attachments("handed back, large", [mails.pdf("a.pdf", 1, 4_000_000)])), 1):
            self.send_refused(data, recipient_options=[(r, ()) for r in recipients])
            messages = self.came_back(number)
            self.assert_the_original(messages[-1], data, recipients)
        self.assertEqual(len(self.log_lines("event=handed-back ")), 2)
        self.assert_nothing_left()


class ComesBackAround(MtaTest):
    """Graph delivers to a mailbox whose mail comes to our own MTA."""

    def setUp(self):
        super().setUp()
        self.rig.emulator.ask("POST", "/switches", {"deliver_to": f"127.0.0.1:{self.rig.mta.port}"})

    def passed(self, count):
        rig.wait_until(lambda: len(self.rig.sink.messages) >= count, f"the MTA has delivered {count}")
        self.assertEqual(len(self.rig.sink.messages), count)
        return self.rig.sink.messages[-1][2]

    def created(self):
        return sum(1 for r in self.rig.emulator.requests() if r["operation"] == "create-draft")

    def test_our_own_mail_is_known_by_its_seal_and_goes_on_once(self):
        data = small("round and round")
        self.send_through(self.rig.mta.port, data)
        got = self.passed(1)
        self.assertEqual(mails.leaves(got), mails.leaves(data))
        self.assertEqual(len(mails.header_values(got, ["X-Graph-Milter-Seal"])["X-Graph-Milter-Seal"]), 1)
        self.assertEqual((self.created(), len(self.rig.emulator.deliveries())), (1, 1))
        self.assert_no_violations()

    def test_a_seal_that_somebody_made_up_is_none(self):
        self.rig.emulator.ask("POST", "/switches", {"deliver_to": ""})
        data = small("made up", extra=["X-Graph-Milter-Seal: mx1/1234 0123456789abcdef"])
        self.send_through(self.rig.mta.port, data)
        self.assertEqual(len(self.rig.wait_for_deliveries(1)), 1)
        self.assertEqual(self.rig.sink.messages, [])

    def test_our_message_id_with_other_bytes_passes_with_an_alarm(self):
        data = small("sealed no more")
        self.send_through(self.rig.mta.port, data)
        got = self.passed(1)
        stripped = b"\r\n".join(line for line in got.split(b"\r\n") if not line.startswith(b"X-Graph-Milter-"))
        stripped = stripped.replace(b"Please find", b"A list says: please find")
        self.send_through(self.rig.mta.port, stripped)
        self.passed(2)
        self.assertEqual(self.created(), 1)
        self.assertTrue(self.log_lines("event=alert ") or self.log_lines("loop"), self.rig.milter.log_text()[-3000:])


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
