# SPDX-License-Identifier: Apache-2.0
"""The habits of twelve mail clients (see mail_writer.py)."""
import mail_writer as w
from mail_writer import Style


def lower_after_dash(name):
    """Content-type, as Outlook for Mac writes it."""
    return name.capitalize()


def message_id(case, host="contoso.com"):
    return f"Message-ID: <{case.hexes(12)}.{case.digits(6)}@{host}>"


def exchange_parameters(case, attachment):
    del case
    return [f"size={len(attachment.content)}", 'creation-date="Mon, 23 Nov 2026 06:59:00 GMT"',
            'modification-date="Mon, 23 Nov 2026 06:59:30 GMT"']


def exchange_header(case):
    return ["Thread-Topic: report", f"Thread-Index: Adod{case.letters(20)}==", message_id(case, "AM0PR01MB1234.eurprd01.prod.outlook.com"),
            "Accept-Language: de-DE, en-US", "Content-Language: de-DE", "X-MS-Has-Attach: yes", "X-MS-TNEF-Correlator:",
            "x-ms-publictraffictype: Email",
            "Received: from AM0PR01MB1234.eurprd01.prod.outlook.com\n ([fe80::1%4]) by AM0PR01MB1234.eurprd01.prod.outlook.com with mapi id\n"
            " 15.20.7025.017; Mon, 23 Nov 2026 07:00:00 +0000"]


def exchange(name, **more):
    return Style(name, lambda case, level: f"_00{4 - level}_{case.letters(20).upper()}{case.hexes(8)}_", exchange_header, "\t",
                 breaks_parameters=False, quotes_charset=True, charsets=("iso-8859-1", "utf-8"), encodings=("quoted-printable", "base64"),
                 name_charsets=("iso-8859-1", "utf-8"), word=w.q_word, disposition_extra=exchange_parameters, epilogue="\n",
                 extra=lambda case, attachment: [f"Content-Description: {w.words(attachment.name, 'utf-8', w.b_word)}"
                                                 if not w.is_ascii(attachment.name) else f"Content-Description: {attachment.name}"],
                 order=("type", "extra", "disposition", "encoding"), quotes_people=True, **more)


def next_part(case, level):
    return f"----=_NextPart_00{level}_{case.hexes(4).upper()}_01DA1DDD.70D1B3E0"


def thunderbird_boundary(case, level):
    del level
    return "------------" + case.letters(24)


CLIENTS = [
    Style("Outlook", next_part,
          lambda case: [message_id(case), "X-Mailer: Microsoft Outlook 16.0", f"Thread-Index: Adod{case.letters(22)}==", "Content-Language: de",
                        case.pick("", "X-Priority: 1 (Highest)\nX-MSMail-Priority: High\nImportance: High"),
                        case.pick("", "Disposition-Notification-To: <anna.berg@contoso.com>"), case.pick("", "Sensitivity: Company-Confidential")],
          "\t", breaks_parameters=True, preamble="This is a multipart message in MIME format.\n\n", gap="\n", epilogue="\n\n",
          quotes_charset=True, name_charsets=("iso-8859-1", "utf-8"), html_encoding="quoted-printable", quotes_people=True, extras=("calendar", "message", "tnef")),
    exchange("new Outlook", mime_version="MIME-Version: 1.0", extras=("calendar", "message")),
    exchange("OWA", html_encoding="base64", extras=("calendar",)),
    Style("Outlook for Mac", lambda case, level: f"B_36994{case.digits(5)}_{case.digits(9)}",
          lambda case: ["User-Agent: Microsoft-MacOutlook/16.78.23100802", f"Message-ID: <{case.uuid()}@contoso.com>", "Thread-Topic: report",
                        "Content-class: urn:content-classes:message"],
          "\t", breaks_parameters=True, mime_version="Mime-version: 1.0", names_of_fields=lower_after_dash, quotes_charset=True,
          preamble="> This message is in MIME format. Since your mail reader does not understand\nthis format, some or all of this message "
                   "may not be legible.\n\n",
          charsets=("US-ASCII", "ISO-8859-1", "UTF-8"), type_extra=lambda case, attachment: ["x-mac-creator=\"4F50494D\"", "x-mac-type=\"50444620\""],
          word=w.b_word, epilogue="\n\n", file_name=w.both_forms),
    Style("Apple Mail", lambda case, level: f"Apple-Mail=_{case.uuid()}",
          lambda case: [f"Message-Id: <{case.uuid()}@contoso.com>", "X-Mailer: Apple Mail (2.3731.700.6)"], "\t", breaks_parameters=True,
          mime_version="Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3731.700.6\\))", charsets=("us-ascii", "utf-8"), type_name=w.quoted,
          file_name=w.rfc2231, disposition="inline", order=("disposition", "type", "encoding", "extra"), gap="\n", preamble="\n",
          type_extra=lambda case, attachment: ["x-unix-mode=0644"], behind_base64="", mime_first=True, extras=("calendar", "message"), text_attachments="quoted-printable"),
    Style("iOS Mail", lambda case, level: f"Apple-Mail-{case.uuid()}",
          lambda case: [f"Message-Id: <{case.uuid()}@contoso.com>", "X-Mailer: iPhone Mail (21A360)"], "\t", breaks_parameters=True,
          preamble="\n", quotes_boundary=False, mime_version="Mime-Version: 1.0 (1.0)", charsets=("us-ascii", "utf-8"),
          type_name=w.quoted_if_needed, file_name=w.rfc2231, disposition="inline", top_encoding="7bit", mime_first=True, behind_base64="",
          type_extra=lambda case, attachment: [f"x-apple-part-url={case.uuid()}"]),
    Style("Thunderbird", thunderbird_boundary,
          lambda case: [f"Message-ID: <{case.hexes(8)}-1111-2222-3333-{case.hexes(12)}@contoso.com>", "User-Agent: Mozilla Thunderbird",
                        "Content-Language: en-US", case.pick("", "X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0; DSN=0; uuencode=0")],
          preamble="This is a multi-part message in MIME format.\n", charsets=("UTF-8",), encodings=("7bit", "8bit"), name_charsets=("UTF-8",),
          type_name=w.quoted, file_name=w.rfc2231_sections, word=w.b_word, order=("type", "disposition", "encoding", "extra"), width=72,
          text_extra=lambda case: ["format=flowed"], epilogue="\n\n", extras=("message", "calendar")),
    Style("Gmail", lambda case, level: f"000000000000{case.hexes(16)}",
          lambda case: [f"Message-ID: <CAF={case.letters(30)}+{case.letters(8)}@mail.gmail.com>"], charsets=("UTF-8",), word=w.b_word,
          encodings=("", "base64"), html_encoding="quoted-printable", quotes_charset=True, name_charsets=("UTF-8",), mime_first=False,
          order=("type", "disposition", "encoding", "extra"), gap="",
          extra=lambda case, attachment: [f"Content-ID: <f_lp0{case.hexes(5)}>", f"X-Attachment-Id: f_lp0{case.hexes(5)}"]
          if attachment.name != "image001.png" else ["X-Attachment-Id: ii_lp0"], behind_base64="", epilogue="\n", extras=("calendar",)),
    Style("K-9", lambda case, level: "----" + case.letters(30, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
          lambda case: ["User-Agent: K-9 Mail for Android", f"Message-ID: <{case.uuid()}@contoso.com>"], breaks_parameters=True,
          charsets=("utf-8",), encodings=("7bit", "quoted-printable"), type_name=w.rfc2231_sections, file_name=w.rfc2231_sections,
          disposition_extra=lambda case, attachment: [f"size={len(attachment.content)}"]),
    Style("KMail", lambda case, level: f"nextPart{case.digits(7)}.{case.letters(10)}",
          lambda case: [f"Message-ID: <{case.digits(7)}.{case.letters(10)}@host>", "User-Agent: KMail/5.22.3"],
          preamble="This is a multi-part message in MIME format.\n\n", charsets=("us-ascii", "iso-8859-1", "UTF-8"), quotes_charset=True,
          encodings=("7Bit", "quoted-printable"), type_name=w.rfc2231, file_name=w.rfc2231, order=("disposition", "encoding", "type", "extra"),
          epilogue="\n\n\n", behind_base64="", extras=("message",), text_attachments="8bit"),
    Style("Evolution", lambda case, level: "=-" + case.letters(20),
          lambda case: [f"Message-ID: <{case.hexes(40)}.camel@contoso.com>", "User-Agent: Evolution 3.46.4-2"], "\t", preamble="\n", gap="\n",
          charsets=("UTF-8",), quotes_charset=True, encodings=("7bit", "base64"), name_charsets=("ISO-8859-1", "UTF-8"),
          type_name=w.rfc2231_sections, file_name=w.rfc2231_sections, order=("disposition", "type", "encoding", "extra"),
          behind_base64="\n\n", mime_first=True, extras=("message",)),
    Style("mutt", lambda case, level: case.letters(12) + case.pick("", "/", "+", "//") + case.letters(3),
          lambda case: [f"Message-ID: <ZV8K{case.letters(10)}@contoso.com>", "User-Agent: Mutt/2.2.9 (2022-11-12)",
                        "Content-Disposition: inline" if case.attachments or case.kind == "plain" else ""],
          preamble="\n", charsets=("us-ascii", "iso-8859-1", "utf-8"), encodings=("", "8bit"), type_name=None, file_name=w.rfc2231,
          order=("type", "disposition", "encoding", "extra"), sends_html=False, extras=("message",), text_attachments="8bit"),
]
