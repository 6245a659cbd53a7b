// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace graph_milter {
namespace {

TEST(SplitList, TakesCommasAndBlanksAndLeavesOutWhatIsEmpty) {
  EXPECT_EQ(split_list(" a, b\t c ,,d "), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_TRUE(split_list(" , ").empty());
}

TEST(ParseUnsigned, TakesNothingButDigits) {
  EXPECT_EQ(parse_unsigned("42"), 42U);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), 18446744073709551615U);
  for (const auto* bad : {"", "-1", "+1", " 1", "1 ", "1k", "18446744073709551616"}) {
    EXPECT_FALSE(parse_unsigned(bad)) << bad;
  }
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("AAMk/x+y=_-.~"), "AAMk%2Fx%2By%3D_-.~");
  EXPECT_EQ(percent_encode("\xC3\xA4 b"), "%C3%A4%20b");
}

TEST(EscapeForLog, LetsNoValueForgeALine) {
  EXPECT_EQ(escape_for_log("a\r\nQID: event=sent"), "a\\x0D\\x0AQID: event=sent");
  EXPECT_EQ(escape_for_log("say \"x\" \\"), "say \\x22x\\x22 \\x5C");
  EXPECT_EQ(escape_for_log("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(escape_for_log("\xFF\xC3"), "\\xFF\\xC3");
  EXPECT_EQ(escape_for_log("\xC2\x9B"), "\\xC2\\x9B") << "a C1 control steers terminals";
  EXPECT_EQ(escape_for_log("abcdef", 3), "abc...");
}

TEST(IsValidUtf8, FollowsRfc3629) {
  EXPECT_TRUE(is_valid_utf8("z\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\x8E"));
  for (const auto* bad :
       {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << escape_for_log(bad);
  }
}

TEST(NearestWord, FindsASlipOfTheFingersAndNothingElse) {
  constexpr std::array<std::string_view, 3> words = {"spool-directory", "socket", "tenant"};
  EXPECT_EQ(nearest_word("spool-dirctory", words), "spool-directory");
  EXPECT_EQ(nearest_word("sokcet", words), "socket");
  EXPECT_EQ(nearest_word("colour", words), "");
}

TEST(HumanSize, RoundsToOneDigit) {
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(20'000'000), "20.0 MB");
  EXPECT_EQ(human_size(999'999), "1.0 MB");
}

TEST(Text, KnowsAsciiFromTheRest) {
  EXPECT_TRUE(is_ascii(""));
  EXPECT_TRUE(is_ascii(std::string_view("a\0\x7F", 3)));
  EXPECT_FALSE(is_ascii("caf\xC3\xA9"));
  EXPECT_FALSE(is_ascii("\x80"));
}

}  // namespace
}  // namespace graph_milter
