// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mail_collection.h"

namespace graph_milter::test {

void add_libraries(Collection& all) {
  all.add("javamail", 2, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100 (CET)
From: app@contoso.com
To: ben@example.com
Message-ID: <1234567.1.1700000000000@apphost>
Subject: Rechnung
MIME-Version: 1.0
Content-Type: multipart/mixed; 
	boundary="----=_Part_0_1234567.1700000000000"

------=_Part_0_1234567.1700000000000
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

Rechnung
------=_Part_0_1234567.1700000000000
Content-Type: application/pdf; name="=?UTF-8?Q?Rechnung_f=C3=BCr_M=C3=A4rz?=
 =?UTF-8?Q?_2026.pdf?="
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="=?UTF-8?Q?Rechnung_f=C3=BCr_M=C3=A4rz?=
 =?UTF-8?Q?_2026.pdf?="

@B76@
------=_Part_0_1234567.1700000000000--
)");
  all.add("javamail-alternative", 2, R"(From: app@contoso.com
To: ben@example.com
Subject: Newsletter
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="----=_Part_10_99.17"

------=_Part_10_99.17
Content-Type: text/plain;charset=UTF-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe =20
mit Leerzeichen am Ende =20

------=_Part_10_99.17
Content-Type: text/html;charset=UTF-8
Content-Transfer-Encoding: quoted-printable

<p>Gr=C3=BC=C3=9Fe</p>
------=_Part_10_99.17--
)");
  all.add("dotnet-smtpclient", 2, R"(MIME-Version: 1.0
From: "Reporting" <reports@contoso.com>
To: ben@example.com
Date: 23 Nov 2026 09:00:00 +0100
Subject: =?utf-8?B?QmVyaWNodCBmw7xyIE3DpHJ6?=
Content-Type: multipart/mixed;
 boundary=--boundary_0_0a1b2c3d-1111-2222-3333-444455556666


----boundary_0_0a1b2c3d-1111-2222-3333-444455556666
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

@B1@
----boundary_0_0a1b2c3d-1111-2222-3333-444455556666
Content-Type: application/octet-stream; name=report.pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment

@B76@
----boundary_0_0a1b2c3d-1111-2222-3333-444455556666--

)");
  all.add("dotnet-encoded-name", 2, R"(MIME-Version: 1.0
From: reports@contoso.com
To: ben@example.com
Subject: x
Content-Type: multipart/mixed; boundary=--boundary_1_77

----boundary_1_77
Content-Type: text/html; charset=us-ascii
Content-Transfer-Encoding: quoted-printable

<b>x</b>
----boundary_1_77
Content-Type: application/pdf; name="=?utf-8?B?TcOkcnoucGRm?="
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="=?utf-8?B?TcOkcnoucGRm?="

@B76@
----boundary_1_77--
)");
  all.add("mailkit", 2, R"(From: Reports <reports@contoso.com>
Date: Mon, 23 Nov 2026 09:00:00 +0100
Subject: Report
Message-Id: <8AB1C2D3E4F5.ABCDEFGH@apphost>
To: Ben <ben@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=-Abc/DEf+ghiJKLmnoPQRsg=="

--=-Abc/DEf+ghiJKLmnoPQRsg==
Content-Type: text/plain; charset=utf-8
Content-Id: <B1>

text
--=-Abc/DEf+ghiJKLmnoPQRsg==
Content-Type: application/pdf; name*=utf-8''M%C3%A4rz.pdf
Content-Disposition: attachment; filename*=utf-8''M%C3%A4rz.pdf
Content-Transfer-Encoding: base64

@B72@

--=-Abc/DEf+ghiJKLmnoPQRsg==--
)");
  all.add("phpmailer-html-attachment", 3, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100
To: Ben <ben@example.com>
From: Shop <shop@contoso.com>
Subject: =?UTF-8?Q?Ihre_Bestellung_best=C3=A4tigt?=
Message-ID: <abcDEF123@shop.contoso.com>
X-Mailer: PHPMailer 6.8.0 (https://github.com/PHPMailer/PHPMailer)
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="b1_abcDEF123"
Content-Transfer-Encoding: 8bit

--b1_abcDEF123
Content-Type: multipart/alternative;
 boundary="b2_abcDEF123"

--b2_abcDEF123
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Ihre Bestellung ist bestätigt


--b2_abcDEF123
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: 8bit

<p>Ihre Bestellung ist bestätigt</p>


--b2_abcDEF123--

--b1_abcDEF123
Content-Type: application/pdf; name=Rechnung.pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=Rechnung.pdf

@B76@

--b1_abcDEF123--
)");
  all.add("swiftmailer-symfony", 2, R"(From: Shop <shop@contoso.com>
To: ben@example.com
Subject: Order
Message-ID: <9f8e7d6c5b4a@contoso.com>
MIME-Version: 1.0
Date: Mon, 23 Nov 2026 09:00:00 +0100
Content-Type: multipart/mixed; boundary=Xy12ZabQ

--Xy12ZabQ
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Order</p>
--Xy12ZabQ
Content-Type: application/pdf; name=order.pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; name=order.pdf; filename=order.pdf

@B76@
--Xy12ZabQ--
)");
  all.add("python-email", 2, R"(Content-Type: multipart/mixed; boundary="===============1234567890123456789=="
MIME-Version: 1.0
From: cron@contoso.com
To: ben@example.com
Subject: report

--===============1234567890123456789==
Content-Type: text/plain; charset="us-ascii"
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit

report
--===============1234567890123456789==
Content-Type: application/octet-stream
MIME-Version: 1.0
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="report.csv"

@B76@

--===============1234567890123456789==--
)");
  all.add("python-email-utf8-name", 2, R"(Subject: report
From: cron@contoso.com
To: ben@example.com
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="===============8877=="

--===============8877==
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 7bit

text

--===============8877==
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht%20M%C3%A4rz.pdf
MIME-Version: 1.0

@B76@

--===============8877==--
)");
  all.add("nodemailer", 3, R"(Content-Type: multipart/mixed; boundary="--_NmP-0a1b2c3d4e5f6071-Part_1"
From: Node App <node@contoso.com>
To: ben@example.com
Subject: =?UTF-8?Q?=E2=9C=94_done?=
Message-ID: <0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9@contoso.com>
Date: Mon, 23 Nov 2026 08:00:00 +0000
MIME-Version: 1.0

----_NmP-0a1b2c3d4e5f6071-Part_1
Content-Type: multipart/alternative; boundary="--_NmP-0a1b2c3d4e5f6071-Part_2"

----_NmP-0a1b2c3d4e5f6071-Part_2
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

done
----_NmP-0a1b2c3d4e5f6071-Part_2
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 7bit

<p>done</p>
----_NmP-0a1b2c3d4e5f6071-Part_2--

----_NmP-0a1b2c3d4e5f6071-Part_1
Content-Type: application/pdf; name=done.pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=done.pdf

@B76@
----_NmP-0a1b2c3d4e5f6071-Part_1--
)");
  all.add("ruby-mail", 2, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100
From: app@contoso.com
To: ben@example.com
Message-ID: <655f0a1b2c3d4_1a2b3c@apphost.mail>
Subject: Export
Mime-Version: 1.0
Content-Type: multipart/mixed;
 boundary="--==_mimepart_655f0a1b2c3d4_1a2b3c";
 charset=UTF-8
Content-Transfer-Encoding: 7bit


----==_mimepart_655f0a1b2c3d4_1a2b3c
Content-Type: text/plain;
 charset=UTF-8
Content-Transfer-Encoding: 7bit

Export
----==_mimepart_655f0a1b2c3d4_1a2b3c
Content-Type: text/csv;
 filename=export.csv
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename=export.csv
Content-ID: <655f0a@apphost.mail>

@B60@

----==_mimepart_655f0a1b2c3d4_1a2b3c--
)");
  all.add("cdo-blat-windows-script", 2, R"(thread-index: AdodzWn5zQyRk0bYRXeXH0Q1mQv3bA==
Thread-Topic: Backup
From: <backup@contoso.com>
To: <ben@example.com>
Subject: Backup
Date: Mon, 23 Nov 2026 09:00:00 +0100
Message-ID: <000001da1dd5$0f0b2a40$2d217ec0@server>
MIME-Version: 1.0
Content-Type: multipart/mixed;
	boundary="----=_NextPart_000_0001_01DA1DDD.70D1"
X-Mailer: Microsoft CDO for Windows 2000
Content-Class: urn:content-classes:message
Importance: normal
Priority: normal
X-MimeOLE: Produced By Microsoft MimeOLE

This is a multi-part message in MIME format.

------=_NextPart_000_0001_01DA1DDD.70D1
Content-Type: text/plain;
	charset="utf-8"
Content-Transfer-Encoding: 7bit

done
------=_NextPart_000_0001_01DA1DDD.70D1
Content-Type: text/plain;
	name="backup.log"
Content-Transfer-Encoding: quoted-printable
Content-Disposition: attachment;
	filename="backup.log"

line 1=20
line 2=3D
------=_NextPart_000_0001_01DA1DDD.70D1--
)");
}

void add_unix(Collection& all) {
  all.add("mutt", 2, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100
From: Ben Cole <ben@contoso.com>
To: Anna <anna@example.com>
Subject: patch
Message-ID: <ZV8KGyw9@contoso.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="pWyiEgJYm5f9v55/"
Content-Disposition: inline
User-Agent: Mutt/2.2.9 (2022-11-12)


--pWyiEgJYm5f9v55/
Content-Type: text/plain; charset=us-ascii
Content-Disposition: inline

Hi,

-- 
Ben

--pWyiEgJYm5f9v55/
Content-Type: text/x-diff; charset=us-ascii
Content-Disposition: attachment; filename="0001-fix.patch"

From 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567 Mon Sep 17 00:00:00 2001
--- a/x.c
+++ b/x.c
-1 +1
-a
+b
--
2.39.2

--pWyiEgJYm5f9v55/--
)");
  all.add("mutt-plain", 1, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100
From: Ben Cole <ben@contoso.com>
To: Anna <anna@example.com>
Subject: hello
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Disposition: inline
Content-Transfer-Encoding: 8bit

Grüße
)");
  all.add("swaks-attachment", 2, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100
To: ben@example.com
From: anna@contoso.com
Subject: test Mon, 23 Nov 2026 09:00:00 +0100
Message-Id: <20261123090000.012345@apphost>
X-Mailer: swaks v20201014.0 jetmore.org/john/code/swaks/
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="----=_MIME_BOUNDARY_000_12345"

------=_MIME_BOUNDARY_000_12345
Content-Type: text/plain

This is a test mailing
------=_MIME_BOUNDARY_000_12345
Content-Type: application/octet-stream; name="big.bin"
Content-Description: big.bin
Content-Disposition: attachment; filename="big.bin"
Content-Transfer-Encoding: BASE64

@B76@

------=_MIME_BOUNDARY_000_12345--

)");
  all.add("swaks-plain", 1, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100
To: ben@example.com
From: anna@contoso.com
Subject: test
Message-Id: <20261123090000.012345@apphost>
X-Mailer: swaks v20201014.0 jetmore.org/john/code/swaks/

This is a test mailing

)");
  all.add("cron-mailx", 1, R"(From: root@contoso.com (Cron Daemon)
To: root@contoso.com
Subject: Cron <root@host> /usr/local/bin/backup
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>
Auto-Submitted: auto-generated
Message-Id: <20261123080000.ABCDEF@host.contoso.com>
Date: Mon, 23 Nov 2026 09:00:00 +0100 (CET)

--- backup done ---
-- 
)");
  all.add("heirloom-mailx", 2, R"(Date: Mon, 23 Nov 2026 09:00:00 +0100
From: ops@contoso.com
To: ben@example.com
Subject: logs
Message-ID: <655f0a1b.aB3+cD4/eF5gH6iJ%ops@contoso.com>
User-Agent: Heirloom mailx 12.5 7/5/10
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="=_655f0a1b.aB3cD4eF5gH6iJ7kL8mN9oP0qR1sT2uV3wX4yZ"

This is a multi-part message in MIME format.

--=_655f0a1b.aB3cD4eF5gH6iJ7kL8mN9oP0qR1sT2uV3wX4yZ
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit
Content-Disposition: inline

logs

--=_655f0a1b.aB3cD4eF5gH6iJ7kL8mN9oP0qR1sT2uV3wX4yZ
Content-Type: application/gzip
Content-Transfer-Encoding: base64
Content-Disposition: attachment; 
 filename="logs.tar.gz"

@B76@

--=_655f0a1b.aB3cD4eF5gH6iJ7kL8mN9oP0qR1sT2uV3wX4yZ--

)");
  all.add("perl-mime-lite", 2, R"(Content-Transfer-Encoding: binary
Content-Type: multipart/mixed; boundary="_----------=_1700727153123450"
MIME-Version: 1.0
Date: Mon, 23 Nov 2026 09:00:00 +0100
From: app@contoso.com
To: ben@example.com
Subject: export
X-Mailer: MIME::Lite 3.033 (F2.85; T2.17; A2.21; B3.16; Q3.13)

This is a multi-part message in MIME format.

--_----------=_1700727153123450
Content-Disposition: inline
Content-Transfer-Encoding: binary
Content-Type: text/plain

export
--_----------=_1700727153123450
Content-Disposition: attachment; filename="export.zip"
Content-Transfer-Encoding: base64
Content-Type: application/zip; name="export.zip"

@B76@

--_----------=_1700727153123450--

)");
  all.add("kmail", 2, R"(From: Ben <ben@contoso.com>
To: Anna <anna@example.com>
Subject: Bild
Date: Mon, 23 Nov 2026 09:00:00 +0100
Message-ID: <1234567.ABCdefGHI@host>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="nextPart1234567.ABCdefGHI"

This is a multi-part message in MIME format.

--nextPart1234567.ABCdefGHI
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain; charset="UTF-8"

Bild =C3=BC

--nextPart1234567.ABCdefGHI
Content-Disposition: attachment; filename="bild.png"
Content-Transfer-Encoding: base64
Content-Type: image/png; name="bild.png"

@B76@
--nextPart1234567.ABCdefGHI--

)");
  all.add("evolution", 2, R"(Message-ID: <0a1b2c3d4e5f.camel@contoso.com>
Subject: Datei
From: Ben Cole <ben@contoso.com>
To: Anna Berg <anna@example.com>
Date: Mon, 23 Nov 2026 09:00:00 +0100
Content-Type: multipart/mixed; boundary="=-aBcDeFgHiJkLmNoPqRsT"
User-Agent: Evolution 3.46.4-2
MIME-Version: 1.0


--=-aBcDeFgHiJkLmNoPqRsT
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: base64

@B1@

--=-aBcDeFgHiJkLmNoPqRsT
Content-Disposition: attachment; filename*=ISO-8859-1''M%E4rz.ods
Content-Type: application/vnd.oasis.opendocument.spreadsheet; name*=ISO-8859-1''M%E4rz.ods
Content-Transfer-Encoding: base64

@B76@


--=-aBcDeFgHiJkLmNoPqRsT--
)");
}

void add_applications(Collection& all) {
  all.add("lotus-notes", 3, R"(From: "Anna Berg" <anna@contoso.com>
To: ben@example.com
Subject: Bericht
MIME-Version: 1.0
Message-ID: <OF0A1B2C3D.4E5F6071-ONC1258A70.00300000-C1258A70.00310000@contoso.com>
X-Mailer: HCL Notes Release 11.0.1
Content-Type: multipart/mixed; boundary="=_mixed 00310000C1258A70_="

--=_mixed 00310000C1258A70_=
Content-Type: multipart/alternative; boundary="=_alternative 00310000C1258A71_="


--=_alternative 00310000C1258A71_=
Content-Type: text/plain; charset="US-ASCII"

Bericht
--=_alternative 00310000C1258A71_=
Content-Type: text/html; charset="US-ASCII"

<font size=2>Bericht</font>
--=_alternative 00310000C1258A71_=--
--=_mixed 00310000C1258A70_=
Content-Type: application/octet-stream; name="Bericht.odt"
Content-Disposition: attachment; filename="Bericht.odt"
Content-Transfer-Encoding: base64

@B72@
--=_mixed 00310000C1258A70_=--
)");
  all.add("sap-system", 2, R"(MIME-Version: 1.0
X-MimeOLE: Produced By SAP NetWeaver 7.50
Message-ID: <005056A0B1C21EDEA0B1C2D3E4F50617@contoso.com>
From: "SAP System" <sap@contoso.com>
To: <ben@example.com>
Subject: =?utf-8?B?UmVjaG51bmc=?=
Date: Mon, 23 Nov 2026 08:00:00 GMT
Content-Type: multipart/mixed;
 boundary="=_005056A0B1C21EDEA0B1C2D3E4F50617"
Sender: sap@contoso.com

--=_005056A0B1C21EDEA0B1C2D3E4F50617
Content-Type: text/plain;
 charset="utf-8"
Content-Transfer-Encoding: quoted-printable
Content-Disposition: inline
Content-Description: Rechnung

Rechnung

--=_005056A0B1C21EDEA0B1C2D3E4F50617
Content-Type: application/pdf;
 name="RECHNUNG_0090001234.PDF"
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename="RECHNUNG_0090001234.PDF"
Content-Description: RECHNUNG_0090001234

@B76@

--=_005056A0B1C21EDEA0B1C2D3E4F50617--
)");
  all.add("eight-bit-attachment-and-empty-part", 3, R"(From: app@contoso.com
To: ben@example.com
Subject: export
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b0b0b0"

--b0b0b0
Content-Type: text/plain

--b0b0b0
Content-Type: text/csv; charset=utf-8; name="straße.csv"
Content-Transfer-Encoding: 8bit
Content-Disposition: attachment; filename="straße.csv"

Straße;Nr
Hauptstraße;1
--b0b0b0
Content-Type: application/octet-stream; name="empty.bin"
Content-Disposition: attachment; filename="empty.bin"


--b0b0b0--
)");
  all.add("three-large-attachments", 4, R"(From: app@contoso.com
To: a@example.com, b@example.com,
 c@example.com
Subject: three
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="three"

--three
Content-Type: text/plain

three
--three
Content-Type: application/zip; name="one.zip"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="one.zip"

@B76@
--three
Content-Type: application/zip; name="two.zip"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="two.zip"

@B72@
--three
Content-Type: application/zip; name="three.zip"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="three.zip"

@B64@
--three--
)");
  all.add("headers-only", 1, R"(From: app@contoso.com
To: ben@example.com
Subject: nothing more

)");
  all.add("no-to-and-long-header-line", 1,
          "From: app@contoso.com\nSubject: x\nX-Report: " + std::string(1500, 'x') +
              "\nReceived: from a by b; Mon, 23 Nov 2026 09:00:00 +0100\n"
              "Received: from c by d; Mon, 23 Nov 2026 09:00:00 +0100\n\ntext\n");
}

}  // namespace graph_milter::test
