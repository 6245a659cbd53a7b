// SPDX-License-Identifier: Apache-2.0
#include "core/mail/new_author.h"

#include <gtest/gtest.h>

#include "core/mail/scanner.h"
#include "core/mail/second_reader.h"

namespace graph_milter::mail {
namespace {

MessageFacts scan(const std::string& text) {
  Scanner scanner;
  scanner.feed(text);
  return scanner.finish();
}

TEST(NewAuthor, IsWhoeverAsksForFromAndReplyTo) {
  const std::string text = "From: MFP <mfp3@corp.local>\r\nTo: a@contoso.com\r\n\r\nhello\r\n";
  const MessageFacts facts = with_new_author(scan(text), {"mfp@contoso.com", "mfp3@corp.local"});
  EXPECT_TRUE(facts.is_clean());
  ASSERT_EQ(facts.from.size(), 1U);
  EXPECT_EQ(facts.from.front(), (Mailbox{"", "mfp@contoso.com"}));
  EXPECT_EQ(facts.find_header("from")->value, "mfp@contoso.com");
  EXPECT_EQ(facts.find_header("reply-to")->value, "mfp3@corp.local");
  EXPECT_TRUE(facts.find_header("reply-to")->range.empty()) << "it has no bytes in the message";
  EXPECT_EQ(facts.find_header("to")->range, scan(text).find_header("to")->range);
  EXPECT_EQ(facts.new_author, (NewAuthor{"mfp@contoso.com", "mfp3@corp.local"}));
}

TEST(NewAuthor, MendsWhatIsAmbiguousOnlyInTheOldFrom) {
  for (const std::string from : {"From: scanner\r\n", "From: MFP 3 <mfp3>\r\n", "From: \"open <x@y>\r\n", ""}) {
    const std::string text = from + "To: a@contoso.com\r\n\r\nhello\r\n";
    MessageFacts facts = with_new_author(scan(text), {"mfp@contoso.com", ""});
    EXPECT_TRUE(facts.is_clean()) << from;
    StringSource source(text);
    EXPECT_TRUE(confirm_with_second_reader(std::move(facts), source).is_clean()) << from;
  }
  const MessageFacts odd_to =
      with_new_author(scan("From: scanner\r\nTo: also bad\r\n\r\nhello\r\n"), {"mfp@contoso.com", ""});
  EXPECT_EQ(odd_to.verdict, Verdict::Ambiguous);
  ASSERT_EQ(odd_to.findings.size(), 1U);
  EXPECT_EQ(odd_to.findings.front().detail.substr(0, 3), "to:");
}

}  // namespace
}  // namespace graph_milter::mail
