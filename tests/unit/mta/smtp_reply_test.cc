// SPDX-License-Identifier: Apache-2.0
#include "core/mta/smtp_reply.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base/text.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mta {
namespace {

Result<SmtpReply> read(const std::vector<std::string>& lines) {
  ReplyReader reader;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    GM_TRY_ASSIGN(const bool complete, reader.add(lines[i]));
    EXPECT_EQ(complete, i + 1 == lines.size());
  }
  return reader.reply();
}

std::string words(const std::vector<std::string>& lines) {
  const auto reply = read(lines);
  return reply ? reply->words() : reply.error().what;
}

TEST(SmtpReply, HasACodeAnEnhancedCodeAndWords) {
  const auto reply = read({"550 5.1.1 <x@y>: no such user"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, 550);
  EXPECT_EQ(reply->enhanced, "5.1.1");
  EXPECT_EQ(reply->text, "<x@y>: no such user");
  EXPECT_TRUE(reply->is_final());
  EXPECT_EQ(reply->words(), "550 5.1.1 <x@y>: no such user");
}

TEST(SmtpReply, OfSeveralLinesIsOneText) {
  EXPECT_EQ(words({"550-5.7.1 Not allowed.", "550-5.7.1 Ask", "550 5.7.1 the owner."}),
            "550 5.7.1 Not allowed. Ask the owner.");
}

TEST(SmtpReply, MayBeBare) {
  EXPECT_EQ(words({"250"}), "250");
  EXPECT_EQ(words({"250 "}), "250");
  EXPECT_EQ(words({"250-", "250 "}), "250");
}

TEST(SmtpReply, AnEnhancedCodeIsOfTheClassOfTheCode) {
  EXPECT_EQ(enhanced_code(550, "5.1.1 no"), "5.1.1");
  EXPECT_EQ(enhanced_code(550, "5.10.100"), "5.10.100");
  for (const char* const text : {"4.1.1 no", "5.1 no", "5.1.1.1 no", "5..1 no", "55.1.1 no", "5.1.1x", "5.1.1234", ""})
    EXPECT_EQ(enhanced_code(550, text), "") << text;
}

TEST(SmtpReply, WhatIsNotSmtpIsRefusedInWords) {
  EXPECT_EQ(words({"HTTP/1.1 400 Bad Request"}), "no SMTP reply: \"HTTP/1.1 400 Bad Request\"");
  EXPECT_EQ(words({""}), "no SMTP reply: \"\"");
  EXPECT_EQ(words({"25"}), "no SMTP reply: \"25\"");
  EXPECT_EQ(words({"2500 x"}), "no SMTP reply: \"2500 x\"");
  EXPECT_EQ(words({"250x"}), "no SMTP reply: \"250x\"");
  EXPECT_EQ(words({"150 x"}), "no SMTP reply: \"150 x\"");
  EXPECT_EQ(words({"650 x"}), "no SMTP reply: \"650 x\"");
  EXPECT_EQ(words({"250-a", "550 b"}), "a reply that begins with 250 and goes on with 550");
  EXPECT_EQ(words({"\x01\x02"}), "no SMTP reply: \"\\x01\\x02\"");
}

TEST(SmtpReply, WithoutEndIsCutOff) {
  ReplyReader reader;
  Result<bool> complete = false;
  std::size_t lines = 0;
  while (complete && !*complete) {
    complete = reader.add("250-x");
    ++lines;
  }
  ASSERT_FALSE(complete);
  EXPECT_EQ(complete.error().what, "a reply of more than 200 lines");
  EXPECT_EQ(complete.error().kind, ErrorKind::Transient);
  EXPECT_EQ(lines, ReplyReader::kLines + 1);
}

TEST(SmtpReply, ItsWordsArePrintableAndShort) {
  EXPECT_EQ(read({"550 a\tb\rc\x7F"
                  "d\x1B[31m"})
                ->text,
            "a b?c?d?[31m");
  EXPECT_EQ(read({"550 caf\xC3\xA9"})->text, "caf\xC3\xA9");
  EXPECT_EQ(read({"550 caf\xE9"})->text, "caf?");
  std::string long_text;
  for (int i = 0; i < 400; ++i) long_text += "\xC3\xA9";
  const auto reply = read({"550 x" + long_text});
  EXPECT_LE(reply->text.size(), 500U);
  EXPECT_TRUE(is_valid_utf8(reply->text));
}

TEST(SmtpReply, AnyBytesAreSurvived) {
  const auto seed = test::seed();
  std::mt19937_64 dice(seed);
  for (int round = 0; round < 20'000; ++round) {
    ReplyReader reader;
    for (int line = 0; line < 3; ++line) {
      std::string bytes = dice() % 2 == 0 ? "250-" : "";
      for (auto length = dice() % 40; length > 0; --length) bytes += static_cast<char>(dice());
      const auto complete = reader.add(bytes);
      if (!complete || *complete) break;
    }
    ASSERT_TRUE(is_valid_utf8(reader.reply().text)) << "seed " << seed;
    for (const char c : reader.reply().text)
      ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << "seed " << seed;
  }
}

TEST(SmtpReply, ExtensionsAreReadInAnyCaseAndOrder) {
  const Extensions all = parse_extensions("mta.test at your service\nsize 1000\nDsn\n8bitmime\nSMTPUTF8\nAUTH PLAIN\n");
  EXPECT_TRUE(all.dsn && all.eight_bit && all.utf8 && all.auth && all.size);
  EXPECT_EQ(all.largest, 1000U);
  EXPECT_TRUE(parse_extensions("mta\nAUTH=LOGIN\n").auth);
}

TEST(SmtpReply, TheGreetingIsNoExtension) {
  const Extensions none = parse_extensions("DSN 8BITMIME\n");
  EXPECT_FALSE(none.dsn || none.eight_bit || none.utf8 || none.auth || none.size);
}

TEST(SmtpReply, ASizeWithoutANumberIsNoLimit) {
  for (const char* const line : {"x\nSIZE\n", "x\nSIZE 0\n", "x\nSIZE lots\n", "x\nSIZE 99999999999999999999999\n"}) {
    EXPECT_TRUE(parse_extensions(line).size) << line;
    EXPECT_EQ(parse_extensions(line).largest, std::nullopt) << line;
  }
}

}  // namespace
}  // namespace graph_milter::mta
