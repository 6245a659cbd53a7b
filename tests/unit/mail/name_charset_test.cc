// SPDX-License-Identifier: Apache-2.0
#include "core/mail/name_charset.h"

#include <gtest/gtest.h>

#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

// "Übersicht.pdf" in windows-1252.
const std::string kRaw =
    "\xDC"
    "bersicht.pdf";

std::string part_with(const std::string& type_name, const std::string& disposition_name,
                      const std::string& body = "QUJD") {
  return "Content-Type: application/pdf" + type_name +
         "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment" + disposition_name + "\r\n\r\n" +
         body + "\r\n";
}

// The part of a mail that is nothing else.
Part scan_part(const std::string& part) {
  return scan("From: a@b.example\r\nMIME-Version: 1.0\r\n" + part).parts.at(0);
}

TEST(NameCharset, KeepsTheBytesOfANameThatNobodyCanReadForCertain) {
  for (const auto& [type_name, disposition_name] :
       std::vector<std::pair<std::string, std::string>>{{"; name=\"" + kRaw + "\"", "; filename=\"" + kRaw + "\""},
                                                        {"; name=" + kRaw, ""},
                                                        {"", "; filename=\"" + kRaw + "\""}}) {
    const Part part = scan_part(part_with(type_name, disposition_name));
    EXPECT_EQ(part.raw_name, kRaw) << type_name << disposition_name;
    EXPECT_EQ(part.name, "");
    EXPECT_FALSE(part.exact);
    EXPECT_EQ(part.inexact.code, "name");
  }
}

TEST(NameCharset, HasNothingToReadWhereTheNameIsUncertainForAnotherReason) {
  for (const auto& [type_name, disposition_name] : std::vector<std::pair<std::string, std::string>>{
           {"; name=\"" + kRaw + "\"", "; filename=\"other.pdf\""},
           {"; name=\"other.pdf\"", "; filename=\"" + kRaw + "\""},
           {"; name=\"" + kRaw + "\"", "; filename=\"" + kRaw + "x\""},
           {"", "; filename=\"" + kRaw + "\"; filename*=utf-8''%C3%9C.pdf"},
           {"", "; filename=\"=?utf-8?Q?=C3=9C?= " + kRaw + "\""},
           {"", "; filename=\"\\a" + kRaw + "\""},
           {"", "; filename=\"=?x?Q?a?=\""}}) {
    const Part part = scan_part(part_with(type_name, disposition_name));
    EXPECT_EQ(part.raw_name, "") << type_name << disposition_name;
    EXPECT_FALSE(part.exact);
  }
}

TEST(NameCharset, LeavesUtf8AndAsciiAsTheyAre) {
  const Part part = scan_part(part_with("", "; filename=\"\xC3\x9C.pdf\""));
  EXPECT_EQ(part.raw_name, "");
  EXPECT_EQ(part.name, "\xC3\x9C.pdf");
  EXPECT_TRUE(part.exact);
}

TEST(NameCharset, ReadsThemAndThePartMayBeCut) {
  MessageFacts facts =
      scan("From: a@b.example\r\nMIME-Version: 1.0\r\n" + part_with("", "; filename=\"" + kRaw + "\""));
  EXPECT_TRUE(has_raw_names(facts));
  facts = read_raw_names(std::move(facts), "windows-1252");
  EXPECT_EQ(facts.parts[0].name,
            "\xC3\x9C"
            "bersicht.pdf");
  EXPECT_TRUE(facts.parts[0].exact);
  EXPECT_EQ(facts.parts[0].inexact, Finding{});
}

TEST(NameCharset, LeavesBytesThatAreNotValidInIt) {
  MessageFacts facts = scan("From: a@b.example\r\nMIME-Version: 1.0\r\n" + part_with("", "; filename=\"\x81.pdf\""));
  facts = read_raw_names(std::move(facts), "windows-1252");
  EXPECT_FALSE(facts.parts[0].exact);
  EXPECT_EQ(facts.parts[0].name, "");
}

TEST(NameCharset, LeavesWhatAnotherCharsetWouldExplainBetter) {
  // 0x80 is the euro sign in windows-1252 and a control in ISO-8859-1.
  MessageFacts facts = scan("From: a@b.example\r\nMIME-Version: 1.0\r\n" + part_with("", "; filename=\"\x80.pdf\""));
  EXPECT_FALSE(read_raw_names(facts, "iso-8859-1").parts[0].exact);
  EXPECT_TRUE(read_raw_names(facts, "windows-1252").parts[0].exact);
}

TEST(NameCharset, MakesNoBodyExactThatIsNot) {
  MessageFacts facts =
      scan("From: a@b.example\r\nMIME-Version: 1.0\r\n" + part_with("", "; filename=\"" + kRaw + "\"", "QUJ!"));
  EXPECT_FALSE(has_raw_names(facts));
  facts = read_raw_names(std::move(facts), "windows-1252");
  EXPECT_FALSE(facts.parts[0].exact);
}

TEST(NameCharset, LeavesAMessageInsideTheMessageWhole) {
  MessageFacts facts = scan("From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822; name=\"" + kRaw +
                            "\"\r\n\r\nFrom: x@y\r\n\r\nold\r\n");
  facts = read_raw_names(std::move(facts), "iso-8859-1");
  EXPECT_EQ(facts.parts[0].name,
            "\xC3\x9C"
            "bersicht.pdf");
  EXPECT_EQ(facts.parts[0].inexact.code, "message");
  EXPECT_FALSE(facts.parts[0].exact);
}

TEST(NameCharset, KnowsCharsetsThatHaveMoreThanAscii) {
  for (const char* charset : {"windows-1252", "ISO-8859-15", "koi8-r", "shift_jis", "utf-8"}) {
    EXPECT_TRUE(is_name_charset(charset)) << charset;
  }
  for (const char* charset : {"us-ascii", "", "latin", "utf-7", "utf-16", "x"}) {
    EXPECT_FALSE(is_name_charset(charset)) << charset;
  }
}

}  // namespace
}  // namespace graph_milter::mail
