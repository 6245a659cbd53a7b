// SPDX-License-Identifier: Apache-2.0
// Patterns: what they find, what is no pattern, and that none can be made to run for long.
#include "core/policy/pattern.h"

#include <gtest/gtest.h>

namespace graph_milter::policy {
namespace {

PatternResult search(const std::string& pattern, const std::string& text, std::uint64_t steps = PatternWork::kUsual) {
  const auto read = Pattern::read(pattern, "c:1");
  EXPECT_TRUE(read) << read.error().text();
  PatternWork work(steps);
  return read->search(text, work);
}

TEST(Patterns, FindWhatTheySay) {
  struct Case {
    const char* pattern;
    const char* text;
    PatternResult result;
  };
  for (const Case& item : {
           Case{"/scan/", "a scanner", PatternResult::Yes},
           Case{"/^scan/", "a scanner", PatternResult::No},
           Case{"/SCAN/", "a scanner", PatternResult::No},
           Case{"/SCAN/i", "a scanner", PatternResult::Yes},
           Case{"/a b/x", "ab", PatternResult::Yes},
           Case{"/a.b/", "a\nb", PatternResult::No},
           Case{"/a.b/s", "a\nb", PatternResult::Yes},
           Case{R"(/a\/b/)", "a/b", PatternResult::Yes},
           Case{"/^$/", "", PatternResult::Yes},
           Case{"/./", "", PatternResult::No},
           Case{"/^rechnung f.r$/i", "RECHNUNG F\xC3\x9CR", PatternResult::Yes},
           Case{"/^\xC3\xBC$/i", "\xC3\x9C", PatternResult::Yes},
           Case{"/^a.b$/",
                "a\xE4"
                "b",
                PatternResult::No},
           Case{"/b$/",
                "a\xE4"
                "b",
                PatternResult::Yes},
       }) {
    EXPECT_EQ(search(item.pattern, item.text), item.result) << item.pattern << " and " << item.text;
  }
}

TEST(Patterns, AreRefusedWithWhereAndWhy) {
  for (const auto& [text, words] : {
           std::pair{"scan", "c:1: \"scan\" is not a pattern (write /EXPRESSION/ or /EXPRESSION/i)"},
           std::pair{"/scan", "c:1: \"/scan\" is not a pattern (write /EXPRESSION/ or /EXPRESSION/i)"},
           std::pair{"/scan\\/", "c:1: \"/scan\\/\" is not a pattern (write /EXPRESSION/ or /EXPRESSION/i)"},
           std::pair{"//", "c:1: \"//\" has no expression (write /EXPRESSION/)"},
           std::pair{"/a/g",
                     "c:1: \"/a/g\" ends in flags that are not known (the flags are i (upper and lower case alike), x "
                     "(blanks mean nothing) and s (. matches line ends))"},
           std::pair{"/a(b/", "c:1: \"/a(b/\": missing closing parenthesis (look at byte 4 of the expression)"},
           std::pair{"/a\\Cb/",
                     "c:1: \"/a\\Cb/\": using \\C is disabled by the application (look at byte 4 of the expression)"},
       }) {
    const auto pattern = Pattern::read(text, "c:1");
    ASSERT_FALSE(pattern) << text;
    EXPECT_EQ(pattern.error().kind, ErrorKind::Usage);
    EXPECT_EQ(pattern.error().text(), words);
  }
  const auto longest = Pattern::read("/" + std::string(Pattern::kLongestPattern + 1, 'a') + "/", "c:1");
  ASSERT_FALSE(longest);
  EXPECT_TRUE(longest.error().text().find("longer than the limit") != std::string::npos) << longest.error().text();
}

// Each of these would run for hours or longer; all end at the same count of steps, whatever the machine.
TEST(Patterns, ThatBacktrackEndAtTheirLimit) {
  const std::string text = std::string(3000, 'a') + "!b";
  for (const char* bomb : {"/(a+)+$/", "/(a|aa)+$/", "/(a|a)*b/", "/(?:a+){3,}b/", "/(a*)*b/", "/(?=(a+)+$)./",
                           "/^(a(?1)?a)+b/", "/(a+)\\1+b/"}) {
    PatternWork work;
    const auto pattern = Pattern::read(bomb, "c:1");
    ASSERT_TRUE(pattern) << pattern.error().text();
    EXPECT_EQ(pattern->search(text, work), PatternResult::Limit) << bomb;
  }
}

TEST(Patterns, ShareTheWorkOfOneMessage) {
  PatternWork work;
  EXPECT_EQ(Pattern::read("/(a+)+$/", "c:1")->search(std::string(500, 'a') + "!", work), PatternResult::Limit);
  EXPECT_EQ(work.left(), 0U);
  EXPECT_EQ(Pattern::read("/a/", "c:1")->search("a", work), PatternResult::Limit) << "nothing is left";
}

TEST(Patterns, CountTheSameStepsEveryTime) {
  const auto steps_of = [] {
    PatternWork work;
    EXPECT_EQ(Pattern::read("/(a+)+b/", "c:1")->search("aaaaaaaaaaaa!", work), PatternResult::No);
    return PatternWork::kUsual - work.left();
  };
  EXPECT_EQ(steps_of(), steps_of());
  EXPECT_EQ(search("/a+b/", "aaab", 4), PatternResult::Yes);
  EXPECT_EQ(search("/a+b/", "aaab", 1), PatternResult::Limit);
}

TEST(Patterns, DoNotReadTextsWithoutEnd) {
  EXPECT_EQ(search("/z/", std::string(Pattern::kLongestText, 'a')), PatternResult::No);
  EXPECT_EQ(search("/a/", std::string(Pattern::kLongestText + 1, 'a')), PatternResult::Limit);
}

}  // namespace
}  // namespace graph_milter::policy
