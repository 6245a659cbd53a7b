# SPDX-License-Identifier: Apache-2.0
"""The oracle itself: each kind of broken promise is seen, and the named windows are the only excuse."""
import unittest

import ledger
import shapes
import sink


def delivery(mail, **changes):
    parts = [{"name": "", "body": True, "sha256": "00"}]
    parts += [{"name": name, "body": False, "sha256": digest} for name, digest in mail.parts.items()]
    return {"subject": mail.token, "marker": "instance/entry1", "parts": parts, "recipients": sorted(mail.recipients),
            "internetMessageId": f"<{mail.token}@scanner.contoso.com>", **changes}


def dsn(mail):
    return sink.Taken("", [mail.sender], b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\n" + mail.token.encode())


def judged(mail, words, sent=(), sunk=(), rows=(), windows=(), held_may_stay=False):
    mail.answers = [(word, "") for word in words]
    found = ledger.judge_mail(mail, list(sent), list(sunk), list(rows), list(windows), held_may_stay, True)
    return [failure.split(":")[0] for failure in found]


class Oracle(unittest.TestCase):
    def setUp(self):
        self.mail = shapes.posted("token-1")

    def test_one_whole_delivery_is_right(self):
        self.assertEqual(judged(self.mail, ["taken"], [delivery(self.mail)]), [])

    def test_taken_and_nowhere_is_lost(self):
        self.assertEqual(judged(self.mail, ["taken"]), ["LOST"])

    def test_the_last_answer_must_be_taken(self):
        self.assertEqual(judged(self.mail, ["taken", "later"], [delivery(self.mail)]), ["NOT TAKEN"])

    def test_two_deliveries_are_twice(self):
        self.assertEqual(judged(self.mail, ["taken"], [delivery(self.mail)] * 2), ["TWICE"])

    def test_a_resend_of_a_mail_that_can_be_known_is_no_excuse(self):
        self.assertEqual(judged(self.mail, ["unknown", "taken"], [delivery(self.mail)] * 2), ["TWICE"])

    def test_w1_excuses_one_more_copy_of_an_anonymous_mail_that_was_not_heard_of(self):
        mail = shapes.anonymous("token-1")
        self.assertEqual(judged(mail, ["unknown", "taken"], [delivery(mail)] * 2), [])
        self.assertEqual(judged(mail, ["unheard", "taken"], [delivery(mail)] * 2), ["TWICE"])
        self.assertEqual(judged(mail, ["unknown", "taken"], [delivery(mail)] * 3), ["TWICE"])

    def test_w4_excuses_only_the_entry_that_the_log_names(self):
        self.assertEqual(judged(self.mail, ["taken"], [delivery(self.mail)] * 2, windows=[("entry1", "W4")]), [])
        self.assertEqual(judged(self.mail, ["taken"], [delivery(self.mail)] * 2, windows=[("entry2", "W4")]), ["TWICE"])
        self.assertEqual(judged(self.mail, ["taken"], [delivery(self.mail)] * 2, windows=[("entry1", "W3")]), ["TWICE"])

    def test_sent_and_returned_is_twice(self):
        self.assertEqual(judged(self.mail, ["taken"], [delivery(self.mail)], [dsn(self.mail)]), ["TWICE", "RETURNED"])

    def test_what_graph_refuses_is_returned_once(self):
        mail = shapes.returned("token-1")
        self.assertEqual(judged(mail, ["taken"], sunk=[dsn(mail)]), [])
        self.assertEqual(judged(mail, ["taken"], sunk=[dsn(mail)] * 2), ["TWICE"])
        self.assertEqual(judged(mail, ["taken"], sunk=[dsn(mail)] * 2, windows=[("entry1", "W5")]), [])
        self.assertEqual(judged(mail, ["taken"], [delivery(mail)]), ["SENT"])

    def test_parts_recipients_and_message_id_are_compared(self):
        name = next(iter(self.mail.parts))
        changes = ({"parts": []}, {"parts": [{"name": name, "body": False, "sha256": "00"}]}, {"recipients": ["alice@fabrikam.example"]},
                   {"internetMessageId": "<other@contoso.com>"})
        for change in changes:
            with self.subTest(change):
                self.assertEqual(judged(self.mail, ["taken"], [delivery(self.mail, **change)]), ["INCOMPLETE"])

    def test_a_part_that_is_there_twice_is_seen(self):
        twice = delivery(self.mail)
        twice["parts"] = twice["parts"] + twice["parts"][1:]
        self.assertEqual(judged(self.mail, ["taken"], [twice]), ["INCOMPLETE"])

    def test_what_was_handed_back_has_its_bytes(self):
        back = sink.Taken(self.mail.sender, self.mail.recipients, self.mail.data)
        self.assertEqual(judged(self.mail, ["taken"], sunk=[back]), [])
        back.data = back.data.replace(b"The scan.", b"The scam.")
        self.assertEqual(judged(self.mail, ["taken"], sunk=[back]), ["INCOMPLETE"])

    def test_a_held_mail_counts_only_where_it_may(self):
        held = {"state": "held", "message_id": f"<{self.mail.token}@scanner.contoso.com>", "sender": self.mail.sender}
        self.assertEqual(judged(self.mail, ["taken"], rows=[held], held_may_stay=True), [])
        self.assertEqual(judged(self.mail, ["taken"], rows=[held]), ["LOST"])

    def test_windows_are_read_from_the_log(self):
        log = "2026 warning Q: event=sent entry=abc possible_duplicate=W4\n2026 info Q: event=sent entry=abc\n"
        self.assertEqual(ledger.read_windows(log), [("abc", "W4")])


if __name__ == "__main__":
    unittest.main()
