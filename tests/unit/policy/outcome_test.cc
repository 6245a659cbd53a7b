// SPDX-License-Identifier: Apache-2.0
// What a rule does with the mail that it matches, and how.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

using testing::HasSubstr;

struct Refusal {
  std::string text;
  std::string words;
};

void expect_refused(const std::vector<Refusal>& cases) {
  for (const auto& [text, words] : cases) {
    const auto policy = try_read(text);
    EXPECT_EQ(policy ? "accepted" : policy.error().text(), words) << text;
  }
}

TEST(RuleThatRefuses, SaysItsWords) {
  const Policy policy = read(
      "[rule a]\naction = reject\ntext = Send files by https://files.contoso.com/, not by mail\ncode = 5.3.4\n"
      "[rule b]\naction = tempfail\ncode = 4.7.100\n");
  EXPECT_EQ(policy.rules()[0].action, Action::Reject);
  EXPECT_EQ(policy.rules()[0].reply.text, "Send files by https://files.contoso.com/, not by mail");
  EXPECT_EQ(policy.rules()[0].reply.enhanced, "5.3.4");
  EXPECT_EQ(policy.rules()[1].action, Action::TempFail);
  EXPECT_EQ(policy.rules()[1].reply.enhanced, "4.7.100");
  EXPECT_EQ(policy.rules()[1].reply.text, "");
}

TEST(RuleThatRefuses, MustFitWhatItDoes) {
  const std::string code_words = " is not an enhanced status code (write for instance 5.7.1 (RFC 3463))";
  expect_refused({
      {"[rule a]\naction = reject\ncode = 4.7.1\n",
       "test.conf:3: code = 4.7.1 does not fit action = reject, in rule a (write 5.7.1)"},
      {"[rule a]\ncode = 5.7.1\naction = tempfail\n",
       "test.conf:2: code = 5.7.1 does not fit action = tempfail, in rule a (write 4.7.1)"},
      {"[rule a]\naction = pass\ntext = no\n",
       "test.conf:3: text is set in rule a, whose action is pass (only a rule that rejects or tempfails says something "
       "to the client)"},
      {"[rule a]\nclient = 10.0.0.1\nfrom = a@contoso.com\naction = relay\ncode = 5.7.1\n",
       "test.conf:5: code is set in rule a, whose action is relay (only a rule that rejects or tempfails says "
       "something "
       "to the client)"},
      {"[rule a]\naction = reject\ntext = 100% sure\n",
       "test.conf:3: text = 100% sure holds % (write printable ASCII without %)"},
      {"[rule a]\naction = reject\ntext = gr\xC3\xBC\xC3\x9F dich\n",
       "test.conf:3: text = gr\xC3\xBC\xC3\x9F dich holds what is not ASCII (write printable ASCII without %)"},
      {"[rule a]\naction = reject\ntext = " + std::string(401, 'x') + "\n",
       "test.conf:3: text has 401 characters (write at most 400)"},
      {"[rule a]\naction = reject\ncode = 550\n", "test.conf:3: code = 550" + code_words},
      {"[rule a]\naction = reject\ncode = 5.7\n", "test.conf:3: code = 5.7" + code_words},
      {"[rule a]\naction = reject\ncode = 2.0.0\n", "test.conf:3: code = 2.0.0" + code_words},
      {"[rule a]\naction = reject\ncode = 5.07.1\n", "test.conf:3: code = 5.07.1" + code_words},
      {"[rule a]\naction = reject\ncode = 5.7.1000\n", "test.conf:3: code = 5.7.1000" + code_words},
      {"[rule a]\naction = rejct\n", "test.conf:2: action = rejct is not known (did you mean reject?)"},
      {"[rule a]\naction = bounce\n",
       "test.conf:2: action = bounce is not known (write pass, relay, reject or tempfail)"},
      {"[defaults]\ntext = no\n",
       "test.conf:2: text is what a rule does, and [defaults] has settings only (write it into each rule that it is "
       "for)"},
  });
}

TEST(RuleThatRefuses, DecidesLikeAnyOther) {
  const Policy policy = read("[rule large]\nclient = 10.0.0.0/8\npart-size = 3M\naction = reject\n" + kScanners);
  const Decision decision = policy.decide(envelope_of("10.1.20.7"), facts_from("scanner@contoso.com"));
  EXPECT_EQ(decision.action, Action::Reject);
  EXPECT_EQ(decision.reason, "rule");
  EXPECT_EQ(decision.text, "rule large says reject");
  EXPECT_FALSE(decision.is_objected());
  EXPECT_EQ(policy.smallest_interesting_size(envelope_of("10.9.9.9")), 3U * 1024 * 1024);
  EXPECT_EQ(policy.explain(envelope_of("10.1.20.7"), facts_from("scanner@contoso.com")),
            "rule large (test.conf:1): matches: reject\nrule scanners (test.conf:5): not asked\n");
  const Decision null_sender = policy.decide(envelope_of("10.1.20.7", "", "<>"), facts_from("scanner@contoso.com"));
  EXPECT_EQ(null_sender.action, Action::Pass);
  EXPECT_EQ(null_sender.reason, "null-sender");
}

TEST(RuleSettings, AreRead) {
  const Policy policy = read(
      "[defaults]\nreturn = hold\notherwise = tempfail\npretend = yes\nsent-copy = delete\npart-threshold = 100K\n"
      "[rule a]\naction = pass\n"
      "[rule b]\nreturn = mta\notherwise = hold\npretend = no\nsent-copy = keep\npart-threshold = 1M\naction = pass\n"
      "[rule c]\nsent-copy = 7d\naction = pass\n[rule d]\nsent-copy = delete-after 12h\naction = pass\n");
  const Rule& a = policy.rules()[0];
  EXPECT_EQ(a.return_by, config::Return::Hold);
  EXPECT_EQ(a.otherwise, config::Otherwise::TempFail);
  EXPECT_EQ(a.pretend, true);
  EXPECT_EQ(a.sent_copy_for, Duration{1});
  EXPECT_EQ(a.part_threshold, 100U * 1024);
  const Rule& b = policy.rules()[1];
  EXPECT_EQ(b.return_by, config::Return::Mta);
  EXPECT_EQ(b.otherwise, config::Otherwise::Hold);
  EXPECT_EQ(b.pretend, false);
  EXPECT_EQ(b.sent_copy_for, Duration{0});
  EXPECT_EQ(b.part_threshold, 1024U * 1024);
  EXPECT_EQ(policy.rules()[2].sent_copy_for, std::chrono::hours(7 * 24));
  EXPECT_EQ(policy.rules()[3].sent_copy_for, std::chrono::hours(12));
}

TEST(RuleSettings, AreRefusedWithWhereAndWhy) {
  expect_refused({
      {"[rule a]\nreturn = dns\naction = pass\n", "test.conf:2: return = dns is not known (did you mean dsn?)"},
      {"[rule a]\notherwise = bounce\naction = pass\n",
       "test.conf:2: otherwise = bounce is not known (write pass, reject, tempfail or hold)"},
      {"[rule a]\npretend = maybe\naction = pass\n",
       "test.conf:2: pretend = maybe is neither yes nor no (write yes or no)"},
      {"[rule a]\nsent-copy = gone\naction = pass\n",
       "test.conf:2: sent-copy = gone is neither keep, delete nor a time (write for instance 7d; at most 365d)"},
      {"[rule a]\nsent-copy = 400d\naction = pass\n",
       "test.conf:2: sent-copy = 400d is neither keep, delete nor a time (write for instance 7d; at most 365d)"},
      {"[rule a]\npart-threshold = big\naction = pass\n",
       "test.conf:2: part-threshold = big is not a size (write a number of bytes, or a number with K, M or G (1024 "
       "bytes "
       "and its powers))"},
      {"[rule a]\nset-from = scanner\naction = pass\n",
       "test.conf:2: set-from = scanner is not an address (write user@domain)"},
      {"[rule a]\nset-from = \"a b\"@contoso.com\naction = pass\n",
       "test.conf:2: set-from = \\x22a b\\x22@contoso.com can't be a mailbox of Microsoft 365 (write an ASCII address "
       "without "
       "quotes)"},
      {"[rule a]\nclient = 10.0.0.1\nset-from = a@corp.local\naction = relay\n",
       "test.conf:3: set-from names the domain corp.local, and tenant-domains is contoso.com (Graph has mailboxes of "
       "the "
       "tenant only: correct the rule, or add the domain to tenant-domains)"},
      {"[rule a]\nset-from = a@contoso.com\naction = relay\n",
       "test.conf:1: rule a relays, but does not say for whom: anybody who reaches the MTA could send as its mailboxes "
       "(add client = NETWORK or login = LOGIN)"},
      {"[rule a]\nclient = 0.0.0.0/0\nset-from = a@contoso.com\naction = relay\n",
       "test.conf:2: client = 0.0.0.0/0 is everybody, in rule a, which relays (name the networks of the devices, or "
       "add "
       "login = LOGIN)"},
  });
}

// --- set-from

const std::string kDevices = "[rule devices]\nclient = 10.1.20.0/24\nset-from = mfp@contoso.com\naction = relay\n";

std::string from_of(const std::string& rules, const mail::MessageFacts& facts) {
  const Policy policy = read(rules);
  const Decision decision = policy.decide(envelope_of("10.1.20.7"), facts);
  if (decision.action != Action::Relay) return "no: " + decision.reason + ": " + decision.text;
  if (!decision.new_author) return "as it came, through " + decision.mailbox;
  return decision.new_author->from + "/" + decision.new_author->reply_to + ", through " + decision.mailbox;
}

TEST(SetFrom, TakesThePlaceOfWhatIsNoAddressOfTheTenant) {
  EXPECT_EQ(from_of(kDevices, facts_of({})), "mfp@contoso.com/, through mfp@contoso.com") << "no From at all";
  EXPECT_EQ(from_of(kDevices, facts_from("")), "mfp@contoso.com/, through mfp@contoso.com") << "an empty one";
  EXPECT_EQ(from_of(kDevices, facts_from("scanner")), "mfp@contoso.com/, through mfp@contoso.com") << "a word";
  EXPECT_EQ(from_of(kDevices, facts_from("MFP 3 <mfp3>")), "mfp@contoso.com/, through mfp@contoso.com");
  EXPECT_EQ(from_of(kDevices, facts_from("MFP <mfp3@corp.local>")),
            "mfp@contoso.com/mfp3@corp.local, through mfp@contoso.com");
  EXPECT_EQ(from_of(kDevices, facts_from("\"m f p\"@contoso.com")), "mfp@contoso.com/, through mfp@contoso.com");
  EXPECT_EQ(from_of(kDevices, facts_from("\"m f p\"@corp.local")), "mfp@contoso.com/, through mfp@contoso.com");
}

TEST(SetFrom, KeepsTheReplyToThatIsThere) {
  EXPECT_EQ(from_of(kDevices, facts_of({{"from", "mfp3@corp.local"}, {"reply-to", "help@contoso.com"}})),
            "mfp@contoso.com/, through mfp@contoso.com");
  EXPECT_EQ(from_of(kDevices, facts_of({{"from", "mfp3@corp.local"}, {"reply-to", " "}})),
            "mfp@contoso.com/mfp3@corp.local, through mfp@contoso.com");
}

// Otherwise every device could send as anybody of the tenant.
TEST(SetFrom, LeavesAnAddressOfTheTenantOnlyWhereFromAllowsIt) {
  EXPECT_EQ(from_of(kDevices, facts_from("mfp@contoso.com")), "as it came, through mfp@contoso.com");
  EXPECT_EQ(from_of(kDevices, facts_from("ceo@contoso.com")),
            "no: from: From ceo@contoso.com is another address of the tenant than set-from = mfp@contoso.com, and the "
            "rule has no from that allows it");
  const std::string with_from = kDevices + "from = @corp.local, scan@contoso.com\n";
  EXPECT_EQ(from_of(with_from, facts_from("scan@contoso.com")), "as it came, through scan@contoso.com");
  EXPECT_EQ(from_of(with_from, facts_from("mfp3@corp.local")),
            "mfp@contoso.com/mfp3@corp.local, through mfp@contoso.com");
  EXPECT_THAT(from_of(with_from, facts_from("mfp3@other.local")),
              HasSubstr("no: no-rule: no rule matches; rule devices: from mfp3@other.local is not in "));
  EXPECT_THAT(from_of(with_from, facts_of({})), HasSubstr("no: no-rule: "));
}

TEST(SetFrom, IsNoAuthorityWhereSeveralWroteIt) {
  EXPECT_EQ(from_of(kDevices, facts_of({{"from", "a@corp.local"}, {"from", "b@corp.local"}})),
            "no: from: 2 From fields");
  EXPECT_EQ(from_of(kDevices, facts_from("a@corp.local, b@corp.local")), "no: from: From with 2 mailboxes");
  EXPECT_EQ(from_of(kDevices, facts_from("Team: a@corp.local;")), "no: from: From with a group");
  EXPECT_THAT(from_of(kDevices, facts_of({{"from", "a@corp.local"}, {"resent-from", "b@corp.local"}})),
              HasSubstr("no: other-author: "));
}

TEST(SetFrom, IsExplained) {
  EXPECT_EQ(read(kDevices).explain(envelope_of("10.1.20.7"), facts_from("mfp3@corp.local")),
            "rule devices (test.conf:1): matches: relay through mfp@contoso.com, From becomes mfp@contoso.com\n");
}

// --- mailbox = map:FILE

class MailboxMaps : public testing::Test {
 protected:
  std::string map(const std::string& text) {
    std::string path = folder_.file("mailboxes");
    std::ofstream(path) << text;
    return path;
  }
  std::string rules(const std::string& text) {
    return "[rule apps]\nclient = 10.1.20.0/24\nfrom = @contoso.com, @contoso.org\nmailbox = map:" + map(text) +
           "\naction = relay\n";
  }
  static std::string mailbox(const std::string& rules, const std::string& from) {
    const Policy policy = read(rules, {"contoso.com", "contoso.org"});
    const Decision decision = policy.decide(envelope_of("10.1.20.7"), facts_from(from));
    return decision.action == Action::Relay ? decision.mailbox : decision.reason + ": " + decision.text;
  }
  graph_milter::test::TempFolder folder_;
};

TEST_F(MailboxMaps, FindTheMailboxOfAFrom) {
  const std::string text = rules(
      "# who sends through whom\nInvoices@contoso.com  erp@contoso.com\nnoreply@  robots@contoso.com\n"
      "@contoso.org   shared@contoso.org\n");
  EXPECT_EQ(mailbox(text, "invoices@contoso.com"), "erp@contoso.com");
  EXPECT_EQ(mailbox(text, "noreply@contoso.com"), "robots@contoso.com");
  EXPECT_EQ(mailbox(text, "noreply@contoso.org"), "shared@contoso.org") << "the domain before the user";
  EXPECT_EQ(mailbox(text, "anybody@contoso.org"), "shared@contoso.org");
  EXPECT_EQ(mailbox(text, "anna@contoso.com"),
            "mailbox-map: " + folder_.file("mailboxes") + " has no mailbox for From anna@contoso.com");
}

TEST_F(MailboxMaps, GoByTheFromThatLeaves) {
  const std::string text = kDevices + "mailbox = map:" + map("mfp@contoso.com  devices@contoso.com\n") + "\n";
  EXPECT_EQ(mailbox(text, "mfp3@corp.local"), "devices@contoso.com");
}

TEST_F(MailboxMaps, GiveWayToTheRulesOwn) {
  const std::string text = "[defaults]\nmailbox = map:" + map("a@contoso.com b@contoso.com\n") + "\n" + kDevices;
  EXPECT_EQ(mailbox(text + "mailbox = one@contoso.com\n", "mfp@contoso.com"), "one@contoso.com");
  EXPECT_EQ(
      mailbox("[defaults]\nmailbox = one@contoso.com\n" + rules("@contoso.com two@contoso.com\n"), "a@contoso.com"),
      "two@contoso.com");
}

TEST_F(MailboxMaps, AreRefusedWithWhereAndWhy) {
  const std::string path = folder_.file("mailboxes");
  const auto refusal = [&](const std::string& text) {
    const auto policy = try_read(rules(text), {"contoso.com", "contoso.org"});
    return policy ? std::string("accepted") : policy.error().text();
  };
  const std::string form = " (write user@domain, @domain or user@ and behind it the mailbox)";
  EXPECT_EQ(refusal("\n"), "test.conf:4: " + path + " names nobody, so nothing could be relayed" + form);
  EXPECT_EQ(refusal("anna  a@contoso.com\n"), path + ":1: \"anna\" is not an address, domain or user" + form);
  EXPECT_EQ(refusal("a@contoso.com\n"), path + ":1: \"\" is not a mailbox" + form);
  EXPECT_EQ(
      refusal("a@contoso.com x@contoso.com\nb@contoso.com x@evil.example\n"),
      path +
          ":2: a mailbox names the domain evil.example, and tenant-domains is contoso.com, contoso.org (Graph has "
          "mailboxes of the tenant only: correct the rule, or add the domain to tenant-domains)");
  const auto cidr = try_read("[rule a]\nmailbox = cidr:" + path + "\naction = pass\n");
  EXPECT_EQ(cidr.error().text(), "test.conf:2: cidr:" + path + " can't say a mailbox: only map:FILE can" + form);
}

}  // namespace
}  // namespace graph_milter::policy::test
