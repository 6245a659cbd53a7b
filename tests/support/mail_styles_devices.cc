// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mail_collection.h"

namespace graph_milter::test {

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

}  // namespace graph_milter::test
