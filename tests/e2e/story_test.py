# SPDX-License-Identifier: Apache-2.0
"""What users of other ways from SMTP to Graph complain about, told as tests. The files are small: part-size is, too."""
import concurrent.futures
import json
import pathlib
import re
import smtplib
import subprocess
import unittest

import mails
import rig
from relay_test import BINARIES, WithPassing, WithSharedRig, digest

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

    def fault(self, operation, action="status", mailbox=mails.SENDER, **more):
        match = {"operation": operation, "mailbox": mailbox, "nth": more.pop("nth", 1)}
        self.rig.emulator.ask("POST", "/faults", [{"match": match, "action": action, **more}])
        self.addCleanup(self.rig.emulator.ask, "DELETE", "/faults")

    def switch(self, **switches):
        """For this test only."""
        before = self.rig.emulator.ask("GET", "/switches")
        self.rig.emulator.ask("POST", "/switches", switches)
        self.addCleanup(self.rig.emulator.ask, "POST", "/switches", {name: before[name] for name in switches})

    def submit_one(self, data, **options):
        with self.connect() as client:
            return self.submit(client, data, **options)

    def assert_relayed_once(self, data, recipients=(mails.RECIPIENT,), **options):
        """Through Graph, whole, once. Its delivery."""
        queue_id = self.submit_one(data, recipients=recipients, **options)
        self.assert_fate(queue_id, "sent")
        subject, = mails.header_values(data, ["Subject"])["Subject"]
        delivery, = self.wait_for(subject, 1)
        self.assert_same_mail(data, delivery, recipients, subject)
        return delivery

    def log_lines(self, queue_id, event):
        """What stands behind the event's name, in each line that tells this event of this mail."""
        return re.findall(rf" {queue_id}: event={event} (.*)", self.rig.milter.log_text())

    def told(self, subject):
        """The one report to the sender of this mail, as text."""
        def found():
            return [data for _, _, data in list(self.rig.sink.messages)
                    if b"multipart/report" in data and f"Subject: {subject}".encode() in data]
        rig.wait_until(found, f"the sender of {subject!r} is told")
        report, = found()
        return " ".join(report.decode().split())

    def ctl(self, *words):
        program = pathlib.Path(BINARIES) / "milter/graph-milterctl"
        done = subprocess.run([program, "-c", self.rig.milter.conf, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

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
        self.assertEqual(self.rig.emulator.ask("GET", "/stats")["tooEarly"], 0, "Retry-After was not waited for")
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

    def test_a_send_that_was_answered_by_202_and_a_time_to_wait_is_one_mail(self):
        self.rig.emulator.ask("POST", "/faults", [{"match": {"operation": "send"}, "action": "status", "status": 202, "body": "",
                                                   "retry_after": "1", "effect": True}])
        before = self.sends()
        with self.connect() as client:
            queue_id = self.submit(client, small("202 and wait"))
        self.assert_fate(queue_id, "sent")
        self.rig.emulator.ask("DELETE", "/faults")
        self.assertEqual(len(self.wait_for("202 and wait", 1)), 1)
        self.assertEqual(self.sends(), before + 1)
        self.assert_no_violations()

    def sends(self):
        return len([request for request in self.rig.emulator.requests() if request["operation"] == "send"])


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


    def test_an_address_that_is_its_own_name_names_nobody_else(self):
        """Old programs write it without quotes, which is not allowed; another address there could be taken for the one."""
        for number, name in enumerate(("scanner@contoso.com <scanner@contoso.com>", "Scanner@Contoso.com <scanner@contoso.com>")):
            data = small(f"its own name {number}").replace(b"Scanner <scanner@contoso.com>", name.encode())
            self.assertEqual(self.relayed(data)["From"], [name])
        to = "alice@fabrikam.example <alice@fabrikam.example>"
        self.assertEqual(self.relayed(small("its own name in To", to=to))["To"], [to])
        for number, name in enumerate(("boss@contoso.com <scanner@contoso.com>", "scan@floor2 <scanner@contoso.com>")):
            before = len(self.rig.sink.messages)
            data = small(f"somebody else's name {number}").replace(b"Scanner <scanner@contoso.com>", name.encode())
            with smtplib.SMTP("127.0.0.1", self.rig.mta.ports["foreign"], timeout=60) as client:
                client.ehlo("client.contoso.com")
                queue_id = self.submit(client, data)
            self.assert_fate(queue_id, "passed")
            self.assertIn('reason=no-rule text="no rule matches; rule scanner: From in which no mailbox can be read, '
                          'where one mailbox is asked for"',
                          self.log_lines(queue_id, "passed")[0])
            self.passed(before + 1)
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
    options = {**QUICK, "workers": "1", "retry-initial": "1h", "retry-max": "1h", "draft-settle": "200ms"}

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

    def test_what_waits_can_be_listed_kept_deleted_and_tried_at_once(self):
        self.fault("create-draft", times=0, status=503, code="ServiceUnavailable", message="no")
        deleted, kept, *others = [self.submit_one(small(f"waits {number}")) for number in range(4)]
        listed = {entry["queue_id"]: entry for entry in json.loads(self.ctl("--json", "queue", "list"))}
        self.assertEqual(sorted(listed), sorted([deleted, kept, *others]))
        self.assertEqual({entry["sender"] for entry in listed.values()}, {mails.SENDER})
        self.ctl("queue", "delete", listed[deleted]["id"])
        self.ctl("queue", "hold", listed[kept]["id"])
        self.assertRegex(self.ctl("queue", "show", listed[kept]["id"]), r"(?m)^state: +held; before that, ")
        self.rig.emulator.ask("DELETE", "/faults")
        self.ctl("queue", "retry", "ALL")
        for queue_id in others:
            self.assert_fate(queue_id, "sent")
        self.assert_fate(deleted, "dropped")
        self.assertEqual(sorted(d["subject"] for d in self.wait_for("waits ", 2)), ["waits 2", "waits 3"])
        self.assertEqual([entry["queue_id"] for entry in json.loads(self.ctl("--json", "queue", "list"))], [kept])
        self.ctl("queue", "retry", listed[kept]["id"])
        self.assert_fate(kept, "sent")
        self.assertEqual(self.ctl("queue", "list"), "The queue is empty.\n")
        self.assert_no_violations()


TEAM, ALIAS, PATIENT = "team@contoso.com", "desk@contoso.com", "patient@contoso.com"
SEVERAL = RULES + f"""message-as-file = yes

[rule team]
client    = 127.0.0.1
from      = {TEAM}
part-size = 2K
action    = relay

[rule desk]
client    = 127.0.0.1
from      = {ALIAS}
mailbox   = {mails.SENDER}
part-size = 2K
action    = relay

[rule patient]
client    = 127.0.0.1
from      = {PATIENT}
mailbox   = {mails.SENDER}
part-size = 2K
accept    = delivered
action    = relay
"""


def from_(address, data):
    return data.replace(b"From: Scanner <scanner@contoso.com>", b"From: <%s>" % address.encode())


class SeveralMailboxes(Story):
    rules = SEVERAL

    @classmethod
    def make_rig(cls):
        return rig.Rig(BINARIES, cls.options, cls.rules, (mails.SENDER, TEAM), mta_settings=cls.mta_settings)


class Sizes(SeveralMailboxes):
    """What Graph takes in one request, in one session and in one mail; and how long it may take."""

    STALL = 1
    options = {**QUICK, "max-message-size": "12M", "range-size": "327680", "stall-timeout": f"{STALL}s", "draft-settle": "200ms"}

    def test_a_slow_line_is_no_time_out_and_a_dead_one_is(self):
        """A request may take long as long as something moves; what stands still is given up and tried again."""
        data = mails.with_attachments("slow line", [mails.pdf("scan.pdf", 1, 3_300_000)])
        self.rig.emulator.ask("POST", "/think", {"range_ms": 220, "request_ms": 0})
        self.addCleanup(self.rig.emulator.ask, "POST", "/think", {"range_ms": 0, "request_ms": 0})
        queue_id = self.submit_one(data)
        self.assert_fate(queue_id, "sent")
        delivery, = self.wait_for("slow line", 1)
        self.assert_same_mail(data, delivery, [mails.RECIPIENT], "slow line")
        took = float(re.search(r" delay=([0-9.]+) ", self.log_lines(queue_id, "sent")[0])[1])
        self.assertGreater(took, 2 * self.STALL, "the line was not slow")
        self.assertNotIn("deferred", self.events(queue_id))
        self.rig.emulator.ask("POST", "/think", {"range_ms": 0, "request_ms": 0})

        self.fault("put-range", "hold", mailbox="", nth=4)
        self.assert_relayed_once(mails.with_attachments("dead line", [mails.pdf("scan.pdf", 2, 3_300_000)]))
        self.assertEqual([fault["hits"] for fault in self.rig.emulator.ask("GET", "/faults")], [1])
        self.rig.emulator.ask("POST", "/release")
        self.assert_no_violations()

    def test_a_wrong_success_is_no_success(self):
        """A request that is too large may be answered by 200, with nothing done; creating is 201, sending is 202."""
        for operation in ("create-draft", "send"):
            self.fault(operation, status=200, body="{}")
            self.assert_relayed_once(small(f"200 for {operation}"))
            self.assertEqual([fault["hits"] for fault in self.rig.emulator.ask("GET", "/faults")], [1])
            self.rig.emulator.ask("DELETE", "/faults")
        long_text = mails.leaf("text/plain", b"many words, all of them ours\r\n" * 80_000, "7bit")
        self.assert_relayed_once(mails.with_attachments("2.4 MB of text", [mails.pdf("scan.pdf", 1, 2_500)], text=long_text))
        before = len(self.rig.emulator.requests())
        longer_text = mails.leaf("text/plain", b"many words, all of them ours\r\n" * 120_000, "7bit")
        queue_id = self.submit_one(mails.with_attachments("3.6 MB of text", [mails.pdf("scan.pdf", 1, 2_500)], text=longer_text))
        self.assert_fate(queue_id, "passed")
        self.assertIn("reason=skeleton-too-large ", self.log_lines(queue_id, "passed")[0])
        self.assertEqual(len(self.rig.emulator.requests()), before, "what Graph can't take is not shown to it")
        self.assert_no_violations()

    def test_a_mail_over_the_limit_is_left_alone_before_anything_goes_up_or_is_returned_with_the_reason(self):
        before = len(self.rig.emulator.requests())
        queue_id = self.submit_one(mails.with_attachments("too large for all", [mails.pdf("scan.pdf", 1, 9_500_000)]))
        self.assert_fate(queue_id, "passed")
        self.assertRegex(self.log_lines(queue_id, "passed")[0], r"reason=too-large .*more than max-message-size = 12582912")
        self.assertEqual(len(self.rig.emulator.requests()), before)
        # A mailbox of which nobody has told us that it may send less.
        self.rig.emulator.ask("POST", "/mailboxes", {"address": TEAM, "state": "enabled", "maxSendSize": 3_000_000})
        data = from_(TEAM, mails.with_attachments("too large for the team", [mails.pdf("scan.pdf", 1, 3_500_000)]))
        queue_id = self.submit_one(data, sender=TEAM)
        self.assert_fate(queue_id, "returned")
        self.assertIn("ErrorMessageSizeExceeded", self.told("too large for the team"))
        self.assertIn("raise the mailbox's MaxSendSize (Set-Mailbox), or lower max-message-size", self.log_lines(queue_id, "gave-up")[0])
        self.assertNotIn("too large for the team", self.subjects())
        self.assert_no_violations()

    def test_a_large_inline_image_stays_where_the_text_shows_it(self):
        image = mails.leaf("image/png", mails.noise("picture", 4_000_000), disposition='inline; filename="picture.png"',
                           extra=["Content-ID: <logo@contoso>"])
        related = mails.multipart("related", "=_rel", [mails.HTML, image], '; type="text/html"')
        delivery = self.assert_relayed_once(mails.with_attachments("inline", [mails.pdf("scan.pdf", 1, 3_000)], text=related))
        picture, = [part for part in delivery["parts"] if part["name"] == "picture.png"]
        self.assertEqual((picture["origin"], picture["inline"], picture["contentId"]), ("session", True, "logo@contoso"))
        self.assertEqual(len([part for part in delivery["parts"] if part["contentId"]]), 1, "an image was doubled")
        self.assert_no_violations()

    def test_a_large_attached_mail_is_a_file_or_left_alone(self):
        """Only files can go up by session."""
        inner = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: inner\r\n\r\n" + b"the words of the inner mail\r\n" * 140_000
        attached = "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=\"inner\"\r\n\r\n" + inner.decode()
        queue_id = self.submit_one(mails.with_attachments("a mail in a mail", [attached]))
        self.assert_fate(queue_id, "sent")
        delivery, = self.wait_for("a mail in a mail", 1)
        file, = [part for part in delivery["parts"] if part["name"].endswith(".eml")]
        self.assertEqual((file["origin"], file["sha256"]), ("session", digest(inner)))
        queue_id = self.submit_one(from_(TEAM, mails.with_attachments("a mail in the team's mail", [attached])), sender=TEAM)
        self.assert_fate(queue_id, "passed")
        self.assertIn("reason=skeleton-too-large ", self.log_lines(queue_id, "passed")[0])
        self.assert_no_violations()

    def test_there_is_no_gap_between_a_post_and_a_session(self):
        for size in (3_000_000, 3 * 1024 * 1024 - 1):
            self.assert_relayed_once(mails.with_attachments(f"border {size}.", [mails.pdf("scan.pdf", size, size)]))
        text = mails.leaf("text/plain", b"a megabyte of words\r\n" * 50_000, "7bit")
        self.assert_relayed_once(mails.with_attachments("beside much text", [mails.pdf("scan.pdf", 1, 2_990_000)], text=text))
        self.assertEqual([r for r in self.rig.emulator.requests() if r["operation"] == "create-session" and r["status"] == 400], [])
        # The border is the service's to move.
        self.switch(session_floor=2_000_000, post_ceiling=2_900_000)
        delivery = self.assert_relayed_once(mails.with_attachments("border moved", [mails.pdf("scan.pdf", 1, 2_950_000)]))
        self.assertEqual([part["origin"] for part in delivery["parts"] if part["name"] == "scan.pdf"], ["session"])
        self.assertEqual(self.rig.milter.log_text().count("event=turned "), 1)
        self.assert_no_violations()

    def test_an_upload_goes_on_from_what_the_service_has(self):
        """Whatever becomes of one range, and whether or not it was kept: each byte goes up once more than needed at most."""
        for name, fault in {
                "the address is refused": {"status": 401, "code": "InvalidAuthenticationToken"},
                "the address is unknown": {"status": 404, "code": "ErrorItemNotFound"},
                "failed and kept": {"status": 503, "code": "ServiceUnavailable", "effect": True},
                "cut in the middle": {"action": "drop-in-body"},
                "answer lost": {"action": "effect-then-drop"}}.items():
            self.fault("put-range", mailbox="", nth=3, **fault)
            self.assert_relayed_once(mails.with_attachments(name, [mails.pdf("scan.pdf", name, 10 * 327_680 + 1)]))
            self.assertEqual([each["hits"] for each in self.rig.emulator.ask("GET", "/faults")], [1], name)
            self.rig.emulator.ask("DELETE", "/faults")
        self.assert_no_violations()


class Mailboxes(SeveralMailboxes):
    """What Exchange says of mailboxes and items, and what is true."""

    options = {**QUICK, "draft-settle": "200ms", "send-recheck": "200ms"}
    mta_settings = ("milter_content_timeout = 7s",)

    def let_send_as(self, *aliases):
        self.rig.emulator.ask("POST", "/mailboxes", {"address": mails.SENDER, "state": "enabled", "sendAs": list(aliases)})

    def test_a_session_that_is_denied_for_a_while_stops_its_mailbox_alone(self):
        self.fault("create-session", mailbox=TEAM, times=0, status=403, code="ErrorAccessDenied", message="Access is denied.")
        data = from_(TEAM, mails.with_attachments("the team's", [mails.pdf("scan.pdf", 1, 3_300_000)]))
        queue_id = self.submit_one(data, sender=TEAM)
        rig.wait_until(lambda: self.log_lines(queue_id, "deferred"), "the team's mail waits")
        words = self.log_lines(queue_id, "deferred")[0]
        self.assertIn("403 ErrorAccessDenied: Access is denied.", words)
        self.assertIn("the application's access policy or role scope leaves this mailbox out", words)
        self.assert_relayed_once(mails.with_attachments("the scanner's", [mails.pdf("scan.pdf", 2, 3_300_000)]))
        self.assertEqual([event for event in self.events(queue_id) if event in ENDS], [])
        self.rig.emulator.ask("DELETE", "/faults")
        self.assert_fate(queue_id, "sent")
        delivery, = self.wait_for("the team's", 1)
        self.assert_same_mail(data, delivery, [mails.RECIPIENT], "the team's")
        self.assertEqual([m for m in self.rig.sink.messages if b"the team's" in m[2]], [], "nobody was told that it failed")
        self.assert_no_violations()

    def test_a_mail_that_has_another_id_once_it_is_sent_is_found_all_the_same(self):
        for survives in (False, True):
            self.switch(immutable_id_survives_send=survives)
            self.fault("send", "effect-then-drop")
            self.assert_relayed_once(small(f"another id {survives}"))
            self.assertEqual([fault["hits"] for fault in self.rig.emulator.ask("GET", "/faults")], [1])
            self.rig.emulator.ask("DELETE", "/faults")
        self.assert_no_violations()

    def test_what_fails_right_after_the_draft_was_there_is_tried_again(self):
        for status, code in ((404, "ErrorItemNotFound"), (404, "ErrorNonExistentMailbox"), (500, "ErrorInternalServerError"),
                             (409, "ErrorIrresolvableConflict"), (503, "ErrorServerBusy")):
            self.fault("send", status=status, code=code)
            self.assert_relayed_once(small(f"send failed with {code}"))
            self.assertEqual([fault["hits"] for fault in self.rig.emulator.ask("GET", "/faults")], [1], code)
            self.rig.emulator.ask("DELETE", "/faults")
        # The draft stands there, so there is such a mailbox.
        for operation in ("create-session", "get-message"):
            self.fault(operation, status=404, code="ErrorNonExistentMailbox")
            self.assert_relayed_once(mails.with_attachments(f"no mailbox at {operation}", [mails.pdf("scan.pdf", 1, 3_300_000)]))
            self.assertEqual([fault["hits"] for fault in self.rig.emulator.ask("GET", "/faults")], [1], operation)
            self.rig.emulator.ask("DELETE", "/faults")
        self.assert_no_violations()

    def test_an_alias_is_a_from_if_exchange_lets_it_be(self):
        self.let_send_as()
        queue_id = self.submit_one(from_(ALIAS, small("alias denied")), sender=ALIAS)
        self.assert_fate(queue_id, "returned")
        self.assertIn("403 ErrorSendAsDenied", self.told("alias denied"))
        self.assertIn("the mailbox may not send with this From", self.log_lines(queue_id, "gave-up")[0])
        self.let_send_as(ALIAS)
        delivery = self.assert_relayed_once(from_(ALIAS, small("alias allowed")), sender=ALIAS)
        self.assertEqual(delivery["mailbox"], mails.SENDER)
        self.assertNotIn("alias denied", self.subjects())
        self.assert_no_violations()

    def test_the_mta_never_waits_longer_than_it_can(self):
        """Its answer comes from the disk, however slow Graph is; where it is to wait for Graph, it hears that we are alive."""
        self.let_send_as(PATIENT)
        self.fault("create-draft", "hold", times=0)
        queue_id = self.submit_one(small("answered at once"))
        self.assertEqual([event for event in self.events(queue_id) if event in ENDS], [], "250 waited for Graph")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            patient = pool.submit(self.submit_one, from_(PATIENT, small("answered in the end")), sender=PATIENT)
            with self.assertRaises(concurrent.futures.TimeoutError):
                patient.result(10)
            entry, = re.findall(rf": event=received entry=(\S+) .*sender={PATIENT} .*status=awaited$", self.rig.milter.log_text(), re.M)
            self.assertRegex(self.ctl("queue", "show", entry), r"(?m)^awaited: +its client waits at the MTA, and was not told yet that it is taken$")
            self.rig.emulator.ask("DELETE", "/faults")
            self.rig.emulator.ask("POST", "/release")
            patient_id = patient.result(120)
        for each in (queue_id, patient_id):
            self.assert_fate(each, "sent")
        self.assertEqual(len(self.wait_for("answered ", 2)), 2)
        self.assert_no_violations()

    def test_the_log_tells_of_each_mail_what_became_of_it(self):
        """By the queue id that the MTA told its client; on one line that says how it ended and why."""
        relayed = self.submit_one(small("log: relayed"))
        self.assert_fate(relayed, "sent")
        line, = self.log_lines(relayed, "sent")
        self.assertRegex(line, r"^entry=[0-9a-z]{26} message-id=<\w+@scanner\.contoso\.com> mailbox=scanner@contoso\.com "
                               r"sender=scanner@contoso\.com nrcpt=1 to=alice@fabrikam\.example size=\d+ parts=1 rule=scanner "
                               r"delay=\S+ attempts=1 sends=1 status=202 request-id=\S+$")
        passed = self.submit_one(from_("stranger@contoso.com", small("log: passed")), sender="stranger@contoso.com")
        self.assert_fate(passed, "passed")
        line, = self.log_lines(passed, "passed")
        self.assertRegex(line, r"reason=no-rule ")
        self.fault("send", status=400, code="ErrorInvalidRecipients", message="At least one recipient isn't valid.")
        returned = self.submit_one(small("log: returned"))
        self.assert_fate(returned, "returned")
        why = "400 ErrorInvalidRecipients: At least one recipient isn't valid."
        self.assertIn(why, self.log_lines(returned, "gave-up")[0])
        self.assertIn(why, self.told("log: returned"))
        self.assert_no_violations()


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
