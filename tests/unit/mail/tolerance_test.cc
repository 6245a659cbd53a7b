// SPDX-License-Identifier: Apache-2.0
#include "core/mail/tolerance.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

// As a rule with mime = tolerant reads it.
MessageFacts read_tolerantly(std::string_view text) {
  StringSource source(test::crlf(text));
  return confirm_with_second_reader(tolerate(scan_text(text)), source);
}

std::string message(const std::string& type, const std::string& boundary, const std::string& part_fields = "") {
  return "From: a@b.example\nContent-Type: " + type + "\n\n--" + boundary + "\n" + part_fields + "\nQUJD\n--" +
         boundary + "--\n";
}
std::string part(const std::string& fields) { return message("multipart/mixed; boundary=b", "b", fields); }

struct Case {
  std::string text;
  std::string strict;     // the verdict and code of the scanner
  std::string name = {};  // of the leaf
};

TEST(Tolerance, TakesWhatBothReadersReadAlike) {
  const std::vector<Case> cases = {
      {message("multipart/mixed; boundary=----=_x", "----=_x"), "ambiguous boundary-form"},
      {message("multipart/mixed; boundary=b:c/d; charset=utf-8", "b:c/d"), "ambiguous boundary-form"},
      {message("multipart/mixed; boundary=\"<b>@c[1]\"", "<b>@c[1]"), "ambiguous boundary-form"},
      {message("multipart/mixed (a; b); boundary=b", "b"), "ambiguous comment"},
      {message("multipart/mixed; boundary=\"b\" (c)", "b"), "ambiguous comment"},
      {part("Content-Transfer-Encoding: base64 (c)\n"), "ambiguous comment"},
      {part("Content-Transfer-Encoding: 8-bit\n"), "ambiguous cte-form"},
      {part("Content-Type: a/b;; name=x.pdf\n"), "ambiguous param-form", "x.pdf"},
      {part("Content-Type: a/b; charset=utf-8 x; name=x.pdf\n"), "ambiguous param-form", "x.pdf"},
      {part("Content-Disposition: attachment (c); filename=\"x.pdf\" (d)\n"), "ambiguous comment", "x.pdf"},
      {"Subject : x\n" + part(""), "ambiguous header-blank"},
      {message("multipart/mixed; boundary=b\n\n" + std::string(5000, 'x'), "b"), "ambiguous preamble-size"},
      {part("") + std::string(5000, 'x'), "ambiguous epilogue-size"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(verdict_of(scan_text(one.text)), one.strict) << one.text;
    const MessageFacts facts = read_tolerantly(one.text);
    EXPECT_EQ(verdict_of(facts), "clean") << one.text;
    ASSERT_EQ(facts.parts.size(), 2U) << one.text;
    EXPECT_EQ(facts.parts[1].name, one.name) << one.text;
    EXPECT_TRUE(facts.parts[1].exact) << one.text;
    ASSERT_FALSE(facts.tolerated.empty()) << one.text;
    EXPECT_EQ("ambiguous " + facts.tolerated.front().code, one.strict);
  }
}

// The mail may go, but nothing is cut out under a name that another reader would not see.
TEST(Tolerance, CutsNoPartWhoseNameIsOdd) {
  for (const std::string_view disposition :
       {"attachment; filename=a b.pdf", "attachment; filename=\"a\"b.pdf", "attachment; filename=a,b.pdf",
        "attachment; filename=scan(1).pdf", "attachment; filename", "filename=a.pdf"}) {
    const MessageFacts facts = read_tolerantly(part("Content-Disposition: " + std::string(disposition) + "\n"));
    EXPECT_EQ(verdict_of(facts), "clean") << disposition;
    ASSERT_EQ(facts.parts.size(), 2U) << disposition;
    EXPECT_EQ(facts.parts[1].inexact.code, "name") << disposition;
  }
}

TEST(Tolerance, LeavesAloneWhatTheSecondReaderReadsOtherwise) {
  for (const std::string& text :
       {message("multipart/mixed; boundary=b (c)", "b"), part("Content-Disposition: attachment; filename=a.pdf (c)\n"),
        part("Content-Transfer-Encoding: (c) base64\n"), part("Content-Transfer-Encoding: base64; charset=utf-8\n"),
        part("Content-Type: a/b; charset=; name=x.pdf\n"), part("Content-Type: a/b; charset; name=x.pdf\n")}) {
    EXPECT_EQ(verdict_of(read_tolerantly(text)), "ambiguous second-reader") << text;
  }
}

TEST(Tolerance, NeverLetsPassWhatDecides) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {part("Content-Type: a/b\nContent-Type: a/b\n"), "ambiguous dup-header"},
      {message("multipart/mixed; boundary*=utf-8''b", "b"), "ambiguous boundary"},
      {message("multipart/mixed; boundary=b; boundary=c", "b"), "ambiguous boundary"},
      {message("multipart/mixed; boundary=\"=?utf-8?Q?b?=\"", "b"), "ambiguous boundary"},
      {message("multipart/mixed; boundary=b c", "b"), "ambiguous param"},
      {message("multipart/mixed; boundary=\"b(\" (c(d))", "b("), "ambiguous comment-odd"},
      {"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n", "ambiguous unclosed"},
      {part("Content-Transfer-Encoding: x-uuencode\n"), "ambiguous cte"},
      {part("Content-Type: text\n"), "ambiguous content-type"},
      {part("Content-Type: text/(c)plain\n"), "ambiguous comment-odd"},
      {part("Content-Disposition: attachment; filename=a; filename=b\n"), "ambiguous param"},
      {"From: a@b.example, b@b.example <c@b.example>\n\nx\n", "ambiguous address"},
      {"From: a@b.example\nContent-Type: multipart/signed (c); boundary=b\n\n--b\n\nx\n--b--\n", "protected signed"},
  };
  for (const auto& [text, verdict] : cases) EXPECT_EQ(verdict_of(read_tolerantly(text)), verdict) << text;
}

// However many tolerable findings come first, the one that decides is not lost.
TEST(Tolerance, SeesWhatDecidesBehindManyTolerableFindings) {
  std::string text = "From: a@b.example\n";
  for (int i = 0; i < 100; ++i) text += "X-" + std::to_string(i) + " : y\n";
  text += "Content-Type: text/plain\nContent-Type: text/html\n\nx\n";
  const MessageFacts strict = scan_text(text);
  EXPECT_EQ(verdict_of(strict), "ambiguous header-blank");
  EXPECT_EQ(strict.findings.size(), 16U);
  EXPECT_EQ(verdict_of(tolerate(strict)), "ambiguous dup-header");
}

TEST(Tolerance, ChangesNothingThatIsClean) {
  for (const test::StyledMail& mail : test::daily_mails()) {
    const MessageFacts facts = tolerate(confirm(mail.bytes));
    EXPECT_EQ(verdict_of(facts), "clean") << mail.name;
    EXPECT_TRUE(facts.tolerated.empty()) << mail.name;
  }
}

TEST(FindingCodes, AreThereOnceAndOnlyAmbiguousOnesAreTolerable) {
  std::set<std::string_view> seen;
  for (const FindingCode& row : finding_codes()) {
    EXPECT_TRUE(seen.insert(row.code).second) << row.code;
    EXPECT_TRUE(!row.tolerable || row.verdict == Verdict::Ambiguous) << row.code;
    EXPECT_EQ(is_tolerable(row.code), row.tolerable);
  }
  EXPECT_FALSE(is_tolerable("never-heard-of"));
}

}  // namespace
}  // namespace graph_milter::mail
