// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mail_styles.h"

#include <random>
#include <utility>

#include "core/base/base64.h"

namespace graph_milter::test {
namespace {

class Collection {
 public:
  explicit Collection(std::size_t size) : size_(size) {}

  void add(std::string name, std::size_t leaves, std::string_view text) {
    mails_.push_back({std::move(name), crlf(replace(text)), leaves});
  }
  std::vector<StyledMail> take() { return std::move(mails_); }

 private:
  // @B76@ stands for a base64 body in lines of 76, @B60@ and @B72@ for other widths, @B1@ for one of a single line.
  std::string replace(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find("@B"); at != std::string_view::npos; at = text.find("@B")) {
      out += text.substr(0, at);
      const std::size_t end = text.find('@', at + 2);
      const auto columns = static_cast<std::size_t>(std::stoul(std::string(text.substr(at + 2, end - at - 2))));
      ++seed_;
      const std::string body = columns == 1 ? base64_encode(make_content(40, seed_)) + "\r\n"
                                            : base64_lines(make_content(size_ + seed_, seed_), columns);
      std::string lf;
      for (const char c : body) {
        if (c != '\r') lf += c;
      }
      lf.pop_back();  // the text goes on with its own line end
      out += lf;
      text.remove_prefix(end + 1);
    }
    out += text;
    return out;
  }

  std::size_t size_;
  unsigned seed_ = 0;
  std::vector<StyledMail> mails_;
};

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

void add_scanners(Collection& all) {
  all.add("ricoh-scan", 2, R"(Date: Mon, 23 Nov 2026 09:12:33 +0100
From: <scanner@contoso.com>
Subject: Message from "RNP002673A1B2C3"
To: <ben@contoso.com>
Message-Id: <20261123091233.0001.RNP002673A1B2C3@contoso.com>
X-Mailer: RICOH MP C3004
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="=_RICOH_0001_1700727153"

This is a multi-part message in MIME format.

--=_RICOH_0001_1700727153
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

This E-mail was sent from "RNP002673A1B2C3" (MP C3004).

Scan Date: 23.11.2026 09:12:33 (+0100)
Queries to: <scanner@contoso.com>

--=_RICOH_0001_1700727153
Content-Type: application/pdf; name="202611230912.pdf"
Content-Disposition: attachment; filename="202611230912.pdf"
Content-Transfer-Encoding: base64

@B76@

--=_RICOH_0001_1700727153--
)");
  all.add("canon-scan", 2, R"(Date: Mon, 23 Nov 2026 09:12:33 +0100
From: "Canon iR-ADV C5535" <scanner@contoso.com>
To: ben@contoso.com
Subject: Attached Image
MIME-Version: 1.0
X-Mailer: Canon iR-ADV C5535
Content-Type: multipart/mixed; boundary="----=CANON_0001_20261123091233";

------=CANON_0001_20261123091233
Content-Type: text/plain; charset="UTF-8";
Content-Transfer-Encoding: base64

@B1@

------=CANON_0001_20261123091233
Content-Type: application/pdf; name="0001_001.pdf";
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="0001_001.pdf";

@B76@

------=CANON_0001_20261123091233--
)");
  all.add("hp-digital-sending", 2, R"(From: HP Scanner 2nd floor <scanner@contoso.com>
To: ben@contoso.com
Date: Mon, 23 Nov 2026 09:12:33 +0100
Subject: [Untitled].pdf
MIME-Version: 1.0
X-Mailer: HP Digital Sending
Content-Type: multipart/mixed; boundary=HP_MIME_Boundary_12345
Importance: normal

--HP_MIME_Boundary_12345
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Please open the attached document. It was sent to you using an HP Digital S=
ending device.
--HP_MIME_Boundary_12345
Content-Type: application/pdf; name="[Untitled].pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="[Untitled].pdf"

@B76@
--HP_MIME_Boundary_12345--
)");
  all.add("kyocera-scan", 2, R"(MIME-Version: 1.0
From: scanner@contoso.com
To: ben@contoso.com
Subject: doc09876520261123091233
Date: Mon, 23 Nov 2026 09:12:33 +0100
Content-Type: multipart/mixed;
	boundary="KYOCERA_MULTIPART_0000"
Message-Id: <20261123091233.AAAA@contoso.com>

--KYOCERA_MULTIPART_0000
Content-Type: text/plain; charset=ISO-8859-1
Content-Transfer-Encoding: 7bit

------------------------------------
TASKalfa 3253ci
[00:17:c8:00:11:22]
------------------------------------

--KYOCERA_MULTIPART_0000
Content-Type: application/pdf;
	name="doc09876520261123091233.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
	filename="doc09876520261123091233.pdf"

@B60@

--KYOCERA_MULTIPART_0000--
)");
  all.add("xerox-scan", 2, R"(Date: Mon, 23 Nov 2026 09:12:33 GMT
From: "Xerox WorkCentre" <scanner@contoso.com>
Reply-To: scanner@contoso.com
To: ben@contoso.com
Subject: Scanned from a Xerox Multifunction Printer
Message-ID: <1700727153.0000@9c934e000000>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="-XRX-boundary-1700727153"
X-Mailer: Xerox WorkCentre 7845

---XRX-boundary-1700727153
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

Please open the attached document. It was scanned and sent to you using a Xerox Multifunction Printer.

Number of Images: 1
Attachment File Type: PDF

---XRX-boundary-1700727153
Content-Type: application/pdf
Content-Disposition: attachment; filename="Scanned from a Xerox Multifunction Printer.pdf"
Content-Transfer-Encoding: base64

@B76@
---XRX-boundary-1700727153--
)");
  all.add("konica-minolta-scan", 2, R"(From: bizhub@contoso.com
To: ben@contoso.com
Subject: Message from KM_C258
Date: Mon, 23 Nov 2026 09:12:33 +0100
Message-ID: <001700727153.bizhub@contoso.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="KONICA_MINOLTA_Internet_Fax_Boundary"
X-Mailer: KONICA MINOLTA bizhub C258

--KONICA_MINOLTA_Internet_Fax_Boundary
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

@B1@
--KONICA_MINOLTA_Internet_Fax_Boundary
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="SKM_C25826112309120.pdf"

@B76@
--KONICA_MINOLTA_Internet_Fax_Boundary--

)");
  all.add("brother-scan", 2, R"(Date: Mon, 23 Nov 2026 09:12:33 +0100
From: brother@contoso.com
To: ben@contoso.com
Subject: I-Fax Job:001
X-Mailer: Brother MFC-L8900CDW
Mime-Version: 1.0
Content-Type: multipart/mixed; boundary="=====BROTHER_0123456789====="

--=====BROTHER_0123456789=====
Content-Type: text/plain; charset=US-ASCII

IMAGE DATA FROM BRN30055C000000

--=====BROTHER_0123456789=====
Content-Type: image/tiff; name="Image.TIF"; application=faxbw
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="Image.TIF"

@B76@
--=====BROTHER_0123456789=====--
)");
  all.add("bare-pdf-scan", 1, R"(Date: Mon, 23 Nov 2026 09:12:33 +0100
From: scanner@contoso.com
To: ben@contoso.com
Subject: Scan
MIME-Version: 1.0
Content-Type: application/pdf; name="scan.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="scan.pdf"

@B76@
)");
  all.add("fax-tiff-no-text", 1, R"(From: fax@contoso.com
To: ben@contoso.com
Subject: Fax from +49 30 1234567
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="faxboundary"

--faxboundary
Content-Type: image/tiff
Content-Transfer-Encoding: BASE64
Content-Disposition: ATTACHMENT; FILENAME="fax.tif"

@B76@
--faxboundary--
)");
  all.add("device-without-mime-version-and-date", 2, R"(From: device@contoso.com
To: ben@contoso.com
Subject: Statusmeldung Gerät 7 ist bereit
Content-Type: multipart/mixed; boundary="simple boundary"

--simple boundary

implicitly typed
--simple boundary
Content-Type: application/octet-stream; name=data.bin
Content-Transfer-Encoding: base64

@B64@
--simple boundary--
)");
}

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

}  // namespace

std::vector<StyledMail> daily_mails(std::size_t attachment_size) {
  Collection all(attachment_size);
  add_outlook(all);
  add_thunderbird(all);
  add_apple(all);
  add_webmail(all);
  add_scanners(all);
  add_libraries(all);
  add_unix(all);
  add_applications(all);
  return all.take();
}

std::string make_content(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string content(size, '\0');
  for (char& c : content) c = static_cast<char>(random() & 0xffU);
  return content;
}

std::string base64_lines(std::string_view content, std::size_t columns) {
  const std::string text = base64_encode(content);
  std::string lines;
  lines.reserve(text.size() + text.size() / columns * 2 + 2);
  for (std::size_t at = 0; at < text.size(); at += columns) {
    lines.append(text, at, columns);
    lines += "\r\n";
  }
  return lines;
}

std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

}  // namespace graph_milter::test
