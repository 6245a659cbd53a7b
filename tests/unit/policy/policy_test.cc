// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(Policy, RelaysTheScanner) {
  const Policy policy = read(kScanners);
  const Decision decision = policy.decide(envelope_of("10.1.20.7"), facts_from("Scanner <Scanner@Contoso.com>"));
  EXPECT_EQ(decision.action, Action::Relay);
  EXPECT_EQ(decision.rule, &policy.rules()[0]);
  EXPECT_EQ(decision.mailbox, "scanner@contoso.com");
  EXPECT_EQ(decision.reason, "");
}

TEST(Policy, TakesTheFirstRuleThatMatches) {
  const Policy policy = read("[rule quiet]\nclient = 10.1.20.9\naction = pass\n" + kScanners +
                             "[rule later]\nclient = 10.1.20.0/24\nfrom = @contoso.com\nmailbox = later@contoso.com\n"
                             "action = relay\n");
  const auto facts = facts_from("scanner@contoso.com");
  EXPECT_EQ(policy.decide(envelope_of("10.1.20.9"), facts).reason, "rule");
  EXPECT_EQ(policy.decide(envelope_of("10.1.20.8"), facts).rule->name, "scanners");
  const Decision small = policy.decide(envelope_of("10.1.20.8"), facts_of({{"from", "scanner@contoso.com"}}, 10));
  EXPECT_EQ(small.rule->name, "later");
  EXPECT_EQ(small.mailbox, "later@contoso.com");
}

TEST(Policy, LeavesTheMailToTheMtaWhereNoRuleMatches) {
  const Decision decision = read(kScanners).decide(envelope_of("10.9.9.9"), facts_from("scanner@contoso.com"));
  EXPECT_EQ(decision.action, Action::Pass);
  EXPECT_EQ(decision.rule, nullptr);
  EXPECT_EQ(decision.reason, "no-rule");
  EXPECT_EQ(decision.text, "no rule matches; rule scanners: client 10.9.9.9 is not in 10.1.20.0/24");
  EXPECT_EQ(read("").decide(envelope_of("10.9.9.9"), facts_from("scanner@contoso.com")).text, "no rule relays");
}

struct SizeCase {
  ByteCount part;
  bool relayed;
};

TEST(Policy, TakesPartsFromTheLimitOn) {
  const Policy policy = read(kScanners);
  for (const SizeCase& item : {SizeCase{3'145'727, false}, SizeCase{3'145'728, true}, SizeCase{3'145'729, true}}) {
    const auto facts = facts_of({{"from", "scanner@contoso.com"}}, item.part);
    EXPECT_EQ(policy.decide(envelope_of("10.1.20.7"), facts).action == Action::Relay, item.relayed) << item.part;
  }
}

TEST(Policy, TakesMessagesFromTheLimitOn) {
  const Policy policy =
      read("[rule a]\nclient = 10.0.0.1\nfrom = a@contoso.com\nmessage-size = 1000\naction = relay\n");
  auto facts = facts_from("a@contoso.com");
  facts.size = 999;
  const Decision small = policy.decide(envelope_of("10.0.0.1"), facts);
  EXPECT_EQ(small.text, "no rule matches; rule a: message-size: the message has 999 bytes, fewer than 1000");
  facts.size = 1000;
  EXPECT_EQ(policy.decide(envelope_of("10.0.0.1"), facts).action, Action::Relay);
}

// The abuses. Under each rule there is one mail that is meant; everything else passes untouched.

const std::string kLogins =
    "[rule person]\nlogin = anna@contoso.com\nfrom = anna@contoso.com\naction = relay\n"
    "[rule app]\nlogin = app\nfrom = @contoso.com\nsender = @contoso.com\naction = relay\n"
    "[rule everybody]\nlogin = @contoso.com\nfrom = @contoso.com, team@contoso.com\naction = relay\n";

struct Abuse {
  const char* what;
  std::string client, login, sender;
  Fields fields;
  const char* reason;  // "": this one is meant
};

TEST(Policy, ClientRulesResistAbuse) {
  const Policy policy = read(kScanners + "[rule folder]\nclient = 10.2.0.0/16\nfrom = @contoso.com\naction = relay\n");
  const std::string in = "10.1.20.7", ok = "<scanner@contoso.com>";
  const Fields from = {{"from", "scanner@contoso.com"}};
  const Abuse cases[] = {
      {"the one that is meant", in, "", ok, from, ""},
      {"any envelope sender but null is the client's business", in, "", "<someone@else.example>", from, ""},
      {"v4-mapped", "::ffff:10.1.20.7", "", ok, from, ""},
      {"a stranger", "203.0.113.5", "", ok, from, "no-rule"},
      {"localhost is nobody special", "127.0.0.1", "", ok, from, "no-rule"},
      {"IPv6 localhost", "::1", "", ok, from, "no-rule"},
      {"client not said", "", "", ok, from, "no-rule"},
      {"client not an address", "unknown", "", ok, from, "no-rule"},
      {"a login opens no client rule", "203.0.113.5", "scanner@contoso.com", ok, from, "no-rule"},
      {"null sender", in, "", "<>", from, "null-sender"},
      {"another From", in, "", ok, {{"from", "ceo@contoso.com"}}, "no-rule"},
      {"From in another field",
       in,
       "",
       ok,
       {{"reply-to", "scanner@contoso.com"}, {"from", "x@contoso.com"}},
       "no-rule"},
      {"X-Mailbox", in, "", ok, {{"x-mailbox", "scanner@contoso.com"}}, "no-rule"},
      {"no From", in, "", ok, {}, "no-rule"},
      {"two From fields", in, "", ok, {from[0], from[0]}, "no-rule"},
      {"two From fields, one of them unreadable", in, "", ok, {from[0], {"from", "ceo@contoso.com (x"}}, "no-rule"},
      {"two mailboxes", in, "", ok, {{"from", "scanner@contoso.com, ceo@contoso.com"}}, "no-rule"},
      {"empty group", in, "", ok, {{"from", "undisclosed:;"}}, "no-rule"},
      {"route", in, "", ok, {{"from", "<@evil.org:scanner@contoso.com>"}}, "no-rule"},
      {"encoded word as address", in, "", ok, {{"from", "=?utf-8?q?scanner=40contoso.com?="}}, "no-rule"},
      {"name that looks like the address",
       in,
       "",
       ok,
       {{"from", "\"scanner@contoso.com\" <ceo@contoso.com>"}},
       "no-rule"},
      {"subdomain", in, "", ok, {{"from", "scanner@mail.contoso.com"}}, "no-rule"},
      {"trailing dot", in, "", ok, {{"from", "scanner@contoso.com."}}, "no-rule"},
      {"plus", in, "", ok, {{"from", "scanner+ceo@contoso.com"}}, "no-rule"},
      {"case", in, "", ok, {{"from", "SCANNER@Contoso.Com"}}, ""},
      {"From in a group", in, "", ok, {{"from", "Team: scanner@contoso.com;"}}, "no-rule"},
      {"Sender names another, whom the draft does not carry", in, "", ok, {from[0], {"sender", "ceo@contoso.com"}}, ""},
      {"Sender names the same", in, "", ok, {from[0], {"sender", "Scanner <scanner@CONTOSO.com>"}}, ""},
      {"Sender is not From", in, "", ok, {{"sender", "scanner@contoso.com"}}, "no-rule"},
      {"Resent-From", in, "", ok, {from[0], {"resent-from", "ceo@contoso.com"}}, "other-author"},
      {"Resent-Sender", in, "", ok, {from[0], {"resent-sender", "ceo@contoso.com"}}, "other-author"},
      {"Resent-To", in, "", ok, {from[0], {"resent-to", "ceo@contoso.com"}}, "other-author"},
      {"Resent-Date names nobody", in, "", ok, {from[0], {"resent-date", "Sun, 22 Nov 2026 09:00:00 +0000"}}, ""},
      {"by domain", "10.2.0.1", "", ok, {{"from", "anybody@contoso.com"}}, ""},
      {"quoted local part by domain", "10.2.0.1", "", ok, {{"from", "\"any body\"@contoso.com"}}, "no-rule"},
      {"percent hack by domain", "10.2.0.1", "", ok, {{"from", "ceo%evil.org@contoso.com"}}, "no-rule"},
      {"non-ASCII by domain", "10.2.0.1", "", ok, {{"from", "j\xC3\xBCrgen@contoso.com"}}, "no-rule"},
      {"lookalike domain", "10.2.0.1", "", ok, {{"from", "ceo@cont\xD0\xBEso.com"}}, "no-rule"},
  };
  for (const Abuse& item : cases) {
    const Decision decision = policy.decide(envelope_of(item.client, item.login, item.sender), facts_of(item.fields));
    EXPECT_EQ(decision.reason, item.reason) << item.what << ": " << decision.text;
    EXPECT_EQ(decision.action == Action::Relay, std::string_view(item.reason).empty()) << item.what;
    EXPECT_EQ(decision.mailbox.empty(), decision.action == Action::Pass) << item.what;
  }
}

TEST(Policy, LoginRulesResistAbuse) {
  const Policy policy = read(kLogins);
  const std::string anna = "anna@contoso.com", bert = "bert@contoso.com";
  const Abuse cases[] = {
      {"anna as herself", "203.0.113.5", anna, "<anna@contoso.com>", {{"from", anna}}, ""},
      {"login in capitals", "203.0.113.5", "Anna@Contoso.com", "<anna@contoso.com>", {{"from", anna}}, ""},
      {"not authenticated", "203.0.113.5", "", "<anna@contoso.com>", {{"from", anna}}, "no-rule"},
      {"anna with a stranger's envelope: the mail is From's",
       "203.0.113.5",
       anna,
       "<x@else.example>",
       {{"from", anna}},
       ""},
      {"anna as the chief", "203.0.113.5", anna, "<anna@contoso.com>", {{"from", "ceo@contoso.com"}}, "login"},
      {"bert as himself", "203.0.113.5", bert, "<bert@contoso.com>", {{"from", bert}}, ""},
      {"bert as anna", "203.0.113.5", bert, "<bert@contoso.com>", {{"from", anna}}, "login"},
      {"bert as anna, envelope too", "203.0.113.5", bert, "<anna@contoso.com>", {{"from", anna}}, "login"},
      {"bert as the team, which is named",
       "203.0.113.5",
       bert,
       "<bert@contoso.com>",
       {{"from", "team@contoso.com"}},
       ""},
      {"bert as the team with its envelope",
       "203.0.113.5",
       bert,
       "<team@contoso.com>",
       {{"from", "team@contoso.com"}},
       ""},
      {"the app as anybody", "203.0.113.5", "app", "<noreply@contoso.com>", {{"from", "billing@contoso.com"}}, ""},
      {"the app with a foreign sender", "203.0.113.5", "app", "<x@else.example>", {{"from", anna}}, "no-rule"},
      {"login without its domain", "203.0.113.5", "anna", "<anna@contoso.com>", {{"from", anna}}, "no-rule"},
      {"login of a subdomain", "203.0.113.5", "anna@x.contoso.com", "<anna@contoso.com>", {{"from", anna}}, "no-rule"},
      {"null sender", "203.0.113.5", anna, "<>", {{"from", anna}}, "null-sender"},
  };
  for (const Abuse& item : cases) {
    const Decision decision = policy.decide(envelope_of(item.client, item.login, item.sender), facts_of(item.fields));
    EXPECT_EQ(decision.reason, item.reason) << item.what << ": " << decision.text;
    EXPECT_EQ(decision.action == Action::Relay, std::string_view(item.reason).empty()) << item.what;
  }
}

TEST(Policy, NeverTakesTheMailboxFromTheMessage) {
  const Policy policy =
      read("[rule a]\nclient = 10.0.0.1\nfrom = @contoso.com\nmailbox = shared@contoso.com\naction = relay\n");
  const Decision decision = policy.decide(
      envelope_of("10.0.0.1"),
      facts_of({{"from", "a@contoso.com"}, {"x-mailbox", "ceo@contoso.com"}, {"reply-to", "ceo@contoso.com"}}));
  EXPECT_EQ(decision.mailbox, "shared@contoso.com");
}

TEST(Policy, ChecksDomainsThatCameFromAMap) {
  const graph_milter::test::TempFolder folder;
  const std::string path = folder.write("from", "a@contoso.com\nb@fabrikam.com\n");
  const Policy policy = read("[rule a]\nclient = 10.0.0.1\nfrom = map:" + path + "\naction = relay\n");
  EXPECT_EQ(policy.decide(envelope_of("10.0.0.1"), facts_from("a@contoso.com")).action, Action::Relay);
  EXPECT_EQ(policy.decide(envelope_of("10.0.0.1"), facts_from("b@fabrikam.com")).reason, "tenant-domain");
}

TEST(Policy, RelaysNoQuotedLocalPartEvenIfItIsNamed) {
  const Policy policy =
      read("[rule a]\nclient = 10.0.0.1\nfrom = \"a.b\"@contoso.com, c@contoso.com\naction = relay\n");
  EXPECT_EQ(policy.decide(envelope_of("10.0.0.1"), facts_from("\"a.b\"@contoso.com")).action, Action::Pass);
  EXPECT_EQ(policy.decide(envelope_of("10.0.0.1"), facts_from("c@contoso.com")).action, Action::Relay);
}

TEST(Policy, KnowsTheSmallestMailItCouldCareFor) {
  const Policy policy =
      read(kScanners +
           "[rule big]\nclient = 10.1.0.0/16\nfrom = @contoso.com\nmessage-size = 1M\naction = relay\n"
           "[rule any]\nclient = 10.5.0.0/16\nfrom = @contoso.com\naction = relay\n"
           "[rule none]\naction = pass\n");
  EXPECT_EQ(policy.smallest_interesting_size(envelope_of("10.1.20.7")), std::optional<ByteCount>(1024 * 1024));
  EXPECT_EQ(policy.smallest_interesting_size(envelope_of("10.5.0.1")), std::optional<ByteCount>(0));
  EXPECT_EQ(policy.smallest_interesting_size(envelope_of("203.0.113.1")), std::nullopt);
  EXPECT_EQ(policy.smallest_interesting_size(envelope_of("10.1.20.7", "", "<>")), std::nullopt);
}

TEST(Policy, ExplainsEveryRule) {
  const Policy policy =
      read("[rule quiet]\nlogin = nobody\naction = pass\n" + kScanners + "[rule last]\naction = pass\n");
  const auto envelope = envelope_of("10.1.20.7");
  EXPECT_EQ(policy.explain(envelope, facts_from("scanner@contoso.com")),
            "rule quiet (test.conf:1): does not match: login (none) is not in nobody\n"
            "rule scanners (test.conf:4): matches: relay through scanner@contoso.com\n"
            "rule last (test.conf:9): not asked\n");
  EXPECT_EQ(
      policy.explain(envelope, facts_of({{"from", "scanner@contoso.com"}}, 1000)),
      "rule quiet (test.conf:1): does not match: login (none) is not in nobody\n"
      "rule scanners (test.conf:4): does not match: part-size: the largest part has 1000 bytes, fewer than 3145728\n"
      "rule last (test.conf:9): matches: pass\n");
  EXPECT_EQ(policy.explain(envelope_of("10.1.20.7", "", "<>"), facts_from("scanner@contoso.com")),
            "rule quiet (test.conf:1): does not match: login (none) is not in nobody\n"
            "rule scanners (test.conf:4): matches, but is not relayed: the envelope sender is null\n"
            "rule last (test.conf:9): not asked\n");
  EXPECT_EQ(read(kScanners).explain(envelope, facts_from("a@contoso.com\", \x1b[31m<b@contoso.com>")),
            "rule scanners (test.conf:1): does not match: From in which no mailbox can be read, where one mailbox is "
            "asked for\n"
            "no rule matches: pass\n");
}

// Whatever comes: what is relayed goes through a mailbox of the tenant, comes from a client that a rule names, has a
// From that the rule names and no null sender; and no mail is smaller than smallest_interesting_size promised.
TEST(Policy, WalkedAtRandomRelaysOnlyWhatARuleNames) {
  const Policy policy = read(kScanners + kLogins);
  std::mt19937_64 random(graph_milter::test::seed());
  const std::vector<std::string> clients = {"10.1.20.7", "203.0.113.5", "", "::ffff:10.1.20.1", "127.0.0.1"};
  const std::vector<std::string> logins = {"", "anna@contoso.com", "bert@contoso.com", "app", "x@else.example"};
  const std::vector<std::string> senders = {"<>", "<anna@contoso.com>", "<bert@contoso.com>", "<x@else.example>"};
  const std::vector<std::string> names = {"from", "sender", "reply-to", "resent-from"};
  const std::vector<std::string> people = {"scanner@contoso.com", "anna@contoso.com", "bert@contoso.com",
                                           "ceo@contoso.com",     "x@else.example",   "a@b@c",
                                           "team@contoso.com"};
  const auto pick = [&](const std::vector<std::string>& list) { return list[random() % list.size()]; };
  int relayed = 0;
  for (int round = 0; round < 20'000; ++round) {
    Fields fields = {{"from", pick(people)}};
    for (auto more = random() % 3; more > 0; --more) fields.emplace_back(pick(names), pick(people));
    const auto facts = facts_of(fields, random() % 2 == 0 ? 4'000'000 : 1000);
    const auto envelope = envelope_of(pick(clients), pick(logins), pick(senders));
    const Decision decision = policy.decide(envelope, facts);
    if (decision.action != Action::Relay) continue;
    ++relayed;
    const Rule& rule = *decision.rule;
    ASSERT_FALSE(envelope.has_null_sender());
    ASSERT_EQ(facts.from.size(), 1U);
    ASSERT_TRUE(rule.from->matches(address_subject(facts.from[0].address)));
    ASSERT_EQ(decision.mailbox, facts.from[0].address);
    ASSERT_EQ(mail::domain_of(decision.mailbox), "contoso.com");
    ASSERT_TRUE(!rule.client || rule.client->matches(client_subject(envelope.client_address)));
    ASSERT_TRUE(!rule.login || rule.login->matches(address_subject(envelope.login)));
    ASSERT_TRUE(rule.name == "app" || facts.from[0].address != "ceo@contoso.com");
    ASSERT_LE(policy.smallest_interesting_size(envelope).value(), facts.size);
  }
  EXPECT_GT(relayed, 100);
}

}  // namespace
}  // namespace graph_milter::policy::test
