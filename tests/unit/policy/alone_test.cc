// SPDX-License-Identifier: Apache-2.0
// A rule among others says of a message what it says when it is the only one: nothing that is kept for the rules behind
// it changes an answer. Random rules and messages; the seed is printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/base/format.h"
#include "core/policy/match.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

using Words = std::vector<std::string>;

const Words kDomains = {"contoso.com", "sub.contoso.com"};
constexpr int kPolicies = 8, kMessages = 150;

class RulesAlone : public testing::Test {
 protected:
  std::size_t below(std::size_t end) { return random_() % end; }
  const std::string& pick(const Words& words) { return words[below(words.size())]; }

  std::string address() {
    return pick({"anna", "bert", "Carl", "d.e", "\"f g\"", "h%i"}) + "@" +
           pick({"contoso.com", "sub.contoso.com", "fabrikam.com", "CONTOSO.com"});
  }
  std::string network() {
    const auto ten = [&] { return format("10.{}.{}.", below(2), below(6)); };
    return pick({ten() + "0/24", ten() + "7", ten() + "4/30", ten() + "6/31", "10.0.0.0/15", "10.1.0.0/20",
                 "2001:db8::/33", "2001:db8::1"});
  }
  std::string client() {
    return pick(
        {format("10.{}.{}.{}", below(2), below(6), below(8)), "2001:db8::1", "2001:db8:8000::1", "", "unknown"});
  }

  // One to three items, some behind a '!'.
  template <class Item>
  std::string list(Item item, const Words& maps = {}) {
    std::string out;
    for (auto count = 1 + below(3); count > 0; --count) {
      out += (out.empty() ? "" : ", ") + std::string(below(5) == 0 ? "!" : "");
      out += !maps.empty() && below(6) == 0 ? pick(maps) : item();
    }
    return out;
  }
  std::string addresses() {
    return list([&] { return below(3) == 0 ? "@" + pick({"contoso.com", "fabrikam.com"}) : address(); }, people_);
  }
  std::string sizes() {
    return list([&] { return pick({"1K", "1M", "-1M", "1K-2M", "3M"}); });
  }

  std::string condition(std::size_t which) {
    const auto word = [&](const Words& words) { return list([&] { return pick(words); }); };
    switch (which) {
      case 0:
        return "client = " + list([&] { return network(); }, networks_);
      case 1:
        return "daemon = " + pick({"A", "B", "A, B", "\"A, B\"", "!A"});
      case 2:
        return "login = " + list([&] { return below(2) == 0 ? pick({"anna", "app"}) : address(); }, people_);
      case 3:
        return "sender-map = " + logins_;
      case 4:
        return "sender = " + addresses();
      case 5:
        return "from = " + addresses();
      case 6:
        return "recipient = " + addresses();
      case 7:
        return "all-recipients = " + addresses();
      case 8:
        return "recipients-are = " + word({"inside", "outside", "mixed"});
      case 9:
        return "header = " + pick({"x-a", "!x-a", "x-a: yes", "x-a: /^y/i", "x-a\nheader = !x-b", "x-b: /o$/"});
      case 10:
        return "message-size = " + sizes();
      case 11:
        return "part-size = " + sizes();
      case 12:
        return "large-parts-size = " + sizes() + (below(2) == 0 ? "\npart-threshold = 1M" : "");
      case 13:
        return "part-type = " + word({"application/pdf", "application/*", "image/png"});
      default:
        return "part-name = " + word({"*.pdf", "scan.pdf", "/^s.*f$/i", "*"});
    }
  }

  std::string rule(int number) {
    std::string out = format("[rule r{}]\naction = {}\n", number, pick({"relay", "relay", "pass", "reject"}));
    for (std::size_t which = 0; which < 15; ++which) {
      const bool usual = which == 0 || which == 5;
      if (below(usual ? 2 : 6) == 0) out += condition(which) + "\n";
    }
    return out;
  }

  mail::Envelope envelope() {
    mail::Envelope out =
        envelope_of(client(), pick({"", "anna", "app", address()}), below(9) == 0 ? "<>" : "<" + address() + ">");
    out.daemon_name = pick({"", "A", "B", "A, B"});
    out.recipients.clear();
    for (auto count = below(4); count > 0; --count) {
      out.recipients.push_back(mail::make_envelope_path("<" + address() + ">"));
    }
    out.further_recipients = !out.recipients.empty() && below(9) == 0 ? 1 : 0;
    return out;
  }

  mail::MessageFacts facts() {
    std::vector<std::pair<std::string, std::string>> fields;
    for (auto count = below(9) == 0 ? below(3) : 1; count > 0; --count) fields.emplace_back("from", address());
    if (below(2) == 0) fields.emplace_back("x-a", pick({"yes", "no"}));
    if (below(2) == 0) fields.emplace_back("x-b", pick({"yes", "no"}));
    mail::MessageFacts out = facts_of(fields, pick({"s", "m", "l"}) == "l" ? 4 << 20 : 2000);
    out.parts.front().type = pick({"application/pdf", "image/png"});
    out.parts.front().name = pick({"", "scan.pdf", "Scan.PDF", "photo.png"});
    return out;
  }

  std::uint64_t seed_ = graph_milter::test::seed();
  std::mt19937_64 random_{seed_};
  graph_milter::test::TempFolder folder_;
  std::string logins_ = folder_.write("logins", "anna  anna@contoso.com, @fabrikam.com\napp  bert@contoso.com\n");
  Words people_ = {"map:" + folder_.write("people", "anna@contoso.com OK\n@sub.contoso.com OK\n"),
                   "map:" + folder_.write("others", "bert@contoso.com OK\nanna@fabrikam.com OK\n"),
                   "pcre:" + folder_.write("patterns", "/^(a|b)/ OK\n")};
  Words networks_ = {"cidr:" + folder_.write("near", "10.0.1.0/24 OK\n10.1.0.0/21 OK\n"),
                     "cidr:" + folder_.write("far", "10.0.5.7 OK\n2001:db8::/32 OK\n")};
};

// Asked as the manual says it, each condition as if it were the first.
Outcome ask_alone(const Rule& rule, const mail::Envelope& envelope, const mail::MessageFacts& facts) {
  Outcome unknown;
  for (const Check* check : checks_of(rule)) {
    Question question(envelope, facts, kDomains);
    const Holds holds = check->holds(rule, question);
    if (holds == Holds::No) return {holds, check};
    if (holds == Holds::Unknown && unknown.decided == nullptr) unknown = {holds, check};
  }
  return unknown;
}

// A policy, and one policy of each of its rules, which stands in its line.
struct Policies {
  Policy all;
  std::vector<Policy> alone;
};

struct Expected {
  const Policy* decides = nullptr;  // null: no rule does
  std::string text;
  std::string explained;
};

Expected expect(const Policies& policies, const mail::Envelope& envelope, const mail::MessageFacts& facts) {
  Expected out;
  const Check* furthest = nullptr;
  out.text = "no rule relays";
  for (const Policy& alone : policies.alone) {
    const Rule& rule = alone.rules().front();
    if (out.decides != nullptr) {
      out.explained += format("rule {} ({}:{}): not asked\n", rule.name, rule.file, rule.line);
      continue;
    }
    const std::string words = alone.explain(envelope, facts);
    out.explained += words.substr(0, words.find('\n') + 1);
    const Outcome outcome = ask_alone(rule, envelope, facts);
    const Decision decision = alone.decide(envelope, facts);
    if (outcome.holds != Holds::No) {
      out.decides = &alone;
      out.text = decision.text;
    } else if (rule.action == Action::Relay && (furthest == nullptr || outcome.decided > furthest)) {
      furthest = outcome.decided;
      out.text = decision.text;
    }
  }
  if (out.decides == nullptr) out.explained += "no rule matches: pass\n";
  return out;
}

std::optional<ByteCount> smallest_of(const std::vector<Policy>& alone, const mail::Envelope& envelope) {
  std::optional<ByteCount> out;
  for (const Policy& policy : alone) {
    const auto size = policy.smallest_interesting_size(envelope);
    if (size) out = std::min(out.value_or(*size), *size);
  }
  return out;
}

TEST_F(RulesAlone, SayWhatTheySayAmongOthers) {
  int decided = 0, undecided = 0, uninteresting = 0;
  for (int round = 0; round < kPolicies; ++round) {
    const auto maps = std::make_shared<MapStore>(std::vector<uid_t>{getuid()});
    const auto read_as = [&](const std::string& text) -> Result<Policy> {
      GM_TRY_ASSIGN(const config::ConfText conf, config::read_conf_text(text, "test.conf"));
      return Policy::read(conf, kDomains, maps);
    };
    std::string text;
    std::vector<Policy> alone;
    const std::size_t rules = round % 2 == 0 ? 60 : 5;
    for (int number = 0; alone.size() < rules; ++number) {
      const std::string written = rule(number);
      const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      auto policy = read_as(std::string(lines, '\n') + written);
      if (!policy) continue;  // a relay rule that says too little
      alone.push_back(*std::move(policy));
      text += written;
    }
    const Policies policies{*read_as(text), std::move(alone)};
    for (int message = 0; message < kMessages; ++message) {
      const mail::Envelope envelope = this->envelope();
      const mail::MessageFacts facts = this->facts();
      const Expected expected = expect(policies, envelope, facts);
      const Decision decision = policies.all.decide(envelope, facts);
      ASSERT_EQ(decision.text, expected.text) << "seed " << seed_ << "\n" << text;
      ASSERT_EQ(policies.all.explain(envelope, facts), expected.explained) << "seed " << seed_ << "\n" << text;
      const auto smallest = policies.all.smallest_interesting_size(envelope);
      ASSERT_EQ(smallest, smallest_of(policies.alone, envelope)) << "seed " << seed_ << "\n" << text;
      uninteresting += smallest ? 0 : 1;
      ASSERT_EQ(decision.rule == nullptr, expected.decides == nullptr);
      ++(decision.rule == nullptr ? undecided : decided);
      if (decision.rule == nullptr) continue;
      const Decision alone_decision = expected.decides->decide(envelope, facts);
      ASSERT_EQ(decision.action, alone_decision.action);
      ASSERT_EQ(decision.reason, alone_decision.reason);
      ASSERT_EQ(decision.mailbox, alone_decision.mailbox);
    }
  }
  EXPECT_GT(decided, 50);
  EXPECT_GT(undecided, 50);
  EXPECT_GT(uninteresting, 20);
}

}  // namespace
}  // namespace graph_milter::policy::test
