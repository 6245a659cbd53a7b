# SPDX-License-Identifier: Apache-2.0
"""take = recipients: Graph and the MTA share a message, and nobody gets it twice. accept = delivered: the client hears
"taken" when Graph has the message, and else why not."""
import email
import smtplib
import threading
import time
import unittest

import mails
import rig
from relay_test import WithRig

OUTSIDE, INSIDE = "alice@fabrikam.example", "bob@contoso.com"
RULE = rig.SCANNER_RULE.strip() + "\n"


def mail(subject, to=OUTSIDE, extra=()):
    return mails.with_attachments(subject, [mails.pdf("scan.pdf", 1, 4_000_000)], to=to, extra=extra)


class Take(WithRig):
    def send_to(self, recipients, data, port=None, sender=f"<{mails.SENDER}>"):
        """`recipients`: what stands behind RCPT TO:, letter for letter. The reply to the final dot."""
        with smtplib.SMTP("127.0.0.1", port or self.rig.mta.port, timeout=300) as client:
            client.ehlo("client.contoso.com")
            code, text = client.docmd("MAIL", f"FROM:{sender}")
            self.assertEqual(code, 250, text)
            for recipient in recipients:
                code, text = client.docmd("RCPT", f"TO:{recipient}")
                self.assertEqual(code, 250, f"{recipient}: {text}")
            code, text = client.data(data)
            return code, text.decode()

    def delivery_of(self, subject):
        return rig.wait_until(lambda: [d for d in self.rig.emulator.deliveries() if d["subject"] == subject],
                              f"Graph has delivered {subject}")[0]

    def sunk(self, subject):
        """[recipients] of each mail with this subject that the MTA has delivered."""
        return [recipients for _, recipients, data in list(self.rig.sink.messages) if f"Subject: {subject}\r\n".encode() in data]

    def settle(self):
        """The MTA has delivered all that it has."""
        marker = f"settled {time.monotonic_ns()}"
        self.rig.send("somebody@contoso.com", ["marker@elsewhere.example"], mails.message(mails.head(marker), mails.TEXT))
        rig.wait_until(lambda: self.sunk(marker), "a mail that came later is delivered")
        rig.wait_until(self.rig.mta.queue_is_empty, "the MTA's queue is empty")


# How clients write recipients; what each MTA makes of an alias is its own.
FORMS = {
    "plain": ["<carol@fabrikam.example>"],
    "upper case": ["<Carol@FABRIKAM.example>"],
    "twice, in two spellings": ["<carol@fabrikam.example>", "<Carol@Fabrikam.EXAMPLE>"],
    "without brackets": ["carol@fabrikam.example"],
    "a source route": ["<@relay.example,@other.example:carol@fabrikam.example>"],
    "parameters": ["<carol@fabrikam.example> NOTIFY=NEVER ORCPT=rfc822;old+40fabrikam.example"],
    "plus and dots": ["<carol+scan.me@fabrikam.example>"],
    "an A-label": ["<carol@xn--bcher-kva.example>"],
    "several": ["<carol@fabrikam.example>", "<dave@fabrikam.example>", "<erin@contoso.com>"],
}


class TakeRecipients(Take):
    """always_bcc is set for all of it; `bcc maps` for some."""

    rules = f"""
[rule outside]
client    = 127.0.0.1
from      = scanner@contoso.com
sender    = shared@contoso.com
part-size = 3M
take      = recipients
take-recipients = @fabrikam.example, @xn--bcher-kva.example
header-only-recipients = trim
action    = relay

{RULE}take = recipients
"""

    def setUp(self):
        super().setUp()
        etc = self.rig.mta.etc
        (etc / "sender-bcc").write_text("scanner@contoso.com sender-copy@contoso.com\n")
        (etc / "recipient-bcc").write_text(f"{OUTSIDE} recipient-copy@contoso.com\n")
        (etc / "virtual").write_text("list@contoso.com one@contoso.com, two@contoso.com\n")
        self.rig.mta.set("always_bcc = journal@contoso.com",
                         f"sender_bcc_maps = texthash:{etc}/sender-bcc",
                         f"recipient_bcc_maps = texthash:{etc}/recipient-bcc",
                         f"virtual_alias_maps = texthash:{etc}/virtual",
                         "strict_rfc821_envelopes = no")
        rig.wait_until(self.has_copies, "Postfix makes copies")

    def has_copies(self):
        subject = f"probe {time.monotonic_ns()}"
        self.rig.send("nobody@contoso.com", ["marker@elsewhere.example"], mails.message(mails.head(subject), mails.TEXT))
        rig.wait_until(lambda: self.sunk(subject), "a probe is delivered")
        self.settle()
        return ["<journal@contoso.com>"] in self.sunk(subject) or \
            any("<journal@contoso.com>" in recipients for recipients in self.sunk(subject))

    COPIES = ["<journal@contoso.com>", "<sender-copy@contoso.com>"]

    def assert_shared(self, subject, graph, mta):
        """Each of them got it exactly once, from the one that had to."""
        delivery = self.delivery_of(subject)
        self.assertEqual(sorted(delivery["recipients"]), sorted(graph), subject)
        self.settle()
        self.assertEqual(sorted(r for recipients in self.sunk(subject) for r in recipients), sorted(mta), subject)
        self.assertEqual(len([d for d in self.rig.emulator.deliveries() if d["subject"] == subject]), 1, subject)

    def test_copies_that_the_mta_makes_survive_and_odd_forms_are_deleted(self):
        forms = {**FORMS, "an alias": ["<list@contoso.com>"]}
        for name, recipients in forms.items():
            with self.subTest(name):
                plain = sorted({r.split(" ")[0].split(":")[-1].strip("<>").lower() for r in recipients})
                code, text = self.send_to(recipients, mail(f"form {name}", to=", ".join(plain)))
                self.assertEqual(code, 250, text)
                self.assert_shared(f"form {name}", plain, self.COPIES)
        code, text = self.send_to([f"<{OUTSIDE}>"], mail("mapped"))
        self.assertEqual(code, 250, text)
        self.assert_shared("mapped", [OUTSIDE], [*self.COPIES, "<recipient-copy@contoso.com>"])

        with self.subTest("without copies nothing is left for the MTA"):
            self.no_copies()
        with self.subTest("some by Graph, the rest by the MTA"):
            self.shared()
        with self.subTest("a resend is answered as the first time"):
            self.resent()
        self.assert_no_violations()

    def no_copies(self):
        self.rig.mta.set("always_bcc =", "sender_bcc_maps =", "recipient_bcc_maps =")
        rig.wait_until(lambda: not self.has_copies(), "Postfix makes no copies")
        code, text = self.send_to([f"<{OUTSIDE}>"], mail("alone"))
        self.assertEqual(code, 250, text)
        self.assert_shared("alone", [OUTSIDE], [])

    def shared(self):
        data = mail("shared", to=f'"Alice, A." <{OUTSIDE}>, Bob <{INSIDE}>', extra=['Cc: =?utf-8?Q?J=C3=B6rg?= <joerg@fabrikam.example>'])
        recipients = [f"<{OUTSIDE}>", f"<{INSIDE}>", "<joerg@fabrikam.example>", '<"odd user"@contoso.com>']
        code, text = self.send_to(recipients, data, sender="<shared@contoso.com>")
        self.assertEqual(code, 250, text)
        self.assert_shared("shared", [OUTSIDE, "joerg@fabrikam.example"], [f"<{INSIDE}>", '<"odd user"@contoso.com>'])
        draft = email.message_from_bytes(self.delivered_bytes(self.delivery_of("shared")))
        self.assertEqual(draft["To"], f'"Alice, A." <{OUTSIDE}>')
        self.assertIn("<joerg@fabrikam.example>", draft["Cc"])
        self.assertNotIn(INSIDE, f'{draft["To"]} {draft["Cc"]}')
        kept, = [data for _, _, data in self.rig.sink.messages if b"Subject: shared\r\n" in data][:1]
        self.assertIn(f"Bob <{INSIDE}>".encode(), kept, "what the MTA delivers is the original")
        self.assertTrue('lost="envelope-sender,header-recipients,part-types"' in self.rig.milter.log_text())

    def resent(self):
        data = mail("shared", to=f'"Alice, A." <{OUTSIDE}>, Bob <{INSIDE}>', extra=['Cc: =?utf-8?Q?J=C3=B6rg?= <joerg@fabrikam.example>'])
        recipients = [f"<{OUTSIDE}>", f"<{INSIDE}>", "<joerg@fabrikam.example>", '<"odd user"@contoso.com>']
        self.assertEqual(self.send_to(recipients, data, sender="<shared@contoso.com>")[0], 250)
        self.settle()
        self.assertTrue("event=adopted" in self.rig.milter.log_text())
        self.assertEqual(len([d for d in self.rig.emulator.deliveries() if d["subject"] == "shared"]), 1)
        self.assertNotIn(f"<{OUTSIDE}>", [r for recipients in self.sunk("shared") for r in recipients])


class AcceptDelivered(Take):
    options = {"accept": "delivered", "accept-deadline": "4m", "accept-waiting": "40", "retry-initial": "300ms",
               "retry-max": "1s", "mailbox-messages": "0", "send-recheck": "500ms", "draft-settle": "200ms"}

    def fault(self, operation, **fault):
        self.rig.emulator.ask("POST", "/faults", [{"match": {"operation": operation}, **fault}])
        self.addCleanup(self.rig.emulator.ask, "DELETE", "/faults")

    def only(self, count):
        """So many are delivered, and nothing is left that could become one more."""
        rig.wait_until(lambda: not list(self.rig.milter.spool.glob("messages/*/*.msg")), "the spool is empty")
        rig.wait_until(lambda: len(self.rig.emulator.deliveries()) >= count, f"Graph has delivered {count}")
        self.assertEqual(len(self.rig.emulator.deliveries()), count)

    def restart(self, deadline):
        self.rig.milter.options["accept-deadline"] = deadline
        self.rig.milter.close()
        self.rig.milter.write_configuration(RULE)
        self.rig.milter.start()

    def test_the_client_hears_what_became_of_it(self):
        code, text = self.send_to([f"<{OUTSIDE}>"], mail("goes"))
        self.assertEqual(code, 250, text)
        self.assertIn("send", [request["operation"] for request in self.rig.emulator.requests()], "250 came before Graph had it")
        self.only(1)

        self.fault("create-draft", action="status", status=503, code="ServiceUnavailable", times=2)
        code, text = self.send_to([f"<{OUTSIDE}>"], mail("goes in the end"))
        self.assertEqual(code, 250, text)

        self.fault("send", action="status", status=403, code="ErrorSendAsDenied", message="not as him")
        code, text = self.send_to([f"<{OUTSIDE}>"], mail("refused"))
        self.assertEqual((code, text), (550, "5.7.1 Microsoft 365 refused the mail: 403 ErrorSendAsDenied: not as him"))
        self.only(2)
        self.rig.emulator.ask("DELETE", "/faults")
        self.assertEqual(self.rig.sink.messages, [], "a report although the client was told")
        self.assertEqual(self.send_to([f"<{OUTSIDE}>"], mail("refused"))[0], 250, "the same mail may come again")
        self.only(3)

        self.fault("send", action="effect-then-drop")
        self.assertEqual(self.send_to([f"<{OUTSIDE}>"], mail("unclear"))[0], 250)
        self.only(4)
        self.assert_no_violations()

    def test_what_is_not_there_in_time_is_withdrawn(self):
        self.restart("2s")
        self.fault("create-draft", action="status", status=503, code="ServiceUnavailable", times=0)
        code, text = self.send_to([f"<{OUTSIDE}>"], mail("late"))
        self.assertEqual((code, text), (451, "4.4.7 Microsoft 365 has not taken the mail in time; try again later"))
        self.only(0)
        self.rig.emulator.ask("DELETE", "/faults")
        self.restart("4m")
        self.assertEqual(self.send_to([f"<{OUTSIDE}>"], mail("late"))[0], 250)
        self.only(1)

        self.restart("20s")
        self.fault("send", action="hold", effect=True)
        self.assertEqual(self.send_to([f"<{OUTSIDE}>"], mail("may be out"))[0], 250, "ours, since nobody knows")
        self.rig.emulator.ask("POST", "/release")
        self.only(2)
        self.assert_no_violations()

    def test_many_wait_at_once(self):
        self.fault("create-draft", action="hold", times=0)
        heard = []
        clients = [threading.Thread(target=lambda n=n: heard.append(
            self.send_to([f"<{OUTSIDE}>"], mail(f"many {n}"))[0])) for n in range(12)]
        for client in clients:
            client.start()
        rig.wait_until(lambda: self.rig.milter.log_text().count("status=awaited") == len(clients), "all wait")
        self.rig.send("somebody@contoso.com", ["marker@elsewhere.example"], mails.message(mails.head("passes"), mails.TEXT))
        rig.wait_until(lambda: self.sunk("passes"), "others go on")
        self.rig.emulator.ask("DELETE", "/faults")
        self.rig.emulator.ask("POST", "/release")
        for client in clients:
            client.join()
        self.assertEqual(heard, [250] * 12)
        self.only(12)


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
