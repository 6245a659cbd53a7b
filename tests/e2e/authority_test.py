# SPDX-License-Identifier: Apache-2.0
"""Who may make us write as a mailbox, through a real Postfix: what no rule allows never reaches Graph. XCLIENT says who the
client is and under which name it has logged in, as the MTA would know it from the connection and from AUTH."""
import email
import ipaddress
import itertools
import os
import smtplib
import unittest

import rig

BINARIES = os.environ.get("GM_BINARY_DIR", ".build/dev")
MAILBOXES = ("scanner@contoso.com", "app@contoso.com", "anna@contoso.com", "bert@contoso.com", "team@contoso.com", "ceo@contoso.com")

RULES = """
[rule devices]
client = 192.0.2.0/24
from   = scanner@contoso.com
action = relay

[rule port]
client = 198.51.100.7
daemon = ORIGINATING
from   = app@contoso.com
action = relay

[rule themselves]
login  = @contoso.com
from   = @contoso.com
action = relay

[rule named]
sender-map = SENDERS
action     = relay
"""
SENDERS = "annas-phone  anna@contoso.com, team@contoso.com\nshop  app@contoso.com\n"


def may_use(client, login, daemon, mailbox):
    """The table of who may use which From, written down a second time."""
    grants = [
        (lambda: ipaddress.ip_address(client) in ipaddress.ip_network("192.0.2.0/24"), {"scanner@contoso.com"}),
        (lambda: client == "198.51.100.7" and daemon == "ORIGINATING", {"app@contoso.com"}),
        (lambda: login.endswith("@contoso.com"), {login}),
        (lambda: login == "annas-phone", {"anna@contoso.com", "team@contoso.com"}),
        (lambda: login == "shop", {"app@contoso.com"}),
    ]
    return any(mailbox in mailboxes for holds, mailboxes in grants if holds())


# The From fields a spoofer would try; what each of them names, if it names one mailbox beyond doubt.
FORMS = {
    "plain": (["From: scanner@contoso.com"], "scanner@contoso.com"),
    "capitals": (["From: Scanner <SCANNER@Contoso.COM>"], "scanner@contoso.com"),
    "display name with another address": (['From: "ceo@contoso.com" <scanner@contoso.com>'], "scanner@contoso.com"),
    "display name of the allowed one": (['From: "scanner@contoso.com" <ceo@contoso.com>'], "ceo@contoso.com"),
    "another Sender": (["From: scanner@contoso.com", "Sender: ceo@contoso.com"], "scanner@contoso.com"),
    "Sender instead of From": (["Sender: scanner@contoso.com"], None),
    "two mailboxes": (["From: scanner@contoso.com, ceo@contoso.com"], None),
    "two From fields": (["From: scanner@contoso.com", "From: ceo@contoso.com"], None),
    "group": (["From: Team: scanner@contoso.com;"], None),
    "empty group": (["From: undisclosed:;"], None),
    "encoded word": (["From: =?utf-8?q?scanner=40contoso=2Ecom?="], None),
    "encoded word in front of another": (["From: =?utf-8?q?scanner=40contoso=2Ecom=3E?= <ceo@contoso.com>"], "ceo@contoso.com"),
    "comment in the address": (["From: scanner@contoso.com(@evil.example)"], None),
    "quoted local part": (['From: "scanner"@contoso.com'], None),
    "trailing dot": (["From: scanner@contoso.com."], None),
    "route": (["From: <@evil.example:scanner@contoso.com>"], None),
    "percent": (["From: scanner%contoso.com@contoso.com"], None),
    "plus": (["From: scanner+x@contoso.com"], None),
    "subdomain": (["From: scanner@mail.contoso.com"], None),
    "lookalike": (["From: scanner@cont\u043eso.com"], None),
    "no From": ([], None),
    "resent": (["Resent-From: ceo@contoso.com", "From: scanner@contoso.com"], None),
    "mailbox in X- fields": (["X-Mailbox: ceo@contoso.com", "From: scanner@contoso.com", "Reply-To: ceo@contoso.com"],
                             "scanner@contoso.com"),
}

CLIENTS = ("192.0.2.9", "198.51.100.7", "203.0.113.5")
LOGINS = ("", "anna@contoso.com", "annas-phone", "shop", "stranger")
WANTED = ("scanner@contoso.com", "anna@contoso.com", "team@contoso.com", "app@contoso.com", "ceo@contoso.com")


class Case:
    numbers = itertools.count(1)

    def __init__(self, what, client, login="", sender=None, fields=(), names=None, daemon="smtpd"):
        self.what, self.client, self.login, self.fields, self.daemon = what, client, login, fields, daemon
        self.sender = "bounces@elsewhere.example" if sender is None else sender
        self.subject = f"case {next(self.numbers)}"
        self.mailbox = names
        self.allowed = names is not None and self.sender != "" and may_use(client, login, daemon, names)

    def message(self):
        lines = [*self.fields, "To: alice@fabrikam.example", f"Subject: {self.subject}", "Date: Sun, 22 Nov 2026 10:00:00 +0100",
                 f"Message-ID: <{self.subject.replace(' ', '-')}@device.example>", "", "Hello.", ""]
        return "\r\n".join(lines).encode()

    def __str__(self):
        return f"{self.subject}: {self.what}, client {self.client}, login {self.login or '-'}, sender <{self.sender}>, port {self.daemon}"


def cases():
    for client, login, wanted in itertools.product(CLIENTS, LOGINS, WANTED):
        yield Case(f"From {wanted}", client, login, None, [f"From: {wanted}"], wanted)
    for daemon, wanted in itertools.product(("ORIGINATING", "smtpd"), ("app@contoso.com", "ceo@contoso.com")):
        yield Case(f"From {wanted}", "198.51.100.7", "", None, [f"From: {wanted}"], wanted, daemon)
    for name, (fields, names) in FORMS.items():
        yield Case(name, "192.0.2.9", "", None, fields, names)
    for sender in ("", "scanner@contoso.com", "ceo@contoso.com"):
        yield Case("envelope sender", "192.0.2.9", "", sender, ["From: scanner@contoso.com"], "scanner@contoso.com")
        yield Case("envelope sender of the allowed one", "203.0.113.5", "", sender, ["From: ceo@contoso.com"], "ceo@contoso.com")


class SpoofMatrix(unittest.TestCase):
    def rules(self):
        self.folder = rig.Folder()
        self.addCleanup(self.folder.close)
        senders = self.folder.path / "senders"
        senders.write_text(SENDERS)
        return RULES.replace("SENDERS", str(senders))

    def make_rig(self):
        settings = ["smtpd_sasl_auth_enable = yes", "smtpd_authorized_xclient_hosts = 127.0.0.1", "mynetworks = 0.0.0.0/0",
                    "milter_macro_daemon_name = smtpd",
                    "local_header_rewrite_clients ="]
        return rig.Rig(BINARIES, {"mailbox-messages": "0"}, self.rules(), MAILBOXES, settings,
                       mta_services={"ORIGINATING": ["milter_macro_daemon_name=ORIGINATING"]})

    def setUp(self):
        self.rig = self.make_rig()
        self.addCleanup(self.rig.close)

    def tearDown(self):
        if rig.has_failed(self):
            self.rig.folder_object.keep()

    def port(self, case):
        return self.rig.mta.ports.get(case.daemon, self.rig.mta.port)

    def connect(self, case):
        """An SMTP client whom the MTA knows by the address and the login of the case."""
        client = smtplib.SMTP("127.0.0.1", self.port(case), timeout=120)
        client.ehlo("client.example")
        code, text = client.docmd(f"XCLIENT ADDR={case.client} LOGIN={case.login or '[UNAVAILABLE]'}")
        self.assertEqual(code, 220, text)
        client.ehlo("client.example")
        return client

    def send(self, case):
        with self.connect(case) as client:
            self.assertEqual(client.mail(case.sender)[0], 250, case)
            self.assertEqual(client.rcpt("alice@fabrikam.example")[0], 250, case)
            self.assertEqual(client.data(case.message())[0], 250, case)

    def test_only_what_a_rule_allows_reaches_graph(self):
        everything = list(cases())
        self.assertGreaterEqual(len(everything), 40)
        self.assertGreater(sum(case.allowed for case in everything), 10)
        for case in everything:
            self.send(case)
        allowed = {case.subject: case for case in everything if case.allowed}
        rig.wait_until(lambda: len(self.rig.emulator.deliveries()) + len(self.rig.sink.messages) >= len(everything),
                       "every mail is somewhere", 240)
        deliveries = self.rig.emulator.deliveries()
        passed = {email.message_from_bytes(data)["Subject"] for _, _, data in self.rig.sink.messages}
        for case in everything:
            with self.subTest(str(case)):
                self.assertEqual(case.subject in passed, not case.allowed)
                self.assertEqual([d["subject"] for d in deliveries].count(case.subject), 1 if case.allowed else 0)
        for delivery in deliveries:
            self.assertEqual(delivery["mailbox"], allowed[delivery["subject"]].mailbox, delivery["subject"])
        asked = {request["mailbox"] for request in self.rig.emulator.requests() if request.get("mailbox")}
        self.assertNotIn("ceo@contoso.com", asked, "Graph was asked something about a mailbox that nobody may use")
        self.assertEqual(self.rig.emulator.violations(), [])


if __name__ == "__main__":
    rig.skip_without_root()
    unittest.main()
