// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mail_collection.h"

namespace graph_milter::test {

void add_outlook(Collection& all) {
  all.add("outlook-alternative-pdf", 3, R"(From: "Anna Berg" <anna.berg@contoso.com>
To: "'Ben Cole'" <ben.cole@example.com>
Cc: "Dora, Eva" <eva@example.com>
Subject: Angebot
Date: Mon, 23 Nov 2026 08:15:12 +0100
Message-ID: <000001da1dd5$0f0b2a40$2d217ec0$@contoso.com>
MIME-Version: 1.0
Content-Type: multipart/mixed;
	boundary="----=_NextPart_000_0001_01DA1DDD.70D1B3E0"
X-Mailer: Microsoft Outlook 16.0
Thread-Index: AdodzWn5zQyRk0bYRXeXH0Q1mQv3bA==
Content-Language: de

This is a multipart message in MIME format.

------=_NextPart_000_0001_01DA1DDD.70D1B3E0
Content-Type: multipart/alternative;
	boundary="----=_NextPart_001_0002_01DA1DDD.70D1B3E0"


------=_NextPart_001_0002_01DA1DDD.70D1B3E0
Content-Type: text/plain;
	charset="us-ascii"
Content-Transfer-Encoding: 7bit

Please find attached.

 


------=_NextPart_001_0002_01DA1DDD.70D1B3E0
Content-Type: text/html;
	charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html xmlns:v=3D"urn:schemas-microsoft-com:vml"><body lang=3DDE>
<p class=3DMsoNormal>Please find attached.<o:p></o:p></p></body></html>
------=_NextPart_001_0002_01DA1DDD.70D1B3E0--

------=_NextPart_000_0001_01DA1DDD.70D1B3E0
Content-Type: application/pdf;
	name="Angebot 2026.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
	filename="Angebot 2026.pdf"

@B76@

------=_NextPart_000_0001_01DA1DDD.70D1B3E0--

)");
  all.add("outlook-related-inline-image", 4, R"(From: <anna@contoso.com>
To: <ben@example.com>
Subject: Logo
Message-ID: <00a701da$1$2$3@contoso.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="----=_NextPart_000_00A1_01D9"

This is a multi-part message in MIME format.

------=_NextPart_000_00A1_01D9
Content-Type: multipart/related; boundary="----=_NextPart_001_00A2_01D9"

------=_NextPart_001_00A2_01D9
Content-Type: multipart/alternative; boundary="----=_NextPart_002_00A3_01D9"

------=_NextPart_002_00A3_01D9
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe 
------=_NextPart_002_00A3_01D9
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

<img src=3D"cid:image001.png@01D9">
------=_NextPart_002_00A3_01D9--

------=_NextPart_001_00A2_01D9
Content-Type: image/png; name="image001.png"
Content-Transfer-Encoding: base64
Content-ID: <image001.png@01D9>

@B76@

------=_NextPart_001_00A2_01D9--

------=_NextPart_000_00A1_01D9
Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;
	name="=?iso-8859-1?Q?Umsatz_M=E4rz.xlsx?="
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
	filename="=?iso-8859-1?Q?Umsatz_M=E4rz.xlsx?="

@B76@

------=_NextPart_000_00A1_01D9--
)");
  all.add("exchange-online", 3, R"(Received: from AM0PR01MB1234.eurprd01.prod.exchangelabs.com
 ([fe80::1]) by AM0PR01MB1234.eurprd01.prod.exchangelabs.com with mapi id
 15.20.7025.017; Mon, 23 Nov 2026 07:00:00 +0000
From: =?iso-8859-1?Q?J=F6rg_M=FCller?= <joerg@contoso.com>
To: "ben@example.com" <ben@example.com>
Subject: =?iso-8859-1?Q?Pr=FCfung?=
Thread-Topic: =?iso-8859-1?Q?Pr=FCfung?=
Date: Mon, 23 Nov 2026 07:00:00 +0000
Message-ID: <AM0PR01MB1234ABCDEF@AM0PR01MB1234.eurprd01.prod.exchangelabs.com>
Accept-Language: de-DE, en-US
Content-Language: de-DE
X-MS-Has-Attach: yes
X-MS-TNEF-Correlator:
x-ms-publictraffictype: Email
Content-Type: multipart/mixed;
	boundary="_004_AM0PR01MB1234ABCDEF_"
MIME-Version: 1.0
Content-Class: urn:content-classes:message

--_004_AM0PR01MB1234ABCDEF_
Content-Type: multipart/alternative;
	boundary="_000_AM0PR01MB1234ABCDEF_"

--_000_AM0PR01MB1234ABCDEF_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Hallo,


--_000_AM0PR01MB1234ABCDEF_
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

<html><body>Hallo,</body></html>

--_000_AM0PR01MB1234ABCDEF_--

--_004_AM0PR01MB1234ABCDEF_
Content-Type: application/pdf; name="plan.pdf"
Content-Description: plan.pdf
Content-Disposition: attachment; filename="plan.pdf"; size=2184;
	creation-date="Mon, 23 Nov 2026 06:59:00 GMT";
	modification-date="Mon, 23 Nov 2026 06:59:30 GMT"
Content-Transfer-Encoding: base64

@B76@

--_004_AM0PR01MB1234ABCDEF_--
)");
  all.add("outlook-winmail-dat", 2, R"(From: anna@contoso.com
To: ben@example.com
Subject: rich text
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="----=_NextPart_000_0005"

------=_NextPart_000_0005
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: 7bit

x
------=_NextPart_000_0005
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="winmail.dat"

@B76@
------=_NextPart_000_0005--
)");
  all.add("outlook-invitation", 3, R"(From: Anna <anna@contoso.com>
To: Ben <ben@example.com>
Subject: Meeting
Content-class: urn:content-classes:calendarmessage
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="_005_x_"

--_005_x_
Content-Type: multipart/alternative; boundary="_000_x_"

--_000_x_
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

@B1@

--_000_x_
Content-Type: text/calendar; charset="utf-8"; method=REQUEST
Content-Transfer-Encoding: base64

@B76@

--_000_x_--
--_005_x_
Content-Type: application/octet-stream; name=agenda.bin
Content-Disposition: attachment; filename=agenda.bin
Content-Transfer-Encoding: base64

@B76@
--_005_x_--
)");
}

void add_thunderbird(Collection& all) {
  all.add("thunderbird-pdf-utf8-name", 2, R"(Message-ID: <5f2a4c1e-1111-2222-3333-444455556666@contoso.com>
Date: Mon, 23 Nov 2026 08:00:00 +0100
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
Content-Language: en-US
To: ben@example.com
From: =?UTF-8?Q?J=C3=B6rg?= <joerg@contoso.com>
Subject: scan
Content-Type: multipart/mixed; boundary="------------0cZxT1vA8oXyq3rW0gC0pQ2E"

This is a multi-part message in MIME format.
--------------0cZxT1vA8oXyq3rW0gC0pQ2E
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 7bit

See attachment.

-- 
J

--------------0cZxT1vA8oXyq3rW0gC0pQ2E
Content-Type: application/pdf; name="=?UTF-8?B?w5xiZXJzaWNodC5wZGY=?="
Content-Disposition: attachment; filename*=UTF-8''%C3%9Cbersicht%2E%70%64%66
Content-Transfer-Encoding: base64

@B72@

--------------0cZxT1vA8oXyq3rW0gC0pQ2E--
)");
  all.add("thunderbird-long-2231-name", 2, R"(From: Joerg <joerg@contoso.com>
To: ben@example.com
Subject: x
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="------------050902070301060807010209"

This is a multi-part message in MIME format.
--------------050902070301060807010209
Content-Type: text/plain; charset=utf-8; format=flowed
Content-Transfer-Encoding: 8bit

Grüße
--------------050902070301060807010209
Content-Type: application/pdf;
 name="Jahresabschluss und Lagebericht der Gesellschaft zum 31. Dezember.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename*0="Jahresabschluss und Lagebericht der Gesellschaft zum 31. ";
 filename*1="Dezember.pdf"

@B72@
--------------050902070301060807010209--
)");
  all.add("thunderbird-forward-as-attachment", 3, R"(From: Joerg <joerg@contoso.com>
To: ben@example.com
Subject: Fwd: x
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="------------fwd"

--------------fwd
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 7bit


--------------fwd
Content-Type: message/rfc822; charset=UTF-8; name="x.eml"
Content-Disposition: attachment; filename="x.eml"
Content-Transfer-Encoding: 7bit

From: a@example.com
To: b@example.com
Subject: x
Content-Type: multipart/mixed; boundary="inner"

--inner
Content-Type: text/plain

text
--inner--

--------------fwd
Content-Type: text/x-log; charset=UTF-8; name="run.log"
Content-Disposition: attachment; filename="run.log"
Content-Transfer-Encoding: base64

@B76@
--------------fwd--
)");
}

void add_apple(Collection& all) {
  all.add("apple-mail-mixed-in-alternative", 4, R"(From: Jane Doe <jane@contoso.com>
Content-Type: multipart/alternative;
	boundary="Apple-Mail=_8A1C2B36-0A0B-4C0D-8E0F-102030405060"
Mime-Version: 1.0 (Mac OS X Mail 16.0 \(3731.700.6\))
Subject: Photos
Message-Id: <5D0A1B2C-3D4E-5F60-7182-93A4B5C6D7E8@contoso.com>
Date: Mon, 23 Nov 2026 09:00:00 +0100
To: ben@example.com
X-Mailer: Apple Mail (2.3731.700.6)


--Apple-Mail=_8A1C2B36-0A0B-4C0D-8E0F-102030405060
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain;
	charset=utf-8

Gr=C3=BC=C3=9Fe


--Apple-Mail=_8A1C2B36-0A0B-4C0D-8E0F-102030405060
Content-Type: multipart/mixed;
	boundary="Apple-Mail=_11111111-2222-3333-4444-555555555555"


--Apple-Mail=_11111111-2222-3333-4444-555555555555
Content-Transfer-Encoding: 7bit
Content-Type: text/html;
	charset=us-ascii

<html><head></head><body></body></html>
--Apple-Mail=_11111111-2222-3333-4444-555555555555
Content-Disposition: inline;
	filename*=utf-8''Pr%C3%A4sentation.pdf
Content-Type: application/pdf;
	x-unix-mode=0644;
	name="=?utf-8?Q?Pr=C3=A4sentation=2Epdf?="
Content-Transfer-Encoding: base64

@B76@
--Apple-Mail=_11111111-2222-3333-4444-555555555555
Content-Transfer-Encoding: 7bit
Content-Type: text/html;
	charset=us-ascii

<html><body><br></body></html>
--Apple-Mail=_11111111-2222-3333-4444-555555555555--

--Apple-Mail=_8A1C2B36-0A0B-4C0D-8E0F-102030405060--
)");
  all.add("iphone-photo", 3, R"(Content-Type: multipart/mixed; boundary=Apple-Mail-0A1B2C3D-1111-2222-3333-444455556666
Content-Transfer-Encoding: 7bit
From: Jane Doe <jane@contoso.com>
Mime-Version: 1.0 (1.0)
Date: Mon, 23 Nov 2026 09:00:00 +0100
Subject: IMG_0001.jpeg
Message-Id: <0A1B2C3D@contoso.com>
To: ben@example.com
X-Mailer: iPhone Mail (21A360)


--Apple-Mail-0A1B2C3D-1111-2222-3333-444455556666
Content-Type: text/plain;
	charset=us-ascii
Content-Transfer-Encoding: 7bit



--Apple-Mail-0A1B2C3D-1111-2222-3333-444455556666
Content-Type: image/jpeg;
	name=IMG_0001.jpeg;
	x-apple-part-url=3F2504E0-4F89-11D3-9A0C-0305E82C3301
Content-Disposition: inline;
	filename=IMG_0001.jpeg
Content-Transfer-Encoding: base64

@B76@

--Apple-Mail-0A1B2C3D-1111-2222-3333-444455556666
Content-Type: text/plain;
	charset=us-ascii
Content-Transfer-Encoding: 7bit


Sent from my iPhone
--Apple-Mail-0A1B2C3D-1111-2222-3333-444455556666--
)");
}

void add_webmail(Collection& all) {
  all.add("gmail-attachment", 3, R"(MIME-Version: 1.0
From: Ben Cole <ben@contoso.com>
Date: Mon, 23 Nov 2026 09:00:00 +0100
Message-ID: <CAF=abcDEF+ghi_jkl-mno@mail.gmail.com>
Subject: =?UTF-8?B?w5xiZXJzaWNodCDwn5OI?=
To: Anna <anna@example.com>, "Cole, Ben" <ben2@example.com>
Cc: undisclosed-recipients:;
Content-Type: multipart/mixed; boundary="0000000000001a2b3c060a7d4e5f"

--0000000000001a2b3c060a7d4e5f
Content-Type: multipart/alternative; boundary="0000000000001a2b3a060a7d4e5d"

--0000000000001a2b3a060a7d4e5d
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: base64

@B1@
--0000000000001a2b3a060a7d4e5d
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<div dir=3D"ltr">=C3=9Cbersicht<br></div>

--0000000000001a2b3a060a7d4e5d--
--0000000000001a2b3c060a7d4e5f
Content-Type: application/pdf; name="=?UTF-8?B?w5xiZXJzaWNodC5wZGY=?="
Content-Disposition: attachment; filename="=?UTF-8?B?w5xiZXJzaWNodC5wZGY=?="
Content-Transfer-Encoding: base64
Content-ID: <f_lp0abc1>
X-Attachment-Id: f_lp0abc1

@B76@
--0000000000001a2b3c060a7d4e5f--
)");
  all.add("roundcube", 2, R"(MIME-Version: 1.0
Date: Mon, 23 Nov 2026 09:00:00 +0100
From: ben@contoso.com
To: anna@example.com
Subject: Bericht
User-Agent: Roundcube Webmail/1.6.1
Message-ID: <0123456789abcdef@contoso.com>
X-Sender: ben@contoso.com
Content-Type: multipart/mixed;
 boundary="=_2d1c0b9a8f7e6d5c4b3a291807f6e5d4"

--=_2d1c0b9a8f7e6d5c4b3a291807f6e5d4
Content-Transfer-Encoding: 7bit
Content-Type: text/plain; charset=US-ASCII;
 format=flowed

Text
--=_2d1c0b9a8f7e6d5c4b3a291807f6e5d4
Content-Transfer-Encoding: base64
Content-Type: application/pdf;
 name="=?UTF-8?Q?M=C3=A4rz=2Epdf?="
Content-Disposition: attachment;
 filename*=UTF-8''M%C3%A4rz.pdf;
 size=3000

@B76@
--=_2d1c0b9a8f7e6d5c4b3a291807f6e5d4--
)");
  all.add("yahoo-style", 3, R"(Date: Mon, 23 Nov 2026 09:00:00 +0000 (UTC)
From: Ben <ben@contoso.com>
To: "anna@example.com" <anna@example.com>
Message-ID: <1234567890.1234567.1700000000000@mail.contoso.com>
Subject: files
MIME-Version: 1.0
Content-Type: multipart/mixed; 
	boundary="----=_Part_1234567_890123456.1700000000000"
Content-Length: 4711

------=_Part_1234567_890123456.1700000000000
Content-Type: multipart/alternative; 
	boundary="----=_Part_1234566_1718446117.1700000000000"

------=_Part_1234566_1718446117.1700000000000
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 7bit

hello
------=_Part_1234566_1718446117.1700000000000
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: 7bit

<html><head></head><body>hello</body></html>
------=_Part_1234566_1718446117.1700000000000--

------=_Part_1234567_890123456.1700000000000
Content-Type: application/zip
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="files.zip"
Content-ID: <c0ffee>

@B76@
------=_Part_1234567_890123456.1700000000000--
)");
}

}  // namespace graph_milter::test
