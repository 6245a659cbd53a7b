// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_printer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/config/option_table.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::config {
namespace {

using ::testing::HasSubstr;

// The sample with each "#name = value" line made active.
std::string activated(const std::string& sample) {
  std::string out;
  for (const std::string& line : split_list(sample, "\n")) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ' && line[1] != '#';
    out += (setting ? line.substr(1) : line) + "\n";
  }
  return out;
}

TEST(OptionPrinter, TheCommittedSampleIsThePrintedOne) {
  EXPECT_EQ(test::read_file(GM_SOURCE_DIR "/conf/graph-milter.conf"), sample_conf()) << "run contrib/update-docs";
}

TEST(OptionPrinter, TheOptionsOfTheManualAreThePrintedOnes) {
  const std::string page = test::read_file(GM_SOURCE_DIR "/man/graph-milter.conf.5");
  const std::size_t begin = page.find(kManOptionsBegin);
  const std::size_t end = page.find(kManOptionsEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::size_t from = begin + kManOptionsBegin.size();
  EXPECT_EQ(page.substr(from, end - from), man_options()) << "run contrib/update-docs";
}

TEST(OptionPrinter, TheSampleAsItComesSetsNothing) {
  const auto text = read_conf_text(sample_conf(), "sample");
  ASSERT_TRUE(text) << text.error().text();
  ASSERT_EQ(text->sections.size(), 1U);
  EXPECT_TRUE(text->sections[0].lines.empty());
}

// But for the two credentials, of which only one can be used.
TEST(OptionPrinter, TheSampleWithEveryLineActiveIsAWholeConfiguration) {
  const auto text = read_conf_text(activated(sample_conf()), "sample");
  ASSERT_TRUE(text) << text.error().text();
  const Reading reading = read_configuration(*text, "sample");
  ASSERT_EQ(reading.errors.size(), 1U) << reading.errors.front().text();
  EXPECT_THAT(reading.errors.front().what, HasSubstr("client-secret-file and client-certificate-file are both set"));
  EXPECT_EQ(reading.configuration.set_at.size(), option_table().size());
  EXPECT_EQ(reading.configuration.text.sections.back().name, "rule scanners");
  EXPECT_EQ(reading.configuration.text.sections.back().lines.size(), 4U);
}

TEST(OptionPrinter, HelpAndManualNameEveryOptionWithItsDefault) {
  const std::string help = options_help();
  for (const Option& option : option_table()) {
    EXPECT_THAT(help, HasSubstr("\n  " + std::string(option.name) + " = " + option.type.form));
    const std::string value = option.default_value();
    if (value.empty()) continue;
    EXPECT_THAT(help, HasSubstr("default " + value)) << option.name;
  }
  for (const std::string& line : split_list(help, "\n")) EXPECT_LE(line.size(), 100U) << line;
}

TEST(OptionPrinter, TheEffectiveConfigurationReadsBackAsTheSame) {
  const auto text = read_conf_text(
      "tenant = contoso.com\nclient-id = 11111111-2222-4333-8444-555555555555\n"
      "client-secret-file = \"/etc/a #1/\\\"secret\\\"\"\ncloud = dod\nretry-max = 90s\n",
      "a.conf");
  const Reading first = read_configuration(*text, "a.conf", {{"workers", "3", "-o workers"}});
  ASSERT_TRUE(first.ok()) << first.errors.front().text();
  const std::string printed = effective_conf(first.configuration);
  EXPECT_THAT(printed, HasSubstr("retry-max = 90s                                             # a.conf:5\n"));
  EXPECT_THAT(printed, HasSubstr("workers = 3                                                 # -o workers\n"));
  EXPECT_THAT(printed, HasSubstr("verify = size                                               # default\n"));
  EXPECT_THAT(printed, HasSubstr("graph-url = https://dod-graph.microsoft.us                  # default\n"));

  const auto again = read_conf_text(printed, "printed");
  ASSERT_TRUE(again) << again.error().text();
  const Reading second = read_configuration(*again, "printed");
  ASSERT_TRUE(second.ok()) << second.errors.front().text();
  for (const Option& option : option_table()) {
    EXPECT_EQ(option.type.get(second.configuration.settings), option.type.get(first.configuration.settings))
        << option.name;
  }
}

TEST(OptionPrinter, NeverOpensTheSecretFile) {
  const test::TempFolder folder;
  const std::string secret = folder.write("secret", "c4nary");
  const auto text = read_conf_text(
      "tenant = contoso.com\nclient-id = 11111111-2222-4333-8444-555555555555\n"
      "client-secret-file = " +
          secret + "\n",
      "a.conf");
  const std::string printed = effective_conf(read_configuration(*text, "a.conf").configuration);
  EXPECT_EQ(printed.find("c4nary"), std::string::npos);
}

}  // namespace
}  // namespace graph_milter::config
