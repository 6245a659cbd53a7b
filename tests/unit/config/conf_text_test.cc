// SPDX-License-Identifier: Apache-2.0
#include "core/config/conf_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "core/base/text.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::config {
namespace {

using ::testing::StartsWith;

// "section|key|value" of each line, in order.
std::vector<std::string> flat(const ConfText& text) {
  std::vector<std::string> out;
  for (const ConfSection& section : text.sections) {
    for (const ConfLine& line : section.lines) out.push_back(section.name + "|" + line.key + "|" + line.value);
  }
  return out;
}

std::vector<std::string> read(std::string_view text) {
  const auto conf = read_conf_text(text, "a.conf");
  EXPECT_TRUE(conf) << conf.error().text();
  return conf ? flat(*conf) : std::vector<std::string>();
}

std::string error_of(std::string_view text) {
  const auto conf = read_conf_text(text, "a.conf");
  if (conf) return "no error";
  EXPECT_EQ(conf.error().kind, ErrorKind::Usage);
  return conf.error().text();
}

TEST(ConfText, ReadsSettingsInOrderWithSectionsAndPlaces) {
  const auto conf = read_conf_text(
      "# a comment\n"
      "tenant             = contoso.onmicrosoft.com\n"
      "\n"
      "[rule   scanners]  # named after the room\n"
      "client=10.1.20.0/24\n"
      "[rule scanners]\n",
      "a.conf");
  ASSERT_TRUE(conf) << conf.error().text();
  EXPECT_EQ(flat(*conf),
            (std::vector<std::string>{"|tenant|contoso.onmicrosoft.com", "rule scanners|client|10.1.20.0/24"}));
  ASSERT_EQ(conf->sections.size(), 3U) << "equal names are kept apart";
  EXPECT_EQ(conf->sections[1].where(), "a.conf:4");
  EXPECT_EQ(conf->sections[0].lines[0].where(), "a.conf:2");
  EXPECT_EQ(conf->sections[0].lines[0].where_value(), "a.conf:2:22");
  EXPECT_EQ(conf->sections[1].lines[0].where_value(), "a.conf:5:8");
  EXPECT_EQ(conf->sections[1].lines[0].section, "rule scanners");
}

TEST(ConfText, AnEmptyTextIsOneEmptySection) {
  const auto conf = read_conf_text("", "a.conf");
  ASSERT_TRUE(conf);
  ASSERT_EQ(conf->sections.size(), 1U);
  EXPECT_EQ(conf->sections[0].name, "");
  EXPECT_TRUE(conf->sections[0].lines.empty());
}

TEST(ConfText, AHashBeginsACommentOnlyAtTheStartOrAfterABlank) {
  EXPECT_EQ(read("a = b#c\nb = x # y\nc = # z\nd = \"p # q\" # r\n  # indented\n"),
            (std::vector<std::string>{"|a|b#c", "|b|x", "|c|", "|d|p # q"}));
}

TEST(ConfText, TakesQuotesOffAValueThatIsOneQuotedText) {
  EXPECT_EQ(read(R"(a = "one \"two\" \\ three"
b = "x" y "z"
c = "  blanks  "
d = ""
)"),
            (std::vector<std::string>{R"(|a|one "two" \ three)", R"(|b|"x" y "z")", "|c|  blanks  ", "|d|"}));
}

TEST(ConfText, GoesOnInTheNextLineIfThatBeginsWithABlank) {
  EXPECT_EQ(read("client = 10.0.0.0/8,  # ours\n"
                 "   192.168.0.0/16,\n"
                 "\n"
                 "# between\n"
                 "\t127.0.0.1\n"
                 "login = a\n"),
            (std::vector<std::string>{"|client|10.0.0.0/8, 192.168.0.0/16, 127.0.0.1", "|login|a"}));
}

TEST(ConfText, ToleratesLineEndsOfWindowsAndAByteOrderMark) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a = b\r\n  c\r\n[s]\r\nd = e"),
            (std::vector<std::string>{"|a|b c", "s|d|e"}));
}

TEST(ConfText, RefusesWhatIsNoSetting) {
  EXPECT_EQ(error_of("workers 3\n"), "a.conf:1:9: \"workers 3\" is not a setting (a setting is written name = value)");
  EXPECT_EQ(error_of("\n= 3\n"), "a.conf:2:1: \"= 3\" is not a setting (a setting is written name = value)");
  EXPECT_EQ(error_of("word\n"), "a.conf:1:4: \"word\" is not a setting (a setting is written name = value)");
}

TEST(ConfText, RefusesAnIndentedSettingInsteadOfSwallowingIt) {
  EXPECT_EQ(error_of("[rule a]\nclient = 10.0.0.0/8\n  from = a@b.c\n"),
            "a.conf:3:3: \"from\" begins with a blank, so it would continue the value of client in line 2 (remove the "
            "blanks at the start of the line)");
  EXPECT_EQ(error_of("[rule a]\n  client = 10.0.0.0/8\n"),
            "a.conf:2:3: a line that begins with a blank continues a setting, but none stands before it (remove the "
            "blanks at the start of the line)");
}

TEST(ConfText, RefusesBrokenSections) {
  EXPECT_EQ(error_of("[rule a\n"), "a.conf:1:1: the section has no \"]\"");
  EXPECT_EQ(error_of("[ ]\n"), "a.conf:1:1: the section has no name");
  EXPECT_EQ(error_of("[rule a] client = 1\n"),
            "a.conf:1:9: \"client = 1\" after the section (put it on a line of its own)");
}

TEST(ConfText, RefusesAnOpenQuoteAndNamesItsColumn) {
  EXPECT_EQ(error_of("a = x \"y\n"), "a.conf:1:7: the quote is not closed on this line");
  EXPECT_EQ(error_of("a = x\n  \"y\\\"\n"), "a.conf:2:3: the quote is not closed on this line");
}

TEST(ConfText, RefusesNulAndWhatIsNotUtf8) {
  EXPECT_EQ(error_of(std::string_view("a = b\nc = d\0e\n", 12)), "a.conf:2:6: a NUL byte; this is not a text file");
  EXPECT_EQ(error_of("a = caf\xE9\n"), "a.conf:1:8: not UTF-8 (save the file as UTF-8)");
  EXPECT_EQ(error_of("a = b\n# caf\xC3\xA9, caf\xC3\n"), "a.conf:2:13: not UTF-8 (save the file as UTF-8)");
  EXPECT_EQ(error_of("a = b,\r\n  \xFF\r\n"), "a.conf:2:3: not UTF-8 (save the file as UTF-8)");
}

TEST(ConfText, IncludesFilesRelativeToTheIncludingOne) {
  const test::TempFolder folder;
  std::filesystem::create_directory(folder.file("d"));
  folder.write("d/rules.conf", "workers = 3\n[rule b]\nlogin = b\n");
  const std::string main = folder.write("main.conf", "tenant = t\ninclude = d/rules.conf # here\nverify = hash\n");
  const auto conf = read_conf_file(main);
  ASSERT_TRUE(conf) << conf.error().text();
  EXPECT_EQ(flat(*conf), (std::vector<std::string>{"|tenant|t", "|workers|3", "|verify|hash", "rule b|login|b"}))
      << "the section that includes goes on after the include";
  EXPECT_EQ(conf->sections[0].lines[1].where(), folder.path() + "/d/rules.conf:1");
  EXPECT_EQ(conf->sections[1].where(), folder.path() + "/d/rules.conf:2");
}

TEST(ConfText, AnIncludeInASectionBelongsToIt) {
  const test::TempFolder folder;
  folder.write("who.conf", "login = b\n");
  const auto conf = read_conf_file(folder.write("main.conf", "[rule a]\ninclude = who.conf\naction = relay\n"));
  ASSERT_TRUE(conf) << conf.error().text();
  EXPECT_EQ(flat(*conf), (std::vector<std::string>{"rule a|login|b", "rule a|action|relay"}));
}

TEST(ConfText, NamesAnIncludeLoop) {
  const test::TempFolder folder;
  folder.write("b.conf", "\ninclude = ./a.conf\n");
  const auto conf = read_conf_file(folder.write("a.conf", "include = b.conf\n"));
  ASSERT_FALSE(conf);
  const std::string a = folder.file("a.conf");
  const std::string b = folder.file("b.conf");
  EXPECT_EQ(conf.error().text(), b + ":2:11: include loop: " + a + " -> " + b + " -> " + a);
}

TEST(ConfText, AFileMayBeIncludedTwiceAsLongAsItIsNoLoop) {
  const test::TempFolder folder;
  folder.write("b.conf", "x = y\n");
  const auto conf = read_conf_file(folder.write("a.conf", "include = b.conf\n[s]\ninclude = b.conf\n"));
  ASSERT_TRUE(conf) << conf.error().text();
  EXPECT_EQ(flat(*conf), (std::vector<std::string>{"|x|y", "s|x|y"}));
}

TEST(ConfText, BoundsTheDepthOfIncludes) {
  const test::TempFolder folder;
  for (int i = 0; i < 20; ++i) {
    folder.write(std::to_string(i), "include = " + std::to_string(i + 1) + "\n");
  }
  const auto conf = read_conf_file(folder.file("0"));
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error().text(), folder.file("15") + ":1:11: more than 16 files include each other");
}

TEST(ConfText, BoundsTheSizeOfAFile) {
  const test::TempFolder folder;
  const auto conf = read_conf_file(folder.write("big", std::string(1024 * 1024 + 1, '\n')));
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error().text(), folder.file("big") + ": larger than the limit of 1048576 bytes");
  EXPECT_TRUE(read_conf_file(folder.write("full", std::string(1024 * 1024, '\n'))));
}

TEST(ConfText, NamesTheFileThatIsNotThereAndWhoIncludesIt) {
  const test::TempFolder folder;
  const auto missing = read_conf_file(folder.file("none"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::System);
  EXPECT_EQ(missing.error().text(), folder.file("none") + ": cannot open: No such file or directory");

  const auto included = read_conf_file(folder.write("a.conf", "x = y\ninclude = none\n"));
  ASSERT_FALSE(included);
  EXPECT_EQ(included.error().text(),
            folder.file("a.conf") + ":2:11: " + folder.file("none") + ": cannot open: No such file or directory");
}

// Whatever the bytes, the lexer ends, and an error names a place in the file.
TEST(ConfText, RandomTextNeverGetsLost) {
  std::mt19937_64 random(test::seed());
  const std::vector<std::string> pieces = {"a", "b-c", " ",    "=",  "\"",   "\\",       "#",   "[",
                                           "]", "\n",  "\r\n", "\t", "rule", "\xC3\xA9", "\xFF"};
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (std::size_t n = random() % 40; n > 0; --n) text += pieces[random() % pieces.size()];
    const auto conf = read_conf_text(text, "a.conf");
    if (!conf) {
      EXPECT_THAT(conf.error().where, StartsWith("a.conf:")) << text;
      continue;
    }
    for (const ConfSection& section : conf->sections) {
      for (const ConfLine& line : section.lines) {
        EXPECT_FALSE(line.key.empty());
        EXPECT_TRUE(is_valid_utf8(line.value));
        EXPECT_EQ(line.value.find('\n'), std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace graph_milter::config
