// SPDX-License-Identifier: Apache-2.0
#include "core/mail/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mail/scan.h"

namespace graph_milter::mail {
namespace {

// The types of the body texts, in order, each with its name behind a slash.
std::vector<std::string> body_texts(std::string_view tree) {
  const MessageFacts facts = scan_text("From: a@b.example\n" + std::string(tree));
  EXPECT_EQ(verdict_of(facts), "clean") << tree;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    if (is_body_text(facts, i)) texts.push_back(facts.parts[i].type + " " + std::to_string(i));
  }
  return texts;
}

TEST(BodyText, IsTheFirstTextAndItsAlternatives) {
  using testing::ElementsAre;
  EXPECT_THAT(body_texts("\nx\n"), ElementsAre("text/plain 0"));
  EXPECT_THAT(body_texts("Content-Type: application/pdf\n\nx\n"), ElementsAre());
  EXPECT_THAT(body_texts("Content-Type: text/csv; name=a.csv\nContent-Disposition: attachment\n\nx\n"), ElementsAre());
  EXPECT_THAT(body_texts("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--\n"),
              ElementsAre("text/plain 1"));
  EXPECT_THAT(
      body_texts("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; name=log.txt\n\nx\n"
                 "--b\n\ny\n--b--\n"),
      ElementsAre("text/plain 2"));
  EXPECT_THAT(body_texts("Content-Type: multipart/mixed; boundary=b\n\n"
                         "--b\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nx\n"
                         "--a\nContent-Type: multipart/related; boundary=r\n\n--r\nContent-Type: text/html\n\ny\n"
                         "--r\nContent-Type: image/png\n\nz\n--r--\n--a\nContent-Type: text/calendar\n\nc\n--a--\n"
                         "--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nx\n--b--\n"),
              ElementsAre("text/plain 2", "text/html 4", "text/calendar 6"));
}

TEST(Facts, CountAttachmentsAndTheLargestOfThem) {
  const MessageFacts facts = scan_text(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na long body text\n"
      "--b\nContent-Type: a/b\n\nxyz\n--b\nContent-Type: a/b\n\nx\n--b--\n");
  EXPECT_EQ(facts.attachment_count, 2U);
  EXPECT_EQ(facts.largest_part(), 3U);
}

TEST(Facts, NameVerdictsAndEncodings) {
  EXPECT_EQ(name_of(Verdict::Clean), "clean");
  EXPECT_EQ(name_of(Verdict::Ambiguous), "ambiguous");
  EXPECT_EQ(name_of(Verdict::Protected), "protected");
  EXPECT_EQ(name_of(Verdict::OverLimit), "over-limit");
  EXPECT_EQ(name_of(Verdict::Error), "error");
  for (const auto encoding : {TransferEncoding::SevenBit, TransferEncoding::EightBit, TransferEncoding::Binary,
                              TransferEncoding::QuotedPrintable, TransferEncoding::Base64}) {
    EXPECT_EQ(parse_transfer_encoding(name_of(encoding)), encoding);
  }
  EXPECT_EQ(name_of(TransferEncoding::Unknown), "unknown");
  EXPECT_EQ(parse_transfer_encoding("unknown"), std::nullopt);
  EXPECT_EQ(parse_transfer_encoding("Base64"), TransferEncoding::Base64);
}

}  // namespace
}  // namespace graph_milter::mail
