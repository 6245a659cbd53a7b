// SPDX-License-Identifier: Apache-2.0
#include "core/config/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace graph_milter::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<Arguments> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "graph-milter");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

Result<CtlArguments> parse_ctl(std::vector<const char*> words) {
  words.insert(words.begin(), "graph-milterctl");
  return parse_ctl_arguments(static_cast<int>(words.size()), words.data());
}

std::string error_of(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  if (parsed) return "no error";
  EXPECT_EQ(parsed.error().kind, ErrorKind::Usage);
  return parsed.error().text();
}

std::vector<std::string> overrides_of(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  EXPECT_TRUE(parsed) << parsed.error().text();
  std::vector<std::string> out;
  for (const Override& item : parsed->overrides) {
    out.push_back(item.where + " " + item.name + "=" + item.value + (item.weak ? " (weak)" : ""));
  }
  return out;
}

TEST(Arguments, WithoutAnyTheDefaultsHold) {
  const auto parsed = parse({});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->conf_file, "/etc/graph-milter/graph-milter.conf");
  EXPECT_THAT(parsed->overrides, IsEmpty());
  EXPECT_FALSE(parsed->foreground || parsed->check_only || parsed->help || parsed->version || parsed->test_file);
}

TEST(Arguments, ShortFlagsAreThoseOfOtherMilters) {
  const auto parsed = parse({"-c", "/a.conf", "-f", "-n"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->conf_file, "/a.conf");
  EXPECT_TRUE(parsed->foreground);
  EXPECT_TRUE(parsed->check_only);
  EXPECT_THAT(overrides_of({"-p", "inet:1@a", "-P", "/pid", "-u", "u:g", "-l", "-v", "-o", "workers = 2"}),
              ElementsAre("-p socket=inet:1@a", "-P pid-file=/pid", "-u user=u:g", "-l log-target=syslog",
                          "-v log-level=debug", "-o workers workers=2"));
  EXPECT_TRUE(parse({"-V"})->version);
  EXPECT_TRUE(parse({"-h"})->help);
}

TEST(Arguments, LongFlagsSayTheSame) {
  EXPECT_THAT(overrides_of({"--socket=unix:/a", "--option=instance=a=b", "--verbose"}),
              ElementsAre("-p socket=unix:/a", "-v log-level=debug", "-o instance instance=a=b"));
  EXPECT_EQ(parse({"--config", "x"})->conf_file, "x");
}

TEST(Arguments, TheForegroundLogsToStderrUnlessToldOtherwise) {
  EXPECT_THAT(overrides_of({"-f"}), ElementsAre("-f log-target=stderr (weak)"));
  EXPECT_THAT(overrides_of({"-f", "-l"}), ElementsAre("-l log-target=syslog"));
}

TEST(Arguments, AMessageToTestHasAnEnvelope) {
  const auto parsed = parse({"-t", "/m.eml", "--client", "10.1.20.5", "--sender=<>", "--recipient", "a@b.c",
                             "--recipient", "d@e.f", "--json"});
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->test_file, "/m.eml");
  EXPECT_EQ(parsed->envelope.client, "10.1.20.5");
  EXPECT_EQ(parsed->envelope.sender, "");
  EXPECT_THAT(parsed->envelope.recipients, ElementsAre("a@b.c", "d@e.f"));
  EXPECT_TRUE(parsed->json);
  EXPECT_FALSE(parse({"-t", "-"})->envelope.sender);
}

TEST(Arguments, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(error_of({"--scket=a"}), "graph-milter: unknown flag \"--scket\" (did you mean --socket?)");
  EXPECT_EQ(error_of({"-x"}), "graph-milter: unknown flag \"-x\" (graph-milter --help lists the flags)");
  EXPECT_EQ(error_of({"start"}), "graph-milter: unexpected word \"start\" (graph-milter --help lists the flags)");
  EXPECT_EQ(error_of({"--sock=a"}), "graph-milter: unknown flag \"--sock\" (did you mean --socket?)")
      << "no abbreviations";
  EXPECT_THAT(error_of({"-c"}), HasSubstr("(graph-milter --help lists the flags)"));
  EXPECT_EQ(error_of({"-o", "workers"}), "graph-milter: -o workers sets nothing (write -o NAME=VALUE)");
  EXPECT_EQ(error_of({"--client", "10.0.0.1"}),
            "graph-milter: --client, --daemon, --login, --sender, --recipient and --json mean something only with -t");
}

TEST(CtlArguments, TheMailboxOutsideIsAnOptionOfTheConfFileForThisRun) {
  EXPECT_FALSE(parse_ctl({"config", "check"})->graph);
  const auto parsed = parse_ctl({"config", "check", "--graph", "--outside", "ceo@contoso.com"});
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_TRUE(parsed->graph);
  ASSERT_EQ(parsed->overrides.size(), 1U);
  EXPECT_EQ(parsed->overrides[0].name, "outside-mailbox");
  EXPECT_EQ(parsed->overrides[0].value, "ceo@contoso.com");
  EXPECT_EQ(parsed->overrides[0].where, "--outside");
}

TEST(CtlArguments, WordsAreTheCommand) {
  const auto parsed = parse_ctl({"-c", "/a.conf", "queue", "show", "01abc", "--json"});
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->conf_file, "/a.conf");
  EXPECT_THAT(parsed->words, ElementsAre("queue", "show", "01abc"));
  EXPECT_TRUE(parsed->json);
  EXPECT_EQ(parse_ctl({"explain", "m.eml", "--login", "bob"})->envelope.login, "bob");
  EXPECT_EQ(parse_ctl({"explain", "m.eml", "--daemon", "ORIGINATING"})->envelope.daemon, "ORIGINATING");
  EXPECT_EQ(parse_ctl({"--jsn"}).error().text(), "graph-milterctl: unknown flag \"--jsn\" (did you mean --json?)");
}

}  // namespace
}  // namespace graph_milter::config
