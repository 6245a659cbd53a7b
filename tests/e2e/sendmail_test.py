# SPDX-License-Identifier: Apache-2.0
"""The stories of the other tests with a real Sendmail in front of graph-milter, and what is Sendmail's own."""
import functools
import re
import smtplib
import unittest

import authority_test
import crash_test
import mails
import mta_test
import relay_test
import rig
import sendmail_rig
import trouble_test
from relay_test import BINARIES, EVERYTHING, WithPassing
from sendmail_rig import Sendmail

STORIES = [
    relay_test.FirstMail, relay_test.FiftyMails, relay_test.LeftAlone, relay_test.Protected, relay_test.ManyOnOneConnection,
    crash_test.KilledInMidUpload, crash_test.KilledInMidSend,
    mta_test.MilterDiesAtEndOfMessage, mta_test.Dsn, mta_test.NotifyAddress, mta_test.HandedBack, mta_test.ComesBackAround,
    trouble_test.GraphUnreachable, trouble_test.WrongSecret, trouble_test.UnknownMailbox,
]
for story in STORIES:
    globals()[story.__name__] = type(story.__name__, (story,), {"mta": Sendmail, "__module__": __name__})


class ResendAfterALostAnswer(mta_test.ResendAfterALostAnswer):
    mta = Sendmail
    LACKING = (6, 0)  # Sendmail's Date comes after us: two mails without one are equal, so two copies for whoever gets them


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


if __name__ == "__main__":
    sendmail_rig.skip_without_sendmail()
    unittest.main()
