# SPDX-License-Identifier: Apache-2.0
"""The habits of twenty devices and applications (see mail_writer.py)."""
import mail_writer as w
from mail_clients import message_id, next_part
from mail_writer import Style


def no_date(case):
    return case.pick("", "Date: Mon, 23 Nov 2026 09:12:33 +0100", "Date: 23 Nov 2026 09:12:33 +0100")


def dotnet_boundary(case, level):
    return f"--boundary_{level}_{case.uuid().lower()}"


def dotnet(name, **more):
    return Style(name, dotnet_boundary, fold=" ", quotes_boundary=False, preamble="\n\n", charsets=("us-ascii", "utf-8"),
                 encodings=("quoted-printable", "base64"), word=w.b_word, type_name=w.quoted_if_needed, mime_first=True,
                 epilogue="\n\n", behind_base64="", date=lambda case: "Date: 23 Nov 2026 09:00:00 +0100", **more)


DEVICES = [
    Style("Ricoh", lambda case, level: f"=_RICOH_{case.digits(4)}_{case.digits(10)}",
          lambda case: [f"Message-Id: <20261123091233.{case.digits(4)}.RNP002673A1B2C3@contoso.com>", "X-Mailer: RICOH MP C3004"],
          preamble="This is a multi-part message in MIME format.\n\n", charsets=("us-ascii", "iso-2022-jp", "utf-8"), encodings=("7bit", "base64"),
          word=w.b_word, order=("type", "disposition", "encoding", "extra"), always_multipart=True, sends_html=False),
    Style("Canon", lambda case, level: f"----=CANON_{case.digits(4)}_20261123091233",
          lambda case: ["X-Mailer: Canon iR-ADV C5535"], charsets=("UTF-8",), quotes_charset=True, encodings=("base64", "base64"),
          word=w.b_word, trailing_semicolon=True, always_multipart=True, sends_html=False, file_name=w.quoted_raw, type_name=w.quoted_raw),
    Style("Konica", lambda case, level: "KONICA_MINOLTA_Internet_Fax_Boundary",
          lambda case: [f"Message-ID: <00{case.digits(10)}.bizhub@contoso.com>", "X-Mailer: KONICA MINOLTA bizhub C258"],
          charsets=("us-ascii", "iso-2022-jp", "utf-8"), encodings=("7bit", "base64"), type_name=None, always_multipart=True, sends_html=False,
          word=w.b_word, behind_base64="", file_name=w.quoted_in_one_word, bare=True),
    Style("HP", lambda case, level: f"HP_MIME_Boundary_{case.digits(5)}",
          lambda case: ["X-Mailer: HP Digital Sending", "Importance: normal"], quotes_boundary=False, charsets=("utf-8",),
          encodings=("quoted-printable", "quoted-printable"), always_multipart=True, sends_html=False, behind_base64=""),
    Style("Xerox", lambda case, level: f"-XRX-boundary-{case.digits(10)}",
          lambda case: ["Reply-To: scanner@contoso.com", f"Message-ID: <{case.digits(10)}.0000@9c934e000000>", "X-Mailer: Xerox WorkCentre 7845"],
          quotes_charset=True, charsets=("utf-8",), encodings=("8bit", "8bit"), type_name=None, always_multipart=True, sends_html=False,
          order=("type", "disposition", "encoding", "extra"), behind_base64="", epilogue="",
          date=lambda case: "Date: Mon, 23 Nov 2026 09:12:33 GMT"),
    Style("Kyocera", lambda case, level: f"KYOCERA_MULTIPART_{case.digits(4)}",
          lambda case: [f"Message-Id: <20261123091233.{case.letters(4)}@contoso.com>"], "\t", breaks_parameters=True, width=60, mime_first=True,
          charsets=("ISO-8859-1", "UTF-8"), encodings=("7bit", "8bit"), file_name=w.quoted_raw, type_name=w.quoted_raw,
          always_multipart=True, sends_html=False, bare=True),
    Style("Brother", lambda case, level: f"====={case.digits(10)}=====",
          lambda case: ["X-Mailer: Brother MFC-L8900CDW"], mime_version="Mime-Version: 1.0", charsets=("US-ASCII", "UTF-8"), encodings=("", "8bit"),
          type_extra=lambda case, attachment: ["application=faxbw"], always_multipart=True, sends_html=False, behind_base64="", date=no_date,
          base64_spelling="Base64", bare=True),
    Style("SAP", lambda case, level: f"=_{case.hexes(32).upper()}",
          lambda case: ["X-MimeOLE: Produced By SAP NetWeaver 7.50", f"Message-ID: <{case.hexes(32).upper()}@contoso.com>", "Sender: sap@contoso.com",
                        "X-Mailer: SAP NetWeaver 7.50"],
          breaks_parameters=True, quotes_charset=True, charsets=("utf-8",), encodings=("quoted-printable", "quoted-printable"), word=w.b_word,
          mime_first=True, text_fields=("Content-Disposition: inline", "Content-Description: Text"), disposition_extra=lambda case, attachment: [],
          extra=lambda case, attachment: ["Content-Description: RECHNUNG_0090001234"]),
    Style("JavaMail", lambda case, level: f"----=_Part_{level}_{case.digits(9)}.{case.digits(13)}",
          lambda case: [f"Message-ID: <{case.digits(7)}.1.{case.digits(13)}@apphost>"], "\t", charsets=("us-ascii", "UTF-8"),
          encodings=("7bit", "quoted-printable"), epilogue="\n", behind_base64="", date=lambda case: "Date: Mon, 23 Nov 2026 09:00:00 +0100 (CET)",
          file_name=w.quoted_if_needed, type_name=w.quoted_if_needed, bare=True),
    dotnet(".NET SmtpClient", file_name=lambda parameter, name, style: []),
    Style("CDO", next_part,
          lambda case: [f"thread-index: Adod{case.letters(22)}==", "Thread-Topic: Backup", message_id(case, "server"),
                        "X-Mailer: Microsoft CDO for Windows 2000", "Content-Class: urn:content-classes:message", "Importance: normal",
                        "Priority: normal", "X-MimeOLE: Produced By Microsoft MimeOLE"],
          "\t", breaks_parameters=True, preamble="This is a multi-part message in MIME format.\n\n", quotes_charset=True,
          charsets=("iso-8859-1", "utf-8"), name_charsets=("iso-8859-1", "utf-8"), encodings=("7bit", "quoted-printable"), epilogue="\n\n", text_attachments="quoted-printable"),
    dotnet("SQL Server mail", file_name=w.quoted_if_needed),
    Style("PHPMailer", lambda case, level: f"b{level + 1}_{case.letters(40)}",
          lambda case: [f"Message-ID: <{case.letters(40)}@shop.contoso.com>", "X-Mailer: PHPMailer 6.8.0 (https://github.com/PHPMailer/PHPMailer)"],
          charsets=("us-ascii", "UTF-8"), encodings=("", "8bit"), type_name=w.quoted_if_needed, file_name=w.quoted_if_needed,
          text_fields=(), top_encoding="8bit", epilogue="\n", preamble="This is a multi-part message in MIME format.\n\n"),
    Style("MIME::Lite", lambda case, level: f"_----------=_{case.digits(17)}",
          lambda case: ["X-Mailer: MIME::Lite 3.033 (F2.85; T2.17; A2.21; B3.16; Q3.13)"], charsets=("us-ascii", "utf-8"), encodings=("binary", "8bit"),
          order=("disposition", "encoding", "type", "extra"), type_name=w.quoted_raw, file_name=w.quoted_raw, top_encoding="binary", mime_first=True,
          preamble="This is a multi-part message in MIME format.\n\n", epilogue="\n\n", bare=True),
    Style("smtplib", lambda case, level: f"==============={case.digits(19)}==",
          lambda case: [], charsets=("us-ascii", "utf-8"), quotes_charset=True, encodings=("7bit", "base64"), type_name=None, file_name=w.rfc2231,
          text_fields=("MIME-Version: 1.0",), mime_first=True, date=no_date, order=("type", "extra", "encoding", "disposition"),
          extra=lambda case, attachment: ["MIME-Version: 1.0"], bare=True),
    Style("Domino", lambda case, level: f"=_{'mixed' if case.chance(.5) else 'alternative'} 0031{case.hexes(4).upper()}C1258A{level}{case.digits(1)}_=",
          lambda case: [f"Message-ID: <OF{case.hexes(8).upper()}.{case.hexes(8).upper()}-ONC1258A70.00300000-C1258A70.00310000@contoso.com>",
                        "X-Mailer: HCL Notes Release 11.0.1", "X-MIMETrack: Serialize by Router on srv1/contoso(Release 11.0.1|November 25, 2019) at\n"
                        "\t23.11.2026 09:00:00"],
          charsets=("US-ASCII", "ISO-8859-1", "UTF-8"), quotes_charset=True, encodings=("", "quoted-printable"), width=72, gap="\n",
          name_charsets=("ISO-8859-1", "UTF-8"), order=("type", "disposition", "encoding", "extra"), behind_base64="", mime_first=True),
    Style("Blat", lambda case, level: f"=_BlatBoundary-{case.letters(24)}",
          lambda case: ["Sender: <backup@contoso.com>", f"Message-ID: <01da1dd5${case.hexes(8)}$_gate_@server>",
                        "X-Mailer: Blat v3.2.24, a Win32 SMTP/NNTP mailer http://www.blat.net"],
          breaks_parameters=True, charsets=("us-ascii", "iso-8859-1", "utf-8"), quotes_charset=True, encodings=("7BIT", "quoted-printable"),
          preamble="This is a multi-part message in MIME format.\n\n", base64_spelling="BASE64", epilogue="\n"),
    Style("s-nail", lambda case, level: f"=-={case.letters(40)}=-=",
          lambda case: [f"Message-ID: <20261123090000.{case.letters(5)}%ops@contoso.com>", "User-Agent: s-nail v14.9.24"], breaks_parameters=False,
          charsets=("us-ascii", "utf-8"), encodings=("", "quoted-printable"), type_name=None, file_name=w.rfc2231_sections, sends_html=False,
          text_fields=("Content-Disposition: inline",), preamble="This is a multi-part message in MIME format.\n\n", epilogue="\n\n", text_attachments="8bit"),
    Style("mutt in scripts", lambda case, level: case.letters(16),
          lambda case: [f"Message-ID: <ZV8K{case.letters(10)}@host.contoso.com>", "User-Agent: Mutt/2.2.9 (2022-11-12)"], preamble="\n",
          charsets=("us-ascii", "utf-8"), encodings=("", "8bit"), type_name=None, file_name=w.rfc2231, sends_html=False, always_multipart=True,
          order=("type", "disposition", "encoding", "extra"), text_attachments="8bit"),
    Style("swaks", lambda case, level: f"----=_MIME_BOUNDARY_000_{case.digits(5)}",
          lambda case: [f"Message-Id: <20261123090000.{case.digits(6)}@apphost>", "X-Mailer: swaks v20201014.0 jetmore.org/john/code/swaks/"],
          charsets=("us-ascii", "utf-8"), encodings=("", ""), base64_spelling="BASE64", type_name=w.quoted_raw, file_name=w.quoted_raw,
          extra=lambda case, attachment: [f"Content-Description: {attachment.name}"], order=("type", "extra", "disposition", "encoding"),
          sends_html=False, epilogue="\n\n", date=no_date),
]
