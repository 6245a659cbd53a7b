// SPDX-License-Identifier: Apache-2.0
// What many rules ask is asked once, and what only looks alike is asked apart.
#include "core/policy/inquiry.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

std::map<std::string, int>& times_asked() {
  static std::map<std::string, int> times;
  return times;
}

// Counts how often it is asked; "yes" matches, "unknown" doesn't know, "NAME-..." matches whom it names, anything else
// does not match.
class CountingMatcher final : public Matcher {
 public:
  using Matcher::Matcher;

  Match find(const Subject& subject, PatternWork& /*work*/) const override {
    ++times_asked()[text()];
    if (const auto named = names()) return named->front() == subject.key ? Match::Exact : Match::No;
    if (text() == "unknown") return Match::Unknown;
    return text().starts_with("yes") ? Match::Wide : Match::No;
  }
  std::optional<Names> names() const override {
    const std::size_t dash = text().find('-');
    return dash == std::string::npos ? std::nullopt : std::optional<Names>({text().substr(0, dash)});
  }
};

MatchList counted(const std::string& text) {
  static constexpr std::array kItems = {
      ItemKind{[](std::string_view) { return true; }, false,
               [](std::span<const std::string> words, const std::string&, MapStore&) -> Result<MatcherPointer> {
                 return std::make_shared<const CountingMatcher>(words.front());
               }}};
  MapStore maps;
  return *MatchList::parse(text, "c:1", ListKind{"empty", "", kItems}, maps);
}

struct Lists {
  std::string client, sender;  // empty: not set
};

// Asks rules with these lists; what each of them is found to be.
std::vector<Holds> ask(const std::vector<Lists>& lists) {
  std::vector<Rule> rules;
  for (const Lists& list : lists) {
    Rule& rule = rules.emplace_back();
    if (!list.client.empty()) rule.client = counted(list.client);
    if (!list.sender.empty()) rule.sender = counted(list.sender);
  }
  times_asked().clear();
  const mail::Envelope envelope = envelope_of("10.0.0.1");
  Question question(envelope);
  const Conditions conditions(rules);
  Inquiry inquiry(rules, conditions, question);
  std::vector<Holds> out;
  for (std::size_t i = 0; i < rules.size(); ++i) out.push_back(inquiry.ask_all(i).holds);
  return out;
}

TEST(Inquiry, AsksEachConditionOnceHoweverManyRulesHaveIt) {
  std::vector<Lists> lists;
  for (int i = 0; i < 100; ++i) {
    lists.push_back({"yes", "no"});
    lists.push_back({"yes", "yes, other"});
    lists.push_back({"no", "never"});
  }
  const std::vector<Holds> found = ask(lists);
  EXPECT_EQ(std::count(found.begin(), found.end(), Holds::Yes), 100);
  EXPECT_EQ(std::count(found.begin(), found.end(), Holds::No), 200);
  EXPECT_THAT(times_asked(), UnorderedElementsAre(Pair("yes", 2), Pair("no", 2)))
      << "once as client, once as sender; nothing behind a condition that fails";
}

TEST(Inquiry, AsksApartWhatStandsBehindASign) {
  EXPECT_THAT(ask({{"yes", ""}, {"!yes", ""}, {"yes", ""}, {"!yes", ""}}),
              ElementsAre(Holds::Yes, Holds::No, Holds::Yes, Holds::No));
  EXPECT_THAT(times_asked(), ElementsAre(Pair("yes", 2)));
}

TEST(Inquiry, AsksApartWhatStandsInAnotherOrder) {
  EXPECT_THAT(ask({{"yes, !yes2", ""}, {"!yes2, yes", ""}}), ElementsAre(Holds::Yes, Holds::No));
}

TEST(Inquiry, KeepsForAllRulesThatNobodyKnows) {
  EXPECT_THAT(ask({{"unknown", "no"}, {"unknown", "yes"}, {"unknown", ""}, {"!unknown", ""}}),
              ElementsAre(Holds::No, Holds::Unknown, Holds::Unknown, Holds::Unknown));
  EXPECT_THAT(times_asked(), UnorderedElementsAre(Pair("unknown", 2), Pair("no", 1), Pair("yes", 1)));
}

TEST(Inquiry, AsksOfThoseThatNameTheirSubjectsOnlyThoseThatNameThisOne) {
  std::vector<Lists> lists;
  for (const char* end : {"-1", "-2", "-3", "-1", "-2"}) {
    for (const char* name : {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"}) {
      lists.push_back({std::string(name) + end, ""});
      lists.push_back({std::string(name) + end + ", yes", ""});
    }
  }
  const std::vector<Holds> found = ask(lists);
  EXPECT_EQ(std::count(found.begin(), found.end(), Holds::Yes), 5 + 5 * 4);
  times_asked().erase("yes");
  const int others = static_cast<int>(times_asked().size());
  EXPECT_EQ(others, 12) << "lists with an item that names nobody are all asked";
  for (const auto& [text, times] : times_asked()) {
    EXPECT_EQ(times, text.starts_with("10.0.0.1-") ? 2 : 1) << text;
  }
}

TEST(Inquiry, AsksNoContentWhereOnlyTheEnvelopeIsThere) {
  const Policy policy = read("[rule a]\nclient = 10.0.0.0/8\nfrom = @contoso.com\nheader = x-a\naction = relay\n");
  const Conditions conditions(policy.rules());
  const mail::Envelope envelope = envelope_of("10.0.0.1");
  Question question(envelope);
  EXPECT_EQ(Inquiry(policy.rules(), conditions, question).ask_envelope(0).holds, Holds::Yes);
}

// Of each rule's conditions the numbers.
std::vector<std::vector<ConditionNumber>> numbers_of(const std::vector<Rule>& rules) {
  const Conditions conditions(rules);
  std::vector<std::vector<ConditionNumber>> out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    out.emplace_back();
    for (const auto& condition : conditions.of(i)) out.back().push_back(condition.number);
  }
  return out;
}

TEST(Conditions, AreOneWhereRulesAskTheSameInTheSameWords) {
  const std::string sizes = "part-size = 3M\nlarge-parts-size = 5M\n";
  struct Case {
    std::string first, second;
    bool one;
  };
  for (const Case& item : {
           Case{"client = 10.0.0.0/8", "client =   10.0.0.0/8  # all", true},
           Case{"client = 10.0.0.0/8", "client = \"10.0.0.0/8\"", true},
           Case{"client = 10.0.0.0/8", "client = !10.0.0.0/8", false},
           Case{"sender = @contoso.com", "recipient = @contoso.com", false},
           Case{"recipient = @contoso.com", "all-recipients = @contoso.com", false},
           Case{"daemon = A, B", "daemon = \"A, B\"", false},
           Case{"daemon = A", "daemon = \" A\"", false},
           Case{"header = x-a: b", "header = x-a: b", true},
           Case{"header = x-a\nheader = x-b", "header = x-a", false},
           Case{"large-parts-size = 5M\npart-threshold = 3M", "large-parts-size = 5M\npart-threshold = 3145728", true},
           Case{"large-parts-size = 5M\npart-threshold = 3M", "large-parts-size = 5M\npart-threshold = 2M", false},
           Case{"message-size = 3M", "part-size = 3M", false},
       }) {
    const Policy policy =
        read("[rule a]\n" + item.first + "\naction = pass\n[rule b]\n" + item.second + "\naction = pass\n");
    const auto numbers = numbers_of(policy.rules());
    EXPECT_EQ(numbers[0] == numbers[1], item.one) << item.first << " and " << item.second;
  }
}

TEST(Conditions, OfOneFileAreOneAndOfTwoFilesTwo) {
  const graph_milter::test::TempFolder folder;
  const std::string first = folder.write("first", "a@contoso.com OK\n");
  const std::string second = folder.write("second", "b@contoso.com OK\n");
  const auto rule = [](const std::string& name, const std::string& map) {
    return format("[rule {}]\nsender = map:{}\naction = reject\n", name, map);
  };
  const std::string text = rule("a", first) + rule("b", second) + rule("c", first);
  const Policy policy = read(text);
  EXPECT_THAT(numbers_of(policy.rules()), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(0)));
  const auto by = [&](const Policy& asked, const std::string& sender) {
    const Decision decision = asked.decide(envelope_of("10.0.0.1", "", "<" + sender + ">"), facts_of({}));
    return decision.rule == nullptr ? std::string() : decision.rule->name;
  };
  EXPECT_EQ(by(policy, "a@contoso.com"), "a");
  EXPECT_EQ(by(policy, "b@contoso.com"), "b");
  folder.write("second", "a@contoso.com OK\n");
  folder.write("first", "b@contoso.com OK\n");
  const Policy later = read(text);
  EXPECT_EQ(by(later, "a@contoso.com"), "b");
  EXPECT_EQ(by(policy, "a@contoso.com"), "a") << "by the file as it was read";
}

// The address of each rule's client stands in no other rule: those are found by it, not by asking rule after rule.
TEST(Conditions, ThatListWhomTheyHoldForAreFoundByName) {
  std::string text;
  std::vector<std::string> domains = {"contoso.com"};
  for (int i = 0; i < 20; ++i) {
    domains.push_back(format("d{}.contoso.com", i));
    text += format("[rule r{}]\nclient = 10.0.{}.0/24\nfrom = u{}@contoso.com, @d{}.contoso.com\naction = relay\n", i,
                   i, i, i);
  }
  text += "[rule rest]\nclient = !10.0.0.0/16\nfrom = !@contoso.com\naction = pass\n";
  const Policy policy = read(text, domains);
  const Conditions conditions(policy.rules());
  ASSERT_EQ(conditions.directories().size(), 2U);
  EXPECT_EQ(conditions.directories()[0].check->key, "client");
  EXPECT_EQ(conditions.directories()[1].check->key, "from");
  EXPECT_EQ(conditions.directories()[1].conditions.size(), 20U)
      << "a list of '!' holds for those whom it does not name";
  EXPECT_EQ(conditions.directories()[1].by_name.at("u3@contoso.com").size(), 1U);
  EXPECT_EQ(policy.decide(envelope_of("10.0.7.1"), facts_from("anna@d7.contoso.com")).rule->name, "r7");
  EXPECT_EQ(policy.decide(envelope_of("::ffff:10.0.7.1"), facts_from("U7@Contoso.com")).rule->name, "r7");
  EXPECT_EQ(policy.decide(envelope_of("10.1.0.1"), facts_from("x@fabrikam.com")).rule->name, "rest");
  EXPECT_EQ(policy.decide(envelope_of("10.0.7.1"), facts_from("u8@contoso.com")).text,
            "no rule matches; rule r7: from u8@contoso.com is not in u7@contoso.com, @d7.contoso.com");
}

// The rule that nobody can judge is not the one that spent the work.
TEST(PatternLimits, HoldForEveryRuleThatAsksThePattern) {
  mail::MessageFacts facts = facts_from("scanner@contoso.com");
  facts.parts.front().name = std::string(3000, 'a') + "!";
  const std::string bomb = "part-name = /(a+)+$/\n";
  const std::string after = "[rule after]\npart-name = /!$/\naction = pass\n";
  const std::string settled = "[rule settled]\n" + bomb + "header = x-none\naction = pass\n";
  const Decision decision =
      read(settled + "[rule open]\n" + bomb + "action = pass\n").decide(envelope_of("10.1.20.7"), facts);
  EXPECT_EQ(decision.reason, "pattern-limit");
  EXPECT_EQ(decision.rule->name, "open");
  EXPECT_EQ(read(settled + after).decide(envelope_of("10.1.20.7"), facts).reason, "pattern-limit") << "no work is left";
  EXPECT_EQ(read(after + settled).decide(envelope_of("10.1.20.7"), facts).rule->name, "after");
}

// What a hundred rules ask costs what it costs one, in words too.
TEST(PatternLimits, AreNotReachedByAskingTheSameAgain) {
  constexpr std::string_view kSlow = "/a*a*[bc]/";
  mail::MessageFacts facts = facts_from("scanner@contoso.com");
  facts.headers.push_back(mail::HeaderField{"x-long", std::string(200, 'a') + "!", {}});
  PatternWork work;
  EXPECT_EQ(Pattern::read(kSlow, "")->search(facts.headers.back().value, work), PatternResult::No);
  ASSERT_LT(work.left(), PatternWork::kUsual - PatternWork::kUsual / 100) << "a hundred times that is too much";
  std::string text;
  for (int i = 0; i < 100; ++i) text += format("[rule r{}]\nheader = x-long: {}\naction = pass\n", i, kSlow);
  text += "[rule last]\nheader = x-long: /!$/\naction = pass\n";
  const Policy policy = read(text);
  EXPECT_EQ(policy.decide(envelope_of("10.1.20.7"), facts).rule->name, "last");
  EXPECT_THAT(policy.explain(envelope_of("10.1.20.7"), facts),
              testing::HasSubstr("rule last (test.conf:301): matches: pass"));
}

}  // namespace
}  // namespace graph_milter::policy::test
