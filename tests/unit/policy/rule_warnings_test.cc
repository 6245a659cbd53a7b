// SPDX-License-Identifier: Apache-2.0
// Rules that can't do what somebody meant are told, and read all the same.
#include <gmock/gmock.h>

#include "core/policy/rule_warnings.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr ByteCount kPart = 150 << 20;
constexpr ByteCount kMessage = 35 << 20;

std::vector<std::string> warnings_of(const std::string& text) {
  std::vector<std::string> out;
  for (const Error& warning : read(text).warnings(kPart, kMessage)) out.push_back(warning.text());
  return out;
}

std::string pass(const std::string& name, const std::string& conditions) {
  return "[rule " + name + "]\n" + conditions + (conditions.empty() ? "" : "\n") + "action = pass\n";
}

TEST(RuleWarnings, TellRulesThatNeverMatch) {
  for (const auto& [conditions, words] : {
           std::pair{"part-size = 3M-1M", "part-size = 3M-1M holds no size (write the smaller size first: 1M-3M)"},
           std::pair{"message-size = !0", "message-size = !0 holds no size (write the smaller size first: 1M-3M)"},
           std::pair{"message-size = -2M\npart-size = 3M",
                     "part-size = 3M makes the message larger than message-size = -2M (correct one of them)"},
           std::pair{"message-size = 1M-2M\nlarge-parts-size = 3M",
                     "large-parts-size = 3M makes the message larger than message-size = 1M-2M (correct one of them)"},
           std::pair{"part-size = 3M\nlarge-parts-size = -2M",
                     "a part of part-size = 3M is more than large-parts-size = -2M (correct one of them)"},
           std::pair{"client = !10.0.0.0/8, 10.1.0.0/16",
                     "client = !10.0.0.0/8, 10.1.0.0/16 leaves nothing over (what stands behind a ! that holds it is "
                     "never reached: put it before)"},
           std::pair{"recipient = !@contoso.com anna@contoso.com",
                     "recipient = !@contoso.com anna@contoso.com leaves nothing over (what stands behind a ! that "
                     "holds it is never reached: put it before)"},
       }) {
    EXPECT_THAT(warnings_of(pass("a", conditions)),
                ElementsAre(std::string("test.conf:1: rule a can never match: ") + words));
  }
}

TEST(RuleWarnings, TellRulesThatRelayNothing) {
  const std::string who = "[rule a]\nclient = 10.0.0.1\nfrom = @contoso.com\naction = relay\n";
  EXPECT_THAT(warnings_of(who + "part-size = 151M\n"),
              ElementsAre("test.conf:1: rule a relays nothing: part-size = 151M is more than max-part-size, 150M "
                          "(correct one of them)"));
  EXPECT_THAT(warnings_of(who + "message-size = 36M\n"),
              ElementsAre("test.conf:1: rule a relays nothing: message-size = 36M is more than max-message-size, 35M "
                          "(correct one of them)"));
  EXPECT_THAT(warnings_of(who + "part-size = 34M\n"), IsEmpty());
  EXPECT_THAT(warnings_of(pass("a", "part-size = 151M")), IsEmpty()) << "the limits are those of Graph";
}

TEST(RuleWarnings, TellItemsThatNeverDecide) {
  EXPECT_THAT(warnings_of(pass("a", "from = @contoso.com, !ceo@contoso.com")),
              ElementsAre("test.conf:1: !ceo@contoso.com never decides in from = @contoso.com, !ceo@contoso.com, in "
                          "rule a (an item before it matches all that it matches: put it before that one, or remove "
                          "it)"));
  EXPECT_THAT(warnings_of(pass("a", "from = !ceo@contoso.com, @contoso.com")), IsEmpty());
}

TEST(RuleWarnings, TellRulesThatAnEarlierOneTakes) {
  for (const auto& [earlier, later] : {
           std::pair{"", "client = 10.0.0.1"},
           std::pair{"", ""},
           std::pair{"client = 10.0.0.0/8", "client = 10.1.0.0/16, 10.2.3.4"},
           std::pair{"client = 10.0.0.0/8", "client = 10.1.0.0/16\npart-size = 1M"},
           std::pair{"from = @contoso.com\nmessage-size = 1M", "message-size = 2M-3M\nfrom = anna@contoso.com"},
           std::pair{"part-type = image/*", "part-type = image/png, image/jpeg"},
           std::pair{"part-name = *.pdf", "part-name = a.pdf b.PDF"},
           std::pair{"header = X-A", "header = X-A\nheader = X-B"},
           std::pair{"recipients-are = inside, mixed", "recipients-are = mixed"},
           std::pair{"daemon = A, B", "daemon = B"},
           std::pair{"login = !anna, !bob", "login = !anna !bob !carol"},
       }) {
    const std::string first = pass("first", earlier);
    const auto line = 1 + std::count(first.begin(), first.end(), '\n');
    EXPECT_THAT(warnings_of(first + pass("later", later)),
                ElementsAre("test.conf:" + std::to_string(line) +
                            ": rule later is never reached: rule first in test.conf:1 takes all that it could match "
                            "(put it before that rule, or remove it)"))
        << earlier << " and " << later;
  }
}

TEST(RuleWarnings, KeepStillAboutRulesThatMayBeReached) {
  for (const auto& [earlier, later] : {
           std::pair{"client = 10.0.0.1", ""},
           std::pair{"client = 10.1.0.0/16", "client = 10.0.0.0/8"},
           std::pair{"client = 10.0.0.0/8\npart-size = 1M", "client = 10.0.0.0/8"},
           std::pair{"client = !10.0.0.1", "client = 10.0.0.0/8"},
           std::pair{"message-size = 2M", "message-size = 1M"},
           std::pair{"header = X-A\nheader = X-B", "header = X-A"},
           std::pair{"sender = @contoso.com", "from = @contoso.com"},
           std::pair{"part-type = image/png", "part-type = image/*"},
           std::pair{"part-size = 2M\nlarge-parts-size = 4M", "part-size = 3M\nlarge-parts-size = 4M"},
       }) {
    EXPECT_THAT(warnings_of(pass("first", earlier) + pass("later", later)), IsEmpty()) << earlier << " and " << later;
  }
}

// A policy of a megabyte: the comparisons are counted, and end.
TEST(RuleWarnings, AreLookedForInABoundedNumberOfSteps) {
  std::string text;
  for (int i = 0; text.size() < 1'000'000; ++i) {
    text += "[rule r" + std::to_string(i) + "]\nclient = 10." + std::to_string(i / 256 % 256) + "." +
            std::to_string(i % 256) + ".0/24\naction = pass\n";
  }
  const Policy policy = read(text);
  EXPECT_GT(policy.rules().size(), 15'000U);
  EXPECT_THAT(policy.warnings(kPart, kMessage), IsEmpty());

  std::vector<Rule> rules(policy.rules().begin(), policy.rules().begin() + 500);
  rules.push_back(rules.front());
  const auto pairs = rules.size() * (rules.size() - 1) / 2;
  EXPECT_EQ(find_warnings(rules, {}, pairs).size(), 1U) << "the last one is the first again";
  EXPECT_THAT(find_warnings(rules, {}, 1000), IsEmpty()) << "too many to compare";
}

}  // namespace
}  // namespace graph_milter::policy::test
