# SPDX-License-Identifier: Apache-2.0
"""The stories of the other tests with a real Sendmail in front of graph-milter, and what is Sendmail's own."""
import functools
import json
import pathlib
import re
import smtplib
import subprocess
import unittest

import authority_test
import crash_test
import mails
import mta_test
import relay_test
import rig
import sendmail_rig
import smuggling_test
import story_test
import take_test
import trouble_test
from relay_test import BINARIES, EVERYTHING, WithPassing
from sendmail_rig import Sendmail

STORIES = [
    relay_test.FirstMail, relay_test.FiftyMails, relay_test.LeftAlone, relay_test.Protected, relay_test.ManyOnOneConnection,
    crash_test.KilledInMidUpload, crash_test.KilledInMidSend,
    mta_test.MilterDiesAtEndOfMessage, mta_test.Dsn, mta_test.NotifyAddress, mta_test.HandedBack, mta_test.ComesBackAround,
    trouble_test.GraphUnreachable, trouble_test.WrongSecret, trouble_test.UnknownMailbox,
    story_test.NothingVanishes, story_test.TakesEffectLate, story_test.AfterAnOutage,
]
for story in STORIES:
    globals()[story.__name__] = type(story.__name__, (story,), {"mta": Sendmail, "__module__": __name__})


class ResendAfterALostAnswer(mta_test.ResendAfterALostAnswer):
    mta = Sendmail
    LACKING = (6, 0)  # Sendmail's Date comes after us: two mails without one are equal, so two copies for whoever gets them


class SendmailDies(mta_test.PostfixDies):
    mta = Sendmail
    # One process of Sendmail hears DISCARD and says 250: there is no moment in between.
    test_after_it_has_dropped_its_copy_and_before_the_clients_250 = None


class SpoofMatrix(authority_test.SpoofMatrix):
    """Clients have addresses of the loopback network instead of XCLIENT, and log in by AUTH."""

    PLACES = {"192.0.2.": "127.0.2.", "198.51.100.": "127.0.100.", "203.0.113.": "127.0.113."}

    def here(self, text):
        for network, place in self.PLACES.items():
            text = text.replace(network, place)
        return text

    def make_rig(self):
        logins = {login: f"password of {login}" for login in authority_test.LOGINS if login}
        return rig.Rig(BINARIES, {"mailbox-messages": "0"}, self.here(self.rules()), authority_test.MAILBOXES,
                       mta_services={"ORIGINATING": []}, mta=functools.partial(Sendmail, logins=logins))

    def connect(self, case):
        client = smtplib.SMTP("127.0.0.1", self.port(case), timeout=120, source_address=(self.here(case.client), 0))
        client.ehlo("client.example")
        if case.login:
            client.login(case.login, f"password of {case.login}")
        return client


class AddedAfterUs(WithPassing):
    """Sendmail puts Message-ID, Date and From into mail without them when it sends it on, so a milter never sees those."""

    rules, mta = EVERYTHING, Sendmail

    def test_the_draft_has_what_sendmail_would_have_added(self):
        lacking = mails.with_attachments("no id, no date", [mails.pdf("scan.pdf", 1, 4_000)], message_id=False, date=False)
        self.assertEqual(self.rig.send(mails.SENDER, [mails.RECIPIENT], lacking)[0], 250)
        delivery, = self.rig.wait_for_deliveries(1)
        self.assert_same_mail(lacking, delivery, [mails.RECIPIENT], "no id, no date")
        got = mails.header_values(self.delivered_bytes(delivery), ["Message-ID", "Date"])
        in_the_log, = re.findall(r" from=<scanner@contoso.com>.* msgid=(<[^>]*>)", self.rig.mta.log_text())
        self.assertEqual(got["Message-ID"], [in_the_log], "the Message-ID is not the one of Sendmail's log")
        self.assertEqual(len(got["Date"]), 1)
        self.assertIn(f"message-id={in_the_log}", self.rig.milter.log_text())

        authorless = lacking.replace(b"From: Scanner <scanner@contoso.com>\r\n", b"")
        self.assert_passes(mails.SENDER, [mails.RECIPIENT], authorless, "0 From fields")
        self.assertEqual(mails.header_values(self.rig.sink.messages[-1][2], ["From"])["From"], [mails.SENDER])
        self.assert_no_violations()


class Smuggling(smuggling_test.Smuggling):
    """Debian's Sendmail ends the connection where it sees a bare LF or CR, and refuses DATA that did not wait for its turn."""

    ACCEPTED = b"Message accepted for delivery"
    FOR_THE_END, REAL = (), ()

    def setUp(self):
        self.ways = ("no",)
        self.rig = rig.Rig(BINARIES, {"mailbox-messages": "0"}, smuggling_test.RULES, smuggling_test.MAILBOXES,
                           mta_services={"no": []}, mta=Sendmail)
        self.addCleanup(self.rig.close)


    def test_no_smuggled_author_reaches_graph(self):
        super().test_no_smuggled_author_reaches_graph()
        log = self.rig.mta.log_text()
        for reason in ("Bare linefeed (LF) not allowed", "Bare carriage return (CR) not allowed", "due to traffic before response"):
            self.assertIn(reason, log)


MACRO_STAGES = ("CONNECT", "HELO", "ENVFROM", "ENVRCPT", "DATA", "EOH", "EOM")


def small(subject, **options):
    return mails.with_attachments(subject, [mails.pdf("scan.pdf", subject, 4_000)], **options)


class WithCheck(WithPassing):
    def line(self, text):
        """The number of the line of sendmail.cf with this text."""
        numbers = [number for number, line in enumerate(self.rig.mta.cf.read_text().split("\n"), 1) if text in line]
        self.assertEqual(len(numbers), 1, text)
        return numbers[0]

    def check(self):
        """What config check finds in Sendmail's own configuration: [(severity, line, what, hint)]."""
        cf = str(self.rig.mta.cf)
        done = subprocess.run([pathlib.Path(BINARIES) / "milter/graph-milterctl", "--json", "-c", self.rig.milter.conf,
                               "-o", "socket=unix:/run/graph-milter/graph-milter.sock", "--mta", "sendmail", "--mta-config", cf,
                               "config", "check"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return [(found["severity"], int(found["where"].removeprefix(cf + ":")), found["what"], found["hint"])
                for found in json.loads(done.stdout)["findings"] if found["where"].startswith(cf)]

    def goes_past(self):
        port = self.rig.mta.plain_port
        return ("good", self.line(f"Port={port},"), f"mail that comes to daemon REINJECT, port {port}, goes past graph-milter", "")


class SendmailsWays(WithCheck):
    """What Sendmail does otherwise than Postfix. Its lists of macros are empty: graph-milter gets those that it asks for."""

    rules = EVERYTHING.replace("action", "daemon = MTA\naction")
    mta = functools.partial(Sendmail, aliases={"team": "alice@fabrikam.example, dora@fabrikam.example"})
    mta_settings = [f"define(`confMILTER_MACROS_{stage}', `')dnl" for stage in MACRO_STAGES]
    mta_services = {"OTHER": []}

    def transaction(self, recipients, data, options=(), port=None):
        """The replies to MAIL, to each RCPT and to the final dot."""
        with smtplib.SMTP("127.0.0.1", port or self.rig.mta.port, timeout=120) as client:
            client.ehlo("client.contoso.com")
            replies = [client.docmd(" ".join([f"MAIL FROM:<{mails.SENDER}>", *options]))]
            if replies[0][0] == 250:
                replies += [client.rcpt(recipient) for recipient in recipients]
                replies.append(client.data(data))
        return replies

    def delivered(self, subject):
        def find():
            return [d for d in self.rig.emulator.deliveries() if d["subject"] == subject]
        return rig.wait_until(find, f"{subject} is delivered")[0]

    def test_what_is_otherwise_than_with_postfix(self):
        self.assertEqual(self.check(), [
            ("good", self.line("Xgraph-milter,"), "Sendmail asks graph-milter at unix:/run/graph-milter/graph-milter.sock", ""),
            self.goes_past()])
        self.daemons_have_names()
        self.refused_recipients_get_nothing()
        self.aliases_are_not_expanded()
        self.routes_are_cut_from_addresses()
        self.eight_bits_and_utf_8()
        self.header_fields_keep_their_blanks()
        self.nul_bytes_and_size()
        self.rig.milter.close()
        self.clients_come_again_while_graph_milter_is_down()
        self.assert_no_violations()

    def daemons_have_names(self):
        replies = self.transaction([mails.RECIPIENT], small("another daemon"), port=self.rig.mta.ports["OTHER"])
        self.assertEqual(replies[-1][0], 250)
        self.assertIn(b"Subject: another daemon\r\n", self.passed(1)[0][2])

    def refused_recipients_get_nothing(self):
        replies = self.transaction([mails.RECIPIENT, "nobodyhere@mta.contoso.com", mails.RECIPIENT], small("refused"))
        self.assertEqual([code for code, _ in replies], [250, 250, 550, 250, 250])
        self.assertEqual(self.delivered("refused")["recipients"], [mails.RECIPIENT])

    def aliases_are_not_expanded(self):
        """DISCARD comes before Sendmail expands an alias that it has resolved: Graph mails the name that the client wrote."""
        self.transaction([mails.RECIPIENT, "team@mta.contoso.com"], small("alias"))
        self.assertEqual(sorted(self.delivered("alias")["recipients"]), [mails.RECIPIENT, "team@mta.contoso.com"])

    def routes_are_cut_from_addresses(self):
        self.transaction(["<@hop.example:bob@fabrikam.example>", "Carol@FABRIKAM.Example", mails.RECIPIENT], small("addresses"))
        self.assertEqual(sorted(address.lower() for address in self.delivered("addresses")["recipients"]),
                         [mails.RECIPIENT, "bob@fabrikam.example", "carol@fabrikam.example"])

    def eight_bits_and_utf_8(self):
        data = small("Gr\u00fc\u00dfe")
        self.assertEqual(self.transaction([mails.RECIPIENT], data, ["BODY=8BITMIME"])[-1][0], 250)
        self.assert_same_mail(data, self.delivered("Gr\u00fc\u00dfe"), [mails.RECIPIENT], "raw UTF-8")
        code, text = self.transaction([mails.RECIPIENT], data, ["SMTPUTF8"])[0]
        self.assertEqual((code, text), (555, b"5.5.4 SMTPUTF8 parameter unrecognized"), "Debian's Sendmail has no SMTPUTF8")

    def header_fields_keep_their_blanks(self):
        fields = ["X-Tab:\tz", "X-None:z", "X-Two:  z  ", "X-Folded: a\r\n\tb\r\n  c", "X-Empty:"]
        self.assertEqual(self.transaction([mails.RECIPIENT], small("blanks", extra=fields))[-1][0], 250)
        got = self.delivered_bytes(self.delivered("blanks"))
        for field in fields:
            self.assertIn(f"\r\n{field}\r\n".encode(), got)

    def nul_bytes_and_size(self):
        before = len(self.rig.emulator.deliveries())
        for where in (b"Subject: ", b"Please "):
            code, text = self.transaction([mails.RECIPIENT], small("with NUL").replace(where, where + b"\0"))[-1]
            self.assertEqual((code, text), (554, b"5.6.1 NUL byte not allowed"))
        code, text = self.transaction([mails.RECIPIENT], small("long", extra=[f"X-{n}: " + 900 * "z" for n in range(40)]))[-1]
        self.assertEqual((code, text), (552, b"5.6.0 Headers too large (32768 max)"))
        code, text = self.transaction([mails.RECIPIENT], b"", ["SIZE=250000001"])[0]
        self.assertEqual((code, text), (552, b"5.2.3 Message size exceeds fixed maximum message size (250000000)"))
        self.assertEqual(len(self.rig.emulator.deliveries()), before)

    def clients_come_again_while_graph_milter_is_down(self):
        """F=T of contrib's line."""
        before = len(self.rig.sink.messages)
        code, _ = self.transaction([mails.RECIPIENT], small("nobody asks"))[0]
        self.assertEqual(code, 451)
        self.assertEqual(len(self.rig.sink.messages), before)


class WithoutALetter(WithCheck):
    """F= instead of F=T: what contrib's line warns of; and what the check of the configuration says of it."""

    rules = EVERYTHING
    mta = functools.partial(Sendmail, changes=[("F=T, ", ""), ("`250000000'", "`20000000'")])

    def test_mail_passes_unasked_while_graph_milter_is_down_and_the_check_says_so(self):
        self.rig.milter.close()
        self.assert_passes(mails.SENDER, [mails.RECIPIENT], small("nobody asks"), None)
        self.assertEqual(self.check(), [
            ("warning", self.line("Xgraph-milter,"), "without F= Sendmail delivers mail itself while graph-milter is down",
             "F=T: clients come again"),
            self.goes_past(),
            ("warning", self.line("O MaxMessageSize="),
             "Sendmail refuses mail of more than 20000000 bytes; max-message-size is 36700160",
             "define(`confMAX_MESSAGE_SIZE', `36700160')dnl")])


class AcceptDelivered(take_test.AcceptDelivered):
    mta = Sendmail


class SendmailGivesUp(take_test.Take):
    """E: of contrib's line ends before accept-deadline does: what config check warns of. Nobody loses or gets anything twice."""

    options = take_test.AcceptDelivered.options
    mta = functools.partial(Sendmail, changes=[("E:10m", "E:3s")])

    def test_the_client_comes_again_and_the_mail_goes_out_once(self):
        self.rig.emulator.ask("POST", "/faults", [{"match": {"operation": "create-draft"}, "action": "hold", "times": 1}])
        code, text = self.send_to([f"<{take_test.OUTSIDE}>"], take_test.mail("gives up"))
        self.assertEqual((code, text), (451, "4.3.2 Please try again later"))
        self.rig.emulator.ask("POST", "/release")
        code, text = self.send_to([f"<{take_test.OUTSIDE}>"], take_test.mail("gives up"))
        self.assertEqual(code, 250, text)
        rig.wait_until(lambda: not list(self.rig.milter.spool.glob("messages/*/*.msg")), "the spool is empty")
        self.assertEqual(len(self.rig.emulator.deliveries()), 1)
        self.assertEqual(self.rig.sink.messages, [])
        self.assert_no_violations()


class TakeRecipients(take_test.Take):
    """take = recipients. Sendmail tells a filter each address in brackets and without its route, however the client wrote it,
    and with an alias it deletes all that the alias stands for."""

    rules = f"""
[rule some]
client    = 127.0.0.1
from      = scanner@contoso.com
sender    = shared@contoso.com
part-size = 3M
take      = recipients
take-recipients = @fabrikam.example
header-only-recipients = trim
action    = relay

{take_test.RULE}take = recipients
"""
    mta = functools.partial(Sendmail, aliases={"team": "alice@fabrikam.example, dora@fabrikam.example"})
    FORMS = {
        **take_test.FORMS,
        "percent": ["<carol%x.example@fabrikam.example>"],
        "an alias": ["<team@mta.contoso.com>"],
    }

    def test_what_graph_takes_sendmail_does_not_deliver(self):
        for name, recipients in self.FORMS.items():
            plain = sorted({r.split(" ")[0].split(":")[-1].strip("<>").lower() for r in recipients})
            code, text = self.send_to(recipients, take_test.mail(name, to=", ".join(plain)))
            self.assertEqual(code, 250, f"{name}: {text}")
            self.assertEqual(sorted(self.delivery_of(name)["recipients"]), plain, name)
        data = take_test.mail("shared", to=f"{take_test.OUTSIDE}, {take_test.INSIDE}")
        code, text = self.send_to([f"<{take_test.OUTSIDE}>", f"<{take_test.INSIDE}>"], data, sender="<shared@contoso.com>")
        self.assertEqual(code, 250, text)
        self.assertEqual(self.delivery_of("shared")["recipients"], [take_test.OUTSIDE])
        self.settle()
        self.assertEqual(self.sunk("shared"), [[f"<{take_test.INSIDE}>"]])
        for name in self.FORMS:
            self.assertEqual(self.sunk(name), [], name)
        self.assertEqual(len(self.rig.emulator.deliveries()), len(self.FORMS) + 1)
        self.assert_no_violations()


if __name__ == "__main__":
    sendmail_rig.skip_without_sendmail()
    unittest.main()
