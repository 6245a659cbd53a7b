// SPDX-License-Identifier: Apache-2.0
// Mail that two readers could understand differently, or that is not ours to change.
#include <gtest/gtest.h>

#include "tests/support/odd_bytes.h"
#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

using namespace std::string_literals;

struct Case {
  std::string name;
  std::string text;  // as bytes_of() reads it
  std::string verdict;
};

using graph_milter::test::bytes_of;

class Structure : public testing::TestWithParam<Case> {};

TEST_P(Structure, IsLeftAlone) { EXPECT_EQ(verdict_of(scan(bytes_of(GetParam().text))), GetParam().verdict); }

std::string name_of_case(const testing::TestParamInfo<Case>& info) { return info.param.name; }

std::string typed(const std::string& type, const std::string& body = "\n--b\n\nx\n--b--\n") {
  return "From: a@b.example\nContent-Type: " + type + "\n" + body;
}
std::string mixed(const std::string& body) { return typed("multipart/mixed; boundary=b", "\n" + body); }
std::string part(const std::string& fields, const std::string& body = "x\n") {
  return mixed("--b\n" + fields + "\n" + body + "--b--\n");
}

INSTANTIATE_TEST_SUITE_P(
    DuplicateFields, Structure,
    testing::Values(Case{"two_types", "Content-Type: a/b\nContent-Type: a/b\n\n", "ambiguous dup-header"},
                    Case{"two_types_of_a_part", part("Content-Type: a/b\ncontent-type: a/c\n"), "ambiguous dup-header"},
                    Case{"two_encodings", part("Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n"),
                         "ambiguous dup-header"},
                    Case{"two_dispositions", part("Content-Disposition: inline\nContent-Disposition: attachment\n"),
                         "ambiguous dup-header"},
                    Case{"two_from", "From: a@b.example\nFrom: a@b.example\n\n", "ambiguous dup-header"},
                    Case{"two_to", "To: a@b.example\nTo: c@d.example\n\n", "ambiguous dup-header"},
                    Case{"two_cc", "Cc: a@b.example\nCc: c@d.example\n\n", "ambiguous dup-header"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Boundaries, Structure,
    testing::Values(
        Case{"two_boundaries", typed("multipart/mixed; boundary=b; boundary=c"), "ambiguous boundary"},
        Case{"extended_boundary", typed("multipart/mixed; boundary*=utf-8''b"), "ambiguous boundary"},
        Case{"sectioned_boundary", typed("multipart/mixed; boundary*0=b"), "ambiguous boundary"},
        Case{"encoded_boundary", typed("multipart/mixed; boundary=\"=?utf-8?Q?b?=\""), "ambiguous boundary"},
        Case{"comment_before_boundary", typed("multipart/mixed; (c) boundary=b"), "ambiguous comment"},
        Case{"comment_behind_boundary", typed("multipart/mixed; boundary=b (c)"), "ambiguous comment"},
        Case{"escaped_boundary", typed("multipart/mixed; boundary=\"\\b\""), "ambiguous boundary"},
        Case{"empty_boundary", typed("multipart/mixed; boundary=\"\""), "ambiguous boundary"},
        Case{"no_boundary", typed("multipart/mixed"), "ambiguous boundary"},
        Case{"boundary_of_71", typed("multipart/mixed; boundary=" + std::string(71, 'x')), "ambiguous boundary"},
        Case{"boundary_ends_in_blank", typed("multipart/mixed; boundary=\"b \""), "ambiguous boundary"},
        Case{"boundary_with_odd_character", typed("multipart/mixed; boundary=\"b<>\""), "ambiguous boundary-form"},
        Case{"boundary_with_control_character", typed("multipart/mixed; boundary=\"b\x01\""), "ambiguous boundary"},
        Case{"boundary_not_a_token", typed("multipart/mixed; boundary=b=c"), "ambiguous boundary-form"},
        Case{"boundary_in_single_quotes", typed("multipart/mixed; boundary='b'"), "ambiguous boundary-form"},
        Case{"boundary_with_text_behind", typed("multipart/mixed; boundary=b c"), "ambiguous param"},
        Case{"boundary_without_value", typed("multipart/mixed; boundary"), "ambiguous boundary"},
        Case{"inner_boundary_is_prefix",
             typed("multipart/mixed; boundary=bc",
                   "\n--bc\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--bc--\n"),
             "ambiguous boundary"},
        Case{"outer_boundary_is_prefix",
             mixed("--b\nContent-Type: multipart/mixed; boundary=bc\n\n--bc\n\nx\n--bc--\n--b--\n"),
             "ambiguous boundary"},
        Case{"same_boundary_twice", mixed("--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b--\n"),
             "ambiguous boundary"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Delimiters, Structure,
    testing::Values(
        Case{"line_like_a_delimiter", mixed("--b\n\nx\n--bc\n--b--\n"), "ambiguous delimiter"},
        Case{"text_behind_closing", mixed("--b\n\nx\n--b-- x\n--b--\n"), "ambiguous delimiter"},
        Case{"delimiter_in_part_header", mixed("--b\nContent-Type: a/b\n--b\n\nx\n--b--\n"), "ambiguous delimiter"},
        Case{"delimiter_after_the_end", mixed("--b\n\nx\n--b--\n\n--b\n\ny\n--b--\n"), "ambiguous delimiter"},
        Case{"endless_delimiter", mixed("--b\n\nx\n--b" + std::string(5000, ' ') + "\n\ny\n--b--\n"),
             "ambiguous delimiter"},
        Case{"inner_delimiter_inside_base64",
             mixed("--b\nContent-Type: multipart/mixed; boundary=i\n\n--i\nContent-Transfer-Encoding: base64\n\nQUJD\n"
                   "--b\n\nx\n--b--\n"),
             "ambiguous unclosed"},
        Case{"never_closed", mixed("--b\n\nx\n"), "ambiguous unclosed"},
        Case{"cut_in_header", mixed("--b\nContent-Type: a/b\n"), "ambiguous unclosed"},
        Case{"no_delimiter_at_all", mixed("x\n"), "ambiguous unclosed"},
        Case{"no_parts", mixed("--b--\n"), "ambiguous no-parts"},
        Case{"long_preamble", mixed(std::string(5000, 'x') + "\n--b\n\nx\n--b--\n"), "ambiguous preamble-size"},
        Case{"header_in_preamble", mixed("Content-Type: text/html\n--b\n\nx\n--b--\n"), "ambiguous preamble"},
        Case{"long_epilogue", mixed("--b\n\nx\n--b--\n" + std::string(5000, 'x')), "ambiguous epilogue-size"},
        Case{"header_in_epilogue", mixed("--b\n\nx\n--b--\ncontent-type: a/b\n"), "ambiguous epilogue"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Encodings, Structure,
    testing::Values(
        Case{"uuencode", part("Content-Transfer-Encoding: x-uuencode\n"), "ambiguous cte"},
        Case{"two_tokens", part("Content-Transfer-Encoding: base64 7bit\n"), "ambiguous cte"},
        Case{"empty", part("Content-Transfer-Encoding:\n"), "ambiguous cte"},
        Case{"quoted", part("Content-Transfer-Encoding: \"base64\"\n"), "ambiguous cte"},
        Case{"comment", part("Content-Transfer-Encoding: base64 (7bit)\n"), "ambiguous comment"},
        Case{"encoded_multipart",
             "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nx\n--b--\n",
             "ambiguous cte"},
        Case{"encoded_message", part("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n", "QUJD\n"),
             "ambiguous cte"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Bytes, Structure,
    testing::Values(Case{"nul_in_header", "From: a@b.example\nSubject: a@0b\n\n", "ambiguous nul"},
                    Case{"nul_in_field_name", "From: a@b.example\nX@0Y: a\n\n", "ambiguous nul"},
                    Case{"bare_cr_in_header", "From: a@b.example\nSubject: a@Rb\n\n", "ambiguous bare-eol"},
                    Case{"bare_lf_in_header", "From: a@b.example@LSubject: a\n\n", "ambiguous bare-eol"},
                    Case{"bare_lf_ends_header", "From: a@b.example\n@Ltext\n", "ambiguous bare-eol"},
                    Case{"bare_lf_in_part_header", part("Content-Type: a/b@L"), "ambiguous bare-eol"},
                    Case{"delimiter_behind_bare_lf", mixed("--b\n\nx@L--b\n\ny\n--b--\n"), "ambiguous bare-eol"},
                    Case{"delimiter_behind_bare_cr", mixed("--b\n\nx@R--b\n\ny\n--b--\n"), "ambiguous bare-eol"},
                    Case{"delimiter_before_bare_lf", mixed("--b\n\nx\n--b@L\ny\n--b--\n"), "ambiguous bare-eol"},
                    Case{"delimiter_before_bare_cr", mixed("--b\n\nx\n--b@Ry\n--b--\n"), "ambiguous bare-eol"},
                    Case{"nul_in_delimiter", mixed("--b\n\nx\n--@0b\n\ny\n--b--\n"), "ambiguous nul"},
                    Case{"nul_before_delimiter", mixed("--b\n\nx\n@0--b\n\ny\n--b--\n"), "ambiguous nul"},
                    Case{"nul_behind_delimiter", mixed("--b\n\nx\n--b@0\n\ny\n--b--\n"), "ambiguous nul"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    HeaderLines, Structure,
    testing::Values(Case{"no_colon", "From: a@b.example\nnonsense\n\n", "ambiguous header-line"},
                    Case{"mbox_line", "From a@b.example Mon\nFrom: a@b.example\n\n", "ambiguous header-line"},
                    Case{"blank_before_colon", "From: a@b.example\nSubject : x\n\n", "ambiguous header-blank"},
                    Case{"blank_before_deciding_colon", "From : a@b.example\n\n", "ambiguous header-line"},
                    Case{"begins_folded", " x\nFrom: a@b.example\n\n", "ambiguous header-line"},
                    Case{"type_behind_line_of_blanks", "Subject: x\n \nContent-Type: a/b\n\n", "ambiguous fold"},
                    Case{"line_of_blanks_in_type", "Content-Type: a/b;\n \n name=x\n\n", "ambiguous fold"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Parameters, Structure,
    testing::Values(
        Case{"comment_in_type", typed("text/plain (c); charset=utf-8", "\n"), "ambiguous comment"},
        Case{"nested_comment", typed("text/plain (c(d)); charset=utf-8", "\n"), "ambiguous comment-odd"},
        Case{"open_comment", typed("text/plain; (charset=utf-8", "\n"), "ambiguous comment-odd"},
        Case{"comment_within_type", typed("text/(c)plain", "\n"), "ambiguous comment"},
        Case{"comment_in_disposition", part("Content-Disposition: attachment (c)\n"), "ambiguous comment"},
        Case{"no_subtype", typed("text", "\n"), "ambiguous content-type"},
        Case{"empty_type", typed("", "\n"), "ambiguous content-type"},
        Case{"two_slashes", typed("a/b/c", "\n"), "ambiguous content-type"},
        Case{"blank_in_type", typed("text /plain", "\n"), "ambiguous content-type"},
        Case{"no_semicolon", typed("text/plain charset=utf-8", "\n"), "ambiguous content-type"},
        Case{"disposition_with_blank", part("Content-Disposition: in line\n"), "ambiguous disposition"},
        Case{"empty_parameter", typed("text/plain;; charset=utf-8", "\n"), "ambiguous param-form"},
        Case{"no_value", typed("text/plain; charset", "\n"), "ambiguous param-form"},
        Case{"empty_value", typed("text/plain; charset=", "\n"), "ambiguous param-form"},
        Case{"unquoted_blank", part("Content-Disposition: attachment; filename=a b.pdf\n"), "ambiguous param-form"},
        Case{"text_behind_quote", part("Content-Disposition: attachment; filename=\"a\"b\n"), "ambiguous param-form"},
        Case{"open_quote", part("Content-Disposition: attachment; filename=\"a\n"), "ambiguous param"},
        Case{"backslash_outside_quotes", part("Content-Disposition: attachment; filename=a\\b\n"),
             "ambiguous param-form"},
        Case{"two_names", part("Content-Disposition: attachment; filename=a; filename=b\n"), "ambiguous param"},
        Case{"two_charsets", typed("text/plain; charset=a; charset=b", "\n"), "ambiguous param"},
        Case{"sections_with_gap", part("Content-Disposition: attachment; filename*0=a; filename*2=b\n"),
             "ambiguous param"},
        Case{"sections_out_of_order", part("Content-Disposition: attachment; filename*1=a; filename*0=b\n"),
             "ambiguous param"},
        Case{"huge_section", part("Content-Disposition: attachment; filename*99999999999=a\n"), "ambiguous param"},
        Case{"odd_section", part("Content-Disposition: attachment; filename*00=a\n"), "ambiguous param"},
        Case{"whole_and_sections", part("Content-Disposition: attachment; filename*=utf-8''a; filename*0=b\n"),
             "ambiguous param"}),
    name_of_case);

std::string many_parameters() {
  std::string type = "text/plain";
  for (int i = 0; i < 40; ++i) type += "; p" + std::to_string(i) + "=x";
  return type;
}

INSTANTIATE_TEST_SUITE_P(
    TooMuch, Structure,
    testing::Values(Case{"parameters", typed(many_parameters(), "\n"), "ambiguous param"},
                    Case{"long_content_field", typed("text/plain; x=" + std::string(20000, 'x'), "\n"),
                         "ambiguous param"},
                    Case{"long_field", "X-A: " + std::string(70000, 'x') + "\n\n", "over-limit header-size"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Protected, Structure,
    testing::Values(
        Case{"signed_mail", typed("multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\""),
             "protected signed"},
        Case{"signed_inside", part("Content-Type: multipart/signed; boundary=i\n", "--i\n\nx\n--i--\n"),
             "protected signed"},
        Case{"encrypted", typed("multipart/encrypted; boundary=b"), "protected encrypted"},
        Case{"pgp_signed", typed("multipart/signed; boundary=b; protocol=\"application/pgp-signature\""),
             "protected pgp"},
        Case{"pgp_encrypted", typed("multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\""),
             "protected pgp"},
        Case{"smime_enveloped", typed("application/pkcs7-mime; smime-type=enveloped-data", "\nx\n"),
             "protected encrypted"},
        Case{"smime_signed", typed("application/x-pkcs7-mime; smime-type=signed-data", "\nx\n"), "protected signed"},
        Case{"pgp_in_text", typed("text/plain", "\nHi\n-----BEGIN PGP SIGNED MESSAGE-----\nx\n"), "protected pgp"},
        Case{"pgp_in_text_part", part("", "-----BEGIN PGP MESSAGE-----\nx\n"), "protected pgp"},
        Case{"partial", typed("message/partial; id=x; number=1", "\nx\n"), "protected partial"},
        Case{"external_body", part("Content-Type: message/external-body; access-type=URL\n"),
             "protected external-body"},
        Case{"report", typed("multipart/report; boundary=b; report-type=delivery-status"), "protected report"}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Addresses, Structure,
    testing::Values(Case{"route", "From: <@a.example,@b.example:c@d.example>\n\n", "ambiguous address"},
                    Case{"comment_in_address", "From: a(c)@b.example\n\n", "ambiguous address"},
                    Case{"semicolons", "From: a@b.example\nTo: c@d.example; e@f.example\n\n", "ambiguous address"},
                    Case{"two_in_one", "From: a@b.example <c@d.example>\n\n", "ambiguous address"},
                    Case{"encoded_address", "From: =?utf-8?Q?a=40b.example?=\n\n", "ambiguous address"},
                    Case{"null", "From: <>\n\n", "ambiguous address"},
                    Case{"line_of_blanks", "From: a@b.example,\n \n c@d.example\n\n", "ambiguous fold"}),
    name_of_case);

TEST(Scanner, KeepsOnReadingWhereTheVerdictIsKnown) {
  const MessageFacts facts = scan(bytes_of(typed(
      "multipart/signed; boundary=b", "\n--b\nContent-Type: a/b\nContent-Transfer-Encoding: base64\n\nQUJD\n--b--\n")));
  EXPECT_EQ(verdict_of(facts), "protected signed");
  ASSERT_EQ(facts.parts.size(), 2U);
  EXPECT_EQ(facts.largest_part(), 3U);
}

TEST(Scanner, NamesThePlaceOfAFinding) {
  const std::string mail = bytes_of(mixed("--b\n\nx\n--bc\n--b--\n"));
  const MessageFacts facts = scan(mail);
  ASSERT_FALSE(facts.findings.empty());
  EXPECT_EQ(facts.findings[0], (Finding{Verdict::Ambiguous, "delimiter", "a line begins like a delimiter and goes on",
                                        mail.find("--bc")}));
}

}  // namespace
}  // namespace graph_milter::mail
