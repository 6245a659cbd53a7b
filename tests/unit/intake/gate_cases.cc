// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/intake/gate_cases.h"

#include <iterator>
#include <utility>

namespace graph_milter::intake {
namespace {

const std::string kHead =
    "From: scanner@contoso.com\nTo: user0@contoso.com\nSubject: scan\nMessage-ID: <1@contoso.com>\n"
    "Date: Sun, 22 Nov 2026 09:00:00 +0000\nMIME-Version: 1.0\n";
const std::string kText = "--b\nContent-Type: text/plain\n\nsee below\n";
const std::string kPdfFields =
    "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\n";
const std::string kPdf = "--b\n" + kPdfFields + "Content-Transfer-Encoding: base64\n\nQUJDREVG\n";
const std::string kEnd = "--b--\n";
const std::vector<std::string> kPdfIsCut = {"a.pdf"};

std::string typed(const std::string& type, const std::string& body) {
  return kHead + "Content-Type: " + type + "\n\n" + body;
}
std::string mixed(const std::string& parts) { return typed("multipart/mixed; boundary=b", kText + parts + kEnd); }
// A PDF whose fields or body are odd.
std::string pdf(const std::string& fields, const std::string& body = "QUJDREVG\n") {
  return mixed("--b\n" + fields + "\n" + body);
}
std::string encoded(const std::string& encoding, const std::string& body) {
  return pdf(kPdfFields + "Content-Transfer-Encoding: " + encoding + "\n", body);
}
std::string named(const std::string& parameters) {
  return pdf("Content-Type: application/pdf\nContent-Disposition: attachment; " + parameters +
             "\nContent-Transfer-Encoding: base64\n");
}
std::string with_field(const std::string& field) { return field + "\n" + mixed(kPdf); }
std::string with_from(const std::string& from) { return "From: " + from + mixed(kPdf).substr(mixed(kPdf).find('\n')); }
std::string times(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}
std::string sections(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "; filename*" + std::to_string(i) + "=a";
  return out.substr(2);
}
std::string nested(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) {
    const std::string boundary = "n" + std::to_string(1000 + i);
    out += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  return kHead + out + "\nx\n";
}

std::vector<GateCase> structure_cases() {
  const std::string plain_multipart = kText + kPdf + kEnd;
  return {
      {"M00_nothing_odd", mixed(kPdf), kRelayed, kPdfIsCut},
      {"M01_two_types",
       kHead + "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n" + plain_multipart,
       "ambiguous:dup-header"},
      {"M01_two_equal_types", pdf("Content-Type: application/pdf\n" + kPdfFields), "ambiguous:dup-header"},
      {"M01_two_encodings", encoded("base64\ncontent-transfer-encoding: 7bit", "QUJD\n"), "ambiguous:dup-header"},
      {"M01_two_dispositions", pdf(kPdfFields + "Content-Disposition: inline\n"), "ambiguous:dup-header"},
      {"M01_two_to", "To: user0@contoso.com\n" + mixed(kPdf), "ambiguous:dup-header"},
      {"M02_two_boundaries", typed("multipart/mixed; boundary=b; boundary=c", plain_multipart), "ambiguous:boundary"},
      {"M02_two_boundaries_in_two_cases", typed("multipart/mixed; boundary=c; BOUNDARY=b", plain_multipart),
       "ambiguous:boundary"},
      {"M02_extended_boundary", typed("multipart/mixed; boundary*=us-ascii''b", plain_multipart), "ambiguous:boundary"},
      {"M02_boundary_in_sections", typed("multipart/mixed; boundary*0=b; boundary*1=c", plain_multipart),
       "ambiguous:boundary"},
      {"M02_encoded_boundary", typed("multipart/mixed; boundary=\"=?us-ascii?Q?b?=\"", plain_multipart),
       "ambiguous:boundary"},
      {"M02_comment_in_boundary", typed("multipart/mixed; boundary=b(c)", plain_multipart), "ambiguous:comment"},
      {"M02_boundary_behind_a_broken_parameter", typed("multipart/mixed; \"x\"=y; boundary=b", plain_multipart),
       "ambiguous:param"},
      {"M02_boundary_without_quotes", typed("multipart/mixed; boundary=-=b", plain_multipart),
       "ambiguous:boundary-form"},
      {"M02_boundary_of_text", typed("text/plain; boundary=b", plain_multipart), "ambiguous:boundary"},
      {"M03_no_boundary", typed("multipart/mixed", plain_multipart), "ambiguous:boundary"},
      {"M03_empty_boundary", typed("multipart/mixed; boundary=\"\"", "--\n\nx\n----\n"), "ambiguous:boundary"},
      {"M04_comment_in_type", typed("multipart/mixed (c); boundary=b", plain_multipart), "ambiguous:comment"},
      {"M04_comment_in_encoding", encoded("base64 (c)", "QUJD\n"), "ambiguous:comment"},
      {"M04_comment_in_disposition",
       pdf("Content-Type: application/pdf\nContent-Disposition: attachment (c); filename=a.pdf\n"),
       "ambiguous:comment"},
      {"M04_nested_comment", typed("multipart/mixed; (a(b)c) boundary=b", plain_multipart), "ambiguous:comment-odd"},
      {"M04_comment_in_mime_version", with_field("MIME-Version: 1.0 (by a (nested) scanner)"), kRelayed, kPdfIsCut},
      {"M05_inner_boundary_is_prefix",
       typed("multipart/mixed; boundary=bc",
             "--bc\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--bc--\n"),
       "ambiguous:boundary"},
      {"M05_same_boundary_inside", mixed("--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n"),
       "ambiguous:boundary"},
      {"M05_delimiter_inside_base64", encoded("base64", "QUJD\n--b \nREVG\n"), "ambiguous:header-line"},
      {"M05_line_like_a_delimiter_inside_base64", encoded("base64", "QUJD\n--bc\n"), "ambiguous:delimiter"},
      {"M05_delimiter_in_header", mixed("--b\nContent-Type: application/pdf\n--b\n\nx\n"), "ambiguous:delimiter"},
      {"M05_delimiter_behind_the_end", mixed(kPdf) + kPdf + kEnd, "ambiguous:delimiter"},
      {"M05_header_in_preamble",
       typed("multipart/mixed; boundary=b", "Content-Type: text/html\n\n<b>\n" + plain_multipart),
       "ambiguous:preamble"},
      {"M05_header_in_epilogue", mixed(kPdf) + "Content-Type: text/html\n", "ambiguous:epilogue"},
      {"M05_long_preamble", typed("multipart/mixed; boundary=b", std::string(5000, 'x') + "\n" + plain_multipart),
       "ambiguous:preamble-size"},
      {"M05_long_epilogue", mixed(kPdf) + std::string(5000, 'x') + "\n", "ambiguous:epilogue-size"},
      {"M06_unclosed", typed("multipart/mixed; boundary=b", kText + kPdf), "ambiguous:unclosed"},
      {"M06_cut_in_a_part_header", typed("multipart/mixed; boundary=b", kText + "--b\nContent-Type: application/pdf\n"),
       "ambiguous:unclosed"},
      {"M06_inner_unclosed",
       mixed("--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\nContent-Transfer-Encoding: base64\n\nQUJD\n"),
       "ambiguous:unclosed"},
      {"M06_no_parts", typed("multipart/mixed; boundary=b", kEnd), "ambiguous:no-parts"},
  };
}

std::vector<GateCase> encoding_cases() {
  return {
      {"M07_other_characters", encoded("base64", "QUJD*REVG\n"), "inexact:base64"},
      {"M07_blank_at_the_end", encoded("base64", "QUJD \n"), "inexact:base64"},
      {"M07_early_padding", encoded("base64", "QQ==QUJD\n"), "inexact:base64"},
      {"M07_two_streams", encoded("base64", "QUI=\nQUJD\n"), "inexact:base64"},
      {"M07_wrong_length", encoded("base64", "QUJDR\n"), "inexact:base64"},
      {"M07_unused_bits", encoded("base64", "QUJ=\n"), "inexact:base64"},
      {"M07_footer", encoded("base64", "QUJD\n-- \nvirus free\n"), "inexact:base64"},
      {"M08_no_hex_digits", encoded("quoted-printable", "a=XYb\n"), "inexact:qp"},
      {"M08_text_behind_a_soft_break", encoded("quoted-printable", "a= b\nc\n"), "inexact:qp"},
      {"M08_blanks_at_the_end", encoded("quoted-printable", "a \nb\n"), "inexact:qp"},
      {"M08_cut_escape", encoded("quoted-printable", "a=4\n"), "inexact:qp"},
      {"M08_blanks_in_text",
       typed("text/plain; charset=us-ascii\nContent-Transfer-Encoding: quoted-printable", "trailing \n-- \nname\n"),
       kRelayed},
      {"M09_uuencode", encoded("x-uuencode", "begin 644 a.pdf\n#04)#\n`\nend\n"), "ambiguous:cte"},
      {"M09_unknown", encoded("x-gzip64", "QUJD\n"), "ambiguous:cte"},
      {"M09_odd_form", encoded("7-bit", "x\n"), "ambiguous:cte-form"},
      {"M09_uuencode_in_text", typed("text/plain", "begin 644 a.pdf\n#04)#\n`\nend\n"), kRelayed},
      {"M09_yenc_in_text", typed("text/plain", "=ybegin line=128 size=3 name=a.pdf\nklm\n=yend size=3\n"), kRelayed},
      {"M10_encoded_multipart",
       typed("multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64", kText + kPdf + kEnd), "ambiguous:cte"},
      {"M10_encoded_message", mixed("--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQUJD\n"),
       "ambiguous:cte"},
      {"M11_nul_in_header", with_field("X-Scan: a@0b"), "ambiguous:nul"},
      {"M11_nul_in_part_header", pdf("Content-Type: application/pdf; name=a@0.pdf\n"), "ambiguous:nul"},
      {"M11_nul_in_attachment", encoded("7bit", "a@0b\n"), "inexact:nul"},
      {"M11_nul_in_a_delimiter", mixed(kPdf + "--b@0\n\nx\n"), "ambiguous:nul"},
      {"M11_nul_in_text", typed("text/plain", "a@0b\n"), kRelayed},
      {"M12_bare_cr_in_header", with_field("X-Scan: a@Rb"), "ambiguous:bare-eol"},
      {"M12_bare_lf_in_part_header", mixed("--b\nContent-Type: application/pdf@L\nx\n"), "ambiguous:bare-eol"},
      {"M12_bare_lf_before_a_delimiter", mixed(kPdf + "x@L--b\n\ny\n"), "ambiguous:bare-eol"},
      {"M12_bare_cr_behind_a_delimiter", mixed(kPdf + "--b@R\ny\n"), "ambiguous:bare-eol"},
      {"M12_bare_lf_in_attachment", encoded("base64", "QUJD@LREVG\n"), "inexact:bare-eol"},
      {"M12_end_of_data_forms_in_text", typed("text/plain", "a@L.@Lb@R.@Rc@L.\nd\n.@Le\n"), kRelayed},
      {"M12_smuggled_mail_in_text",
       typed("text/plain", "a@L.@LMAIL FROM:<ceo@contoso.com>@LRCPT TO:<x@y.example>@LDATA@LFrom: ceo\n"), kRelayed},
      {"M12_header_ends_in_a_line_of_blanks", "X-Scan: a\n \n" + mixed(kPdf), "ambiguous:fold"},
      {"M13_line_end_in_an_encoded_subject", with_field("X-Subject: =?utf-8?Q?a=0D=0ABcc:_x@y.example?="), kRelayed,
       kPdfIsCut},
      {"M13_line_end_in_a_file_name", named("filename*=utf-8''a%0D%0ABcc%3A%20x.pdf"), "inexact:name"},
      {"M13_encoded_line_end_in_a_file_name", named("filename=\"=?utf-8?Q?a=0D=0Ab.pdf?=\""), "inexact:name"},
  };
}

std::vector<GateCase> limit_cases() {
  return {
      {"M14_depth", nested(21), "overlimit:depth"},
      {"M14_depth_of_a_million", nested(100'000), "overlimit:depth"},
      {"M15_fields", kHead + times(1001, "X-Scan: a\n") + "\nx\n", "overlimit:header-fields"},
      {"M15_long_field", kHead + "X-Scan: " + std::string(70'000, 'x') + "\n\nx\n", "overlimit:header-size"},
      {"M15_many_header_recipients", kHead + "Cc: " + times(20'000, "u@contoso.com,") + "u@contoso.com\n\nx\n",
       "overlimit:header-size"},
      {"M15_501_recipients", mixed(kPdf), "too-many-recipients", {}, "scanner@contoso.com", 501},
      {"M15_500_recipients", mixed(kPdf), kRelayed, kPdfIsCut, "scanner@contoso.com", 500},
      {"M15_500_parts", mixed(times(500, kPdf)), "overlimit:parts"},
      {"M15_251_attachments", mixed(times(251, kPdf)), "too-many-attachments"},
      {"M16_gap", named("filename*0=a; filename*2=b.pdf"), "ambiguous:param"},
      {"M16_wrong_order", named("filename*1=b.pdf; filename*0=a"), "ambiguous:param"},
      {"M16_huge_index", named("filename*99999999999999999999=a"), "ambiguous:param"},
      {"M16_many_sections", named(sections(40)), "ambiguous:param"},
      {"M16_partly_encoded", named("filename*0=a; filename*1*=%2Epdf"), "inexact:name"},
      {"M16_two_names", named("filename=a.pdf; filename=a.exe"), "ambiguous:param"},
      {"M16_name_and_file_name_differ",
       pdf("Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.exe\n"),
       "inexact:name"},
      {"M16_many_parameters", pdf("Content-Type: application/pdf" + times(40, "; x=y") + "\n"), "ambiguous:param"},
      {"M17_open_quote", named("filename=\"a.pdf"), "ambiguous:param"},
      {"M17_open_comment", typed("multipart/mixed; ((((((((( boundary=b", kText + kPdf + kEnd),
       "ambiguous:comment-odd"},
      {"M17_open_comment_in_from", with_from("scanner@contoso.com (((((("), "no-rule"},
      {"M17_words_without_end", with_field("X-Subject: " + times(10'000, "=?")), kRelayed, kPdfIsCut},
      {"M32_empty_attachment", encoded("base64", ""), kRelayed},
      {"M32_part_of_the_limit", encoded("7bit", std::string(20'000, 'x') + "\n"), kRelayed, kPdfIsCut},
      {"M32_part_above_the_limit", encoded("7bit", std::string(20'001, 'x') + "\n"), "part-too-large"},
      {"M32_message_above_the_limit", mixed(kPdf) + "\n" + times(1500, std::string(998, 'x') + "\n"),
       "ambiguous:epilogue-size"},
      {"M32_message_above_the_limit_in_text", typed("text/plain", times(1500, std::string(998, 'x') + "\n")),
       "too-large"},
  };
}

std::vector<GateCase> kind_cases() {
  const std::string signature = "v=1; a=rsa-sha256; s=x; bh=abc=; b=def=; d=";
  const std::string forwarded =
      "--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\nContent-Type: multipart/mixed; boundary=i\n\n"
      "--i\nContent-Type: application/pdf; name=inner.pdf\n\nx\n--i--\n";
  return {
      {"M18_partial", typed("message/partial; id=x; number=1; total=2", "x\n"), "protected:partial"},
      {"M19_external_body",
       mixed("--b\nContent-Type: message/external-body; access-type=URL; URL=\"http://x.example/\"\n\n"
             "Content-Type: application/pdf\n\n"),
       "protected:external-body"},
      {"M20_message_within_the_message", mixed(forwarded + kPdf), kRelayed, kPdfIsCut},
      {"M21_signed",
       typed("multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"; micalg=sha-256",
             kText + "--b\nContent-Type: application/pkcs7-signature\n\nx\n" + kEnd),
       "protected:signed"},
      {"M21_smime_signed", typed("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "x\n"),
       "protected:signed"},
      {"M21_signed_inside", mixed("--b\nContent-Type: multipart/signed; boundary=i\n\n--i\n\nx\n--i--\n" + kPdf),
       "protected:signed"},
      {"M22_enveloped", typed("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "x\n"),
       "protected:encrypted"},
      {"M22_encrypted", typed("multipart/encrypted; boundary=b; protocol=\"application/x\"", kText + kPdf + kEnd),
       "protected:encrypted"},
      {"M22_pgp_encrypted",
       typed("multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"", kText + kPdf + kEnd),
       "protected:pgp"},
      {"M22_pgp_signed",
       typed("multipart/signed; boundary=b; protocol=\"application/pgp-signature\"", kText + kPdf + kEnd),
       "protected:pgp"},
      {"M22_pgp_in_text", typed("text/plain", "-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n"),
       "protected:pgp"},
      {"M22_pgp_signed_text", typed("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nabc\n"),
       "protected:pgp"},
      {"M22_signature_file_alone",
       mixed(kPdf + "--b\nContent-Type: application/pgp-keys; name=key.asc\n"
                    "Content-Disposition: attachment; filename=key.asc\n\nx\n"),
       kRelayed,
       {"a.pdf", "key.asc"}},
      {"M23_dkim_of_another", with_field("DKIM-Signature: " + signature + "example.com"), "dkim-signed"},
      {"M23_dkim_of_a_subdomain", with_field("DKIM-Signature: " + signature + "mail.contoso.com"), "dkim-signed"},
      {"M23_dkim_of_ours", with_field("DKIM-Signature: " + signature + "contoso.com"), kRelayed, kPdfIsCut},
      {"M23_dkim_of_both",
       with_field("DKIM-Signature: " + signature + "contoso.com\nDKIM-Signature: " + signature + "example.com"),
       "dkim-signed"},
      {"M23_arc", with_field("ARC-Seal: i=1; d=contoso.com; b=abc"), "arc-sealed"},
      {"M24_delivery_report", typed("multipart/report; report-type=delivery-status; boundary=b", kText + kEnd),
       "protected:report"},
      {"M24_receipt", typed("multipart/report; report-type=disposition-notification; boundary=b", kText + kEnd),
       "protected:report"},
      {"M24_null_sender", mixed(kPdf), "null-sender", {}, ""},
      {"M24_auto_replied", with_field("Auto-Submitted: auto-replied (vacation)"), "auto-replied"},
      {"M24_auto_generated", with_field("Auto-Submitted: auto-generated"), kRelayed, kPdfIsCut},
      {"M24_cron", with_field("X-Cron-Env: <SHELL=/bin/sh>\nPrecedence: bulk"), kRelayed, kPdfIsCut},
      {"M25_tnef",
       mixed("--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Disposition: attachment; "
             "filename=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+Ig==\n"),
       kRelayed,
       {"winmail.dat"}},
      {"M26_invitation_and_image",
       mixed("--b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"
             "--b\nContent-Type: image/png; name=logo.png\nContent-ID: <x@y>\nContent-Disposition: inline\n"
             "Content-Transfer-Encoding: base64\n\nQUJD\n" +
             kPdf),
       kRelayed, kPdfIsCut},
      {"M27_archive",
       mixed("--b\nContent-Type: application/zip; name=bomb.zip\nContent-Disposition: attachment; "
             "filename=bomb.zip\nContent-Transfer-Encoding: base64\n\nUEsDBA==\n"),
       kRelayed,
       {"bomb.zip"}},
      {"M28_false_lengths", with_field("Content-Length: 3\nLines: 1"), kRelayed, kPdfIsCut},
      {"M28_mbox_line_in_text", typed("text/plain", "From nobody Mon Jan  1 00:00:00 2026\nFrom: x\n\ny\n"), kRelayed},
      {"M30_no_mime_version", "X-" + mixed(kPdf), "no-rule"},
      {"M30_no_mime_version_with_type",
       "From: scanner@contoso.com\nTo: user0@contoso.com\nContent-Type: multipart/mixed; boundary=b\n\n" + kText +
           kPdf + kEnd,
       kRelayed, kPdfIsCut},
      {"M31_utf_7_name", named("filename*=utf-7''a%2BAOQ-.pdf"), "inexact:name"},
      {"M31_utf_16_name", named("filename*=utf-16le''a%00.%00p%00d%00f%00"), "inexact:name"},
      {"M31_unknown_charset", named("filename=\"=?x-unknown?Q?a.pdf?=\""), "inexact:name"},
      {"M31_wrong_bytes", named("filename*=utf-8''%FC.pdf"), "inexact:name"},
      {"M31_latin_name",
       named("filename*=iso-8859-1''%FCber.pdf"),
       kRelayed,
       {"\xc3\xbc"
        "ber.pdf"}},
      {"M31_windows_name", named("filename=\"=?windows-1252?Q?=80.pdf?=\""), kRelayed, {"\xe2\x82\xac.pdf"}},
  };
}

std::vector<GateCase> author_cases() {
  return {
      {"M29_two_from_fields", "From: ceo@contoso.com\n" + mixed(kPdf), "no-rule"},
      {"M29_two_equal_from_fields", "From: scanner@contoso.com\n" + mixed(kPdf), "no-rule"},
      {"M29_two_mailboxes", with_from("scanner@contoso.com, ceo@contoso.com"), "no-rule"},
      {"M29_group", with_from("scanners: scanner@contoso.com;"), "no-rule"},
      {"M29_route", with_from("<@x.example:scanner@contoso.com>"), "no-rule"},
      {"M29_comment_in_the_address", with_from("scanner(x)@contoso.com"), "no-rule"},
      {"M29_comment_that_is_an_address", with_from("scanner@contoso.com (ceo@contoso.com)"), "no-rule"},
      {"M29_address_as_name", with_from("\"ceo@contoso.com\" <scanner@contoso.com>"), kRelayed, kPdfIsCut},
      {"M29_address_as_unquoted_name", with_from("ceo@contoso.com <scanner@contoso.com>"), "no-rule"},
      {"M29_own_address_as_unquoted_name", with_from("scanner@contoso.com <scanner@contoso.com>"), kRelayed, kPdfIsCut},
      {"M29_own_address_as_unquoted_name_in_other_case", with_from("Scanner@Contoso.com <scanner@contoso.com>"),
       kRelayed, kPdfIsCut},
      {"M29_own_address_and_a_word_as_unquoted_name", with_from("scanner@contoso.com 2 <scanner@contoso.com>"),
       "no-rule"},
      {"M29_at_sign_in_unquoted_name", with_from("Scan@Floor2 <scanner@contoso.com>"), "no-rule"},
      {"M29_two_angles", with_from("<ceo@contoso.com> <scanner@contoso.com>"), "no-rule"},
      {"M29_encoded_address", with_from("=?utf-8?Q?scanner=40contoso.com?="), "no-rule"},
      {"M29_encoded_part_of_the_address", with_from("=?utf-8?Q?scanner?=@contoso.com"), "no-rule"},
      {"M29_quoted_local_part", with_from("\"scanner\"@contoso.com"), "no-rule"},
      {"M29_open_quote", with_from("\"scanner <scanner@contoso.com>"), "no-rule"},
      {"M29_percent_hack", with_from("ceo%contoso.com@contoso.com"), "no-rule"},
      {"M29_trailing_dot", with_from("scanner@contoso.com."), "no-rule"},
      {"M29_no_from", "X-" + mixed(kPdf), "no-rule"},
      {"M29_other_sender", with_field("Sender: ceo@contoso.com"), kRelayed, kPdfIsCut},
      {"M29_resent", with_field("Resent-From: ceo@contoso.com"), "other-author"},
      {"M29_from_with_name", with_from("Scanner, 2nd floor <scanner@contoso.com>"), "no-rule"},
      {"M29_quoted_addresses_as_name", with_from("\"ceo@contoso.com, cfo@contoso.com\" <scanner@contoso.com>"),
       kRelayed, kPdfIsCut},
      {"M29_quoted_mailbox_as_name", with_from("\"The CEO <ceo@contoso.com>\" <scanner@contoso.com>"), kRelayed,
       kPdfIsCut},
      {"M29_name_of_another", with_from("Chief Executive <scanner@contoso.com>"), kRelayed, kPdfIsCut},
      {"M29_from_with_quoted_name", with_from("\"Scanner, 2nd floor\" <scanner@contoso.com>"), kRelayed, kPdfIsCut},
  };
}

}  // namespace

std::vector<GateCase> gate_cases() {
  std::vector<GateCase> all;
  for (auto cases : {structure_cases(), encoding_cases(), limit_cases(), kind_cases(), author_cases()}) {
    all.insert(all.end(), std::make_move_iterator(cases.begin()), std::make_move_iterator(cases.end()));
  }
  return all;
}

}  // namespace graph_milter::intake
