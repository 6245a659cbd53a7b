// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/format.h"
#include "core/base/text.h"
#include "tests/unit/ctl/ctl_test.h"

namespace graph_milter::ctl {
namespace {

using ::testing::HasSubstr;

class Commands : public CtlTest {};

TEST_F(Commands, ShowsWhatIsInEffect) {
  const Outcome shown = run_ctl({"-c", conf(), "-o", "workers=2", "config", "show"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, HasSubstr("workers = 2 "));
  EXPECT_THAT(shown.out, HasSubstr("# -o workers\n"));
  EXPECT_EQ(shown.out.find("s3cret"), std::string::npos);
}

TEST_F(Commands, WithoutDaemonAndJournalItSaysWhatIsMissing) {
  const Outcome list = run_ctl({"-c", conf(), "queue", "list"});
  EXPECT_NE(list.status, 0);
  EXPECT_THAT(list.err, HasSubstr(folder_.file("spool")));
  EXPECT_EQ(list.out, "");
}

TEST_F(Commands, ExplainsAMessage) {
  const std::string mail =
      folder_.write("m.eml", "From: scanner@contoso.com\nTo: a@fabrikam.com\nSubject: x\n\nhello\n");
  const Outcome words = run_ctl({"-c", conf(rule_), "explain", mail, "--client", "10.9.9.9"});
  EXPECT_EQ(words.status, 0);
  EXPECT_THAT(words.out, HasSubstr("client 10.9.9.9"));
  EXPECT_THAT(words.out, HasSubstr("decision: left to the MTA: no-rule"));
  EXPECT_THAT(run_ctl({"-c", conf(rule_), "explain", mail, "--json"}).out, HasSubstr("\"decision\":\"pass\""));
  EXPECT_EQ(run_ctl({"-c", conf(rule_), "explain", folder_.file("none")}).status, 66);
}

TEST_F(Commands, RefusesWhatIsNoCommand) {
  EXPECT_EQ(run_ctl({"queue", "lst"}).err,
            "graph-milterctl: unknown command \"queue lst\" (did you mean queue list?)\n");
  EXPECT_EQ(run_ctl({"frobnicate"}).err,
            "graph-milterctl: unknown command \"frobnicate\" (graph-milterctl --help lists the commands)\n");
  EXPECT_EQ(run_ctl({"queue", "show"}).err, "usage: graph-milterctl queue show ID\n");
  EXPECT_EQ(run_ctl({"queue", "delete"}).err, "usage: graph-milterctl queue delete ID...\n");
  EXPECT_EQ(run_ctl({"trace", "a", "b"}).err, "usage: graph-milterctl trace WHAT\n");
  EXPECT_EQ(run_ctl({"queue", "list", "all"}).err, "usage: graph-milterctl queue list\n");
  EXPECT_EQ(run_ctl({"queue", "lst"}).status, 64);
  EXPECT_EQ(run_ctl({}).status, 64);
  const Outcome id = run_ctl({"-c", conf(), "queue", "show", "../../etc"});
  EXPECT_EQ(id.status, 64);
  EXPECT_EQ(id.err,
            "graph-milterctl: \"../../etc\" is not the id of a message (graph-milterctl queue list shows them; "
            "graph-milterctl trace finds them by the MTA's queue id)\n");
}

// --- the manual ---

// A manual page with its escapes taken out.
std::string page(const std::string& name) {
  std::string out;
  for (const char c : test::read_file(GM_SOURCE_DIR "/man/" + name)) {
    if (c != '\\') out += c;
  }
  return out;
}

// Long flags in the text of --help.
std::vector<std::string> long_flags(const std::string& help) {
  std::vector<std::string> out;
  for (const std::string& word : split_list(help, " \n")) {
    if (word.starts_with("--") && word.size() > 3) out.push_back(word);
  }
  return out;
}

TEST(Manual, NamesEveryCommandAndFlag) {
  const std::string manual = page("graph-milterctl.8");
  for (const Command& command : commands()) {
    const std::string two_operands = format("\n.BI \"{} \" \"{}\"\n", command.name, command.operands);
    EXPECT_TRUE(manual.find("\n.B " + std::string(command.name) + "\n") != std::string::npos ||
                manual.find(two_operands) != std::string::npos ||
                manual.find("\n.BI \"" + std::string(command.name) + " \" " + std::string(command.operands) + "\n") !=
                    std::string::npos ||
                manual.find("\n.BI " + std::string(command.name) + " ") != std::string::npos)
        << command.name;
    EXPECT_THAT(usage(), HasSubstr("  " + std::string(command.name)));
  }
  EXPECT_GE(long_flags(config::ctl_flags_help()).size(), 9U);
  for (const std::string& flag : long_flags(config::ctl_flags_help())) EXPECT_THAT(manual, HasSubstr(flag)) << flag;
}

TEST(Manual, OfTheDaemonNamesEveryFlag) {
  const std::string manual = page("graph-milter.8");
  EXPECT_GE(long_flags(config::flags_help()).size(), 17U);
  for (const std::string& flag : long_flags(config::flags_help())) EXPECT_THAT(manual, HasSubstr(flag)) << flag;
}

// What a rule may hold is known to the one who refuses the rest.
TEST_F(Commands, TheManualNamesEveryKeyOfARule) {
  const Outcome refused = run_ctl({"-c", conf("[rule a]\nxxxxxxxxxxxxxxx = 1\n"), "config", "check"});
  const std::size_t begin = refused.err.find("(it has ");
  ASSERT_NE(begin, std::string::npos) << refused.err;
  const std::string list = refused.err.substr(begin + 8, refused.err.find(')', begin) - begin - 8);
  const std::string manual = page("graph-milter-policy.5");
  EXPECT_GE(split_list(list).size(), 8U);
  for (const std::string& key : split_list(list)) EXPECT_THAT(manual, HasSubstr("\n.BR " + key + " \" = ")) << key;
}

}  // namespace
}  // namespace graph_milter::ctl
