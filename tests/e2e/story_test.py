# SPDX-License-Identifier: Apache-2.0
"""What users of other ways from SMTP to Graph complain about, told as tests. The files are small: part-size is, too."""
import concurrent.futures
import re
import smtplib
import unittest

import mails
import rig
from relay_test import BINARIES, WithPassing, WithSharedRig

QUICK = {"retry-initial": "200ms", "retry-max": "1s", "send-recheck": "200ms", "mailbox-messages": "0"}
RULES = """
[rule scanner]
client    = 127.0.0.1
from      = scanner@contoso.com
part-size = 2K
action    = relay
"""
ENDS = ("sent", "passed", "returned", "handed-back", "dropped")


def small(subject, **options):
    return mails.with_attachments(subject, [mails.pdf("scan.pdf", subject, 3_000)], **options)


class Story(WithSharedRig, WithPassing):
    options, rules = QUICK, RULES

    def submit(self, client, data, recipients=(mails.RECIPIENT,), sender=mails.SENDER):
        """Sends on an open connection; the queue id from the MTA's reply."""
        self.assertEqual(client.mail(sender)[0], 250)
        for recipient in recipients:
            self.assertEqual(client.rcpt(recipient)[0], 250)
        code, text = client.data(data)
        self.assertEqual(code, 250, text)
        return self.rig.mta.queue_id(text.decode())

    def connect(self):
        client = smtplib.SMTP("127.0.0.1", self.rig.mta.port, timeout=300)
        client.ehlo("client.contoso.com")
        return client

    def events(self, queue_id):
        """The events of one mail, found by nothing but its queue id."""
        return re.findall(rf" {queue_id}: event=(\S+)", self.rig.milter.log_text())

    def assert_fate(self, queue_id, end):
        rig.wait_until(lambda: set(ENDS) & set(self.events(queue_id)), f"the log tells the fate of {queue_id}")
        events = self.events(queue_id)
        self.assertEqual([event for event in events if event in ENDS], [end], events)
        if end != "passed":
            self.assertEqual(events.count("received"), 1, events)

    def wait_for(self, prefix, count):
        """The deliveries whose subject begins so, once there are as many."""
        def found():
            self.rig.milter.child.must_run()
            return [d for d in self.rig.emulator.deliveries() if d["subject"].startswith(prefix)]
        rig.wait_until(lambda: len(found()) >= count, f"{count} mails {prefix!r} are delivered")
        return found()

    def subjects(self):
        return [delivery["subject"] for delivery in self.rig.emulator.deliveries()]


class NothingVanishes(Story):
    def test_forty_mails_on_one_connection_are_forty_mails(self):
        """A state kept by connection instead of by mail makes later ones overwrite the first."""
        sent, ids = {}, []
        with self.connect() as client:
            for number in range(40):
                subject, to = f"one connection {number}", f"r{number}@fabrikam.example"
                sent[subject] = to
                ids.append(self.submit(client, small(subject, to=to), [to]))
                if number % 7 == 0:
                    client.rset()
        deliveries = self.wait_for("one connection ", len(sent))
        self.assertEqual({d["subject"]: d["recipients"] for d in deliveries}, {subject: [to] for subject, to in sent.items()})
        self.assertEqual(len(deliveries), len(sent), "each once")
        for queue_id in ids:
            self.assert_fate(queue_id, "sent")
        self.assert_no_violations()

    def test_a_burst_of_eighty_mails_is_eighty_mails(self):
        def send(number):
            with self.connect() as client:
                return self.submit(client, small(f"burst {number}"))
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            ids = list(pool.map(send, range(80)))
        self.assertEqual(len(set(ids)), 80)
        deliveries = self.wait_for("burst ", 80)
        self.assertEqual(sorted(d["subject"] for d in deliveries), sorted(f"burst {n}" for n in range(80)))
        for queue_id in ids:
            self.assert_fate(queue_id, "sent")
        self.assertEqual(self.rig.sink.messages, [])
        self.assert_no_violations()


    def test_a_mail_that_was_throttled_goes_out_whole(self):
        """A retry that reads a stream for the second time posts an empty body, and Graph says "invalid content"."""
        data = mails.with_attachments("throttled", [mails.pdf("scan.pdf", 7, 4_000_000), mails.pdf("note.pdf", 8, 2_500)])
        operations = ("create-draft", "post-attachment", "create-session", "put-range", "send")
        self.rig.emulator.ask("POST", "/faults", [
            {"match": {"operation": operation}, "action": "status", "status": 429, "code": "TooManyRequests", "retry_after": "1"}
            for operation in operations])
        with self.connect() as client:
            queue_id = self.submit(client, data)
        self.assert_fate(queue_id, "sent")
        self.assertEqual([fault["hits"] for fault in self.rig.emulator.ask("GET", "/faults")], [1] * len(operations))
        self.rig.emulator.ask("DELETE", "/faults")
        delivery, = self.wait_for("throttled", 1)
        self.assert_same_mail(data, delivery, [mails.RECIPIENT], "throttled")
        self.assert_no_violations()

    def test_a_send_that_was_answered_by_504_though_it_took_place_is_one_mail(self):
        self.rig.emulator.ask("POST", "/faults", [{"match": {"operation": "send"}, "action": "status", "status": 504,
                                                   "code": "UnknownError", "effect": True}])
        with self.connect() as client:
            queue_id = self.submit(client, small("504 but sent"))
        self.assert_fate(queue_id, "sent")
        self.rig.emulator.ask("DELETE", "/faults")
        self.assertEqual(len(self.wait_for("504 but sent", 1)), 1)
        self.assert_no_violations()


class OddHeaders(Story):
    @classmethod
    def make_rig(cls):
        return rig.Rig(BINARIES, cls.options, cls.rules, mta_services={"foreign": ["local_header_rewrite_clients="]})

    def relayed(self, data, recipients=(mails.RECIPIENT,)):
        with self.connect() as client:
            queue_id = self.submit(client, data, recipients)
        self.assert_fate(queue_id, "sent")
        subject, = mails.header_values(data, ["Subject"])["Subject"]
        rig.wait_until(lambda: subject in self.subjects(), f"Graph has delivered {subject!r}")
        delivery, = [d for d in self.rig.emulator.deliveries() if d["subject"] == subject]
        self.assertEqual(sorted(delivery["recipients"]), sorted(recipients))
        return mails.header_values(self.delivered_bytes(delivery), ["From", "To", "Bcc"])

    def test_mail_without_to_reaches_whom_the_envelope_names_and_tells_nobody_of_them(self):
        header = self.relayed(small("no to", to=None), [mails.RECIPIENT, "bob@fabrikam.example"])
        self.assertEqual(header["Bcc"], [])
        self.assertNotIn("fabrikam", "".join(header["To"]))
        self.assert_no_violations()

    def test_mail_without_from_is_its_envelope_senders_or_stays_with_the_mta(self):
        lacking = small("no from").replace(b"From: Scanner <scanner@contoso.com>\r\n", b"")
        self.assertEqual(self.relayed(lacking)["From"], [mails.SENDER], "Postfix has filled it in")
        # Postfix does that for its own clients only.
        with smtplib.SMTP("127.0.0.1", self.rig.mta.ports["foreign"], timeout=60) as client:
            client.ehlo("client.contoso.com")
            queue_id = self.submit(client, lacking.replace(b"no from", b"nobody's"))
        self.assert_fate(queue_id, "passed")
        self.assertRegex(self.rig.milter.log_text(), rf"{queue_id}: event=passed .*: 0 From fields")
        self.passed(1)
        self.assert_no_violations()

    def test_answers_and_threads_stay_what_they_were(self):
        fields = {"Reply-To": "helpdesk@contoso.com", "In-Reply-To": "<first@fabrikam.example>",
                  "References": "<zero@fabrikam.example> <first@fabrikam.example>", "X-Ticket": "4711"}
        data = small("thread", extra=[f"{name}: {value}" for name, value in fields.items()])
        self.relayed(data)
        delivery, = self.wait_for("thread", 1)
        self.assertEqual(mails.header_values(self.delivered_bytes(delivery), fields), {name: [value] for name, value in fields.items()})
        self.assert_no_violations()

    def test_display_names_with_commas_and_addresses_in_them_name_nobody_else(self):
        names = ['"Doe, Jane" <scanner@contoso.com>', '"boss@evil.example" <scanner@contoso.com>',
                 '"scanner@contoso.com" <scanner@contoso.com>', "=?utf-8?q?Doe=2C_Jane?= <scanner@contoso.com>",
                 '"Jane \\"JD\\" Doe" <scanner@contoso.com>']
        for number, name in enumerate(names):
            data = small(f"display name {number}").replace(b"Scanner <scanner@contoso.com>", name.encode())
            self.assertEqual(self.relayed(data)["From"], [name])
        to = '"Roe, Alice" <alice@fabrikam.example>, "carol@evil.example" <bob@fabrikam.example>'
        self.assertEqual(self.relayed(small("names in To", to=to), [mails.RECIPIENT, "bob@fabrikam.example"])["To"], [to])
        self.assert_no_violations()


class TakesEffectLate(Story):
    """An administrator grants a right, and Exchange knows it half an hour later."""

    def test_mail_waits_for_a_right_that_comes_late_and_is_sent_once(self):
        self.rig.emulator.ask("POST", "/mailboxes", {"address": mails.SENDER, "state": "out-of-scope"})
        with self.connect() as client:
            ids = [self.submit(client, small(f"late {number}")) for number in range(3)]
        rig.wait_until(lambda: "ErrorAccessDenied" in self.rig.milter.log_text(), "the log says what Graph said")
        for queue_id in ids:
            self.assertEqual([e for e in self.events(queue_id) if e in ENDS], [])
        self.assertEqual(self.subjects(), [])
        self.rig.emulator.ask("POST", "/mailboxes", {"address": mails.SENDER, "state": "enabled"})
        for queue_id in ids:
            self.assert_fate(queue_id, "sent")
        self.rig.wait_for_deliveries(3)
        self.assertEqual(sorted(self.subjects()), [f"late {n}" for n in range(3)])
        self.assertEqual([m for m in self.rig.sink.messages if b"late" in m[2]], [], "nobody was told that it failed")
        self.assert_no_violations()


class AfterAnOutage(Story):
    # One at a time, so that there is an order; and the delays of what failed are longer than the test waits.
    options = {**QUICK, "workers": "1", "retry-initial": "1h", "retry-max": "1h"}

    def test_the_queue_is_emptied_oldest_first(self):
        self.rig.emulator.ask("POST", "/faults", [{"match": {"operation": "create-draft"}, "times": 0, "action": "status",
                                                   "status": 503, "code": "ServiceUnavailable", "message": "no"}])
        with self.connect() as client:
            ids = [self.submit(client, small(f"outage {number}")) for number in range(12)]
        rig.wait_until(lambda: "Graph fails for everybody" in self.rig.milter.log_text(), "the outage is noticed")
        self.rig.emulator.ask("DELETE", "/faults")
        self.rig.wait_for_deliveries(12)
        # The first one is the one that found out that Graph is back; it takes turns, so that no mail can hold up all.
        first, *others = self.subjects()
        self.assertEqual(others, [f"outage {n}" for n in range(12) if f"outage {n}" != first])
        for queue_id in ids:
            self.assert_fate(queue_id, "sent")
        self.assert_no_violations()


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
