// SPDX-License-Identifier: Apache-2.0
#include "core/policy/sender_map.h"

#include <gtest/gtest.h>

#include "core/base/format.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

class SenderMaps : public testing::Test {
 protected:
  Result<SenderMap> try_map(const std::string& text) {
    MapStore maps;
    return SenderMap::read(write(text), "c:7", maps);
  }
  SenderMap map(const std::string& text) {
    auto read = try_map(text);
    if (!read) throw std::runtime_error(read.error().text());
    return *std::move(read);
  }
  std::string refusal(const std::string& text) {
    const auto read = try_map(text);
    return read ? "it was read" : read.error().text();
  }
  std::string write(const std::string& text) { return folder_.write("senders", text); }

  graph_milter::test::TempFolder folder_;
  const std::string path_ = folder_.file("senders");
};

TEST_F(SenderMaps, SayWhichFromEachLoginMayUse) {
  const SenderMap senders =
      map("# login   addresses\n"
          "anna              anna@contoso.com, team@contoso.com\n"
          "bert@contoso.com\tbert@contoso.com\n"
          "   team@contoso.com\n"
          "crm               @contoso.com  help@fabrikam.com\n");
  EXPECT_TRUE(senders.knows("anna"));
  EXPECT_TRUE(senders.knows("ANNA"));
  EXPECT_TRUE(senders.knows("Bert@Contoso.com"));
  EXPECT_FALSE(senders.knows("anna@contoso.com"));
  EXPECT_FALSE(senders.knows(""));
  EXPECT_FALSE(senders.knows("ann\na"));
  EXPECT_TRUE(senders.allows("anna", "Anna@contoso.com"));
  EXPECT_TRUE(senders.allows("anna", "team@contoso.com"));
  EXPECT_FALSE(senders.allows("anna", "bert@contoso.com"));
  EXPECT_TRUE(senders.allows("bert@contoso.com", "team@contoso.com")) << "a line that goes on";
  EXPECT_FALSE(senders.allows("bert@contoso.com", "anna@contoso.com"));
  EXPECT_TRUE(senders.allows("crm", "whoever@contoso.com"));
  EXPECT_FALSE(senders.allows("crm", "x@sub.contoso.com"));
  EXPECT_TRUE(senders.allows("crm", "help@fabrikam.com"));
  EXPECT_FALSE(senders.allows("crm", "boss@fabrikam.com"));
  EXPECT_FALSE(senders.allows("crm", "\"odd one\"@contoso.com"));
  EXPECT_FALSE(senders.allows("crm", "a%b@contoso.com"));
  EXPECT_FALSE(senders.allows("", "anna@contoso.com"));
  EXPECT_FALSE(senders.allows("anna", ""));
  EXPECT_FALSE(senders.allows("anna", "anna@contoso.com, bert@contoso.com"));
}

TEST_F(SenderMaps, AreRefusedInPlainWords) {
  const std::string form = " (write LOGIN and behind it user@domain or @domain, separated by commas)";
  EXPECT_EQ(refusal("anna\n"), path_ + ":1: the login anna has no address" + form);
  EXPECT_EQ(refusal("a a@contoso.com\nA b@contoso.com\n"),
            path_ + ":2: a has a line already (it is line 1; keep one of them)");
  EXPECT_EQ(refusal("a a@contoso.com, OK\n"), path_ + ":1: \"OK\" is not an address or domain" + form);
  EXPECT_EQ(refusal("a map:/etc/passwd\n"), path_ + ":1: \"map:/etc/passwd\" is not an address or domain" + form);
  EXPECT_EQ(refusal("@contoso.com @contoso.com\n"), path_ + ":1: \"@contoso.com\" is not a login" + form);
  EXPECT_EQ(refusal("# nobody yet\n"), "c:7: " + path_ + " names no login, so nobody could send" + form);
}

TEST_F(SenderMaps, AreTheOnlyAuthorityOfTheirRule) {
  write("anna  anna@contoso.com, team@contoso.com\nbert  bert@contoso.com\n");
  const Policy policy = read("[rule people]\nsender-map = " + path_ + "\naction = relay\n");
  const auto decide = [&](const std::string& login, const std::string& from) {
    return policy.decide(envelope_of("203.0.113.5", login, "<x@else.example>"), facts_from(from));
  };
  EXPECT_EQ(decide("anna", "anna@contoso.com").mailbox, "anna@contoso.com");
  EXPECT_EQ(decide("anna", "team@contoso.com").mailbox, "team@contoso.com");
  const Decision other = decide("bert", "team@contoso.com");
  EXPECT_EQ(other.reason, "no-rule");
  EXPECT_EQ(other.text,
            "no rule matches; rule people: from team@contoso.com is not what login bert may use by " + path_);
  EXPECT_EQ(decide("carol", "carol@contoso.com").text, "no rule matches; rule people: login carol is not in " + path_);
  EXPECT_EQ(decide("", "anna@contoso.com").text, "no rule matches; rule people: login (none) is not in " + path_);
  EXPECT_EQ(policy.smallest_interesting_size(envelope_of("203.0.113.5", "anna")), std::optional<ByteCount>(0));
  EXPECT_EQ(policy.smallest_interesting_size(envelope_of("203.0.113.5", "carol")), std::nullopt);
}

TEST_F(SenderMaps, NarrowWhatOtherConditionsAllow) {
  write("anna@contoso.com  anna@contoso.com, team@contoso.com\nbert@contoso.com  @contoso.com @fabrikam.com\n");
  const Policy policy = read(
      "[rule people]\nclient = 10.0.0.0/8\nlogin = @contoso.com\nfrom = @contoso.com\n"
      "sender-map = " +
      path_ + "\naction = relay\n");
  const auto relays = [&](const std::string& client, const std::string& login, const std::string& from) {
    return policy.decide(envelope_of(client, login), facts_from(from)).action == Action::Relay;
  };
  EXPECT_TRUE(relays("10.0.0.1", "anna@contoso.com", "team@contoso.com"))
      << "the map names both, so they need not be equal";
  EXPECT_FALSE(relays("203.0.113.5", "anna@contoso.com", "team@contoso.com"));
  EXPECT_TRUE(relays("10.0.0.1", "bert@contoso.com", "ceo@contoso.com"));
  EXPECT_FALSE(relays("10.0.0.1", "bert@contoso.com", "x@fabrikam.com"));
  EXPECT_FALSE(relays("10.0.0.1", "carol@contoso.com", "carol@contoso.com"));
}

TEST_F(SenderMaps, NeverLeaveTheTenant) {
  write("app  @contoso.com, @fabrikam.com\n");
  const Policy policy = read("[rule app]\nsender-map = " + path_ + "\naction = relay\n");
  EXPECT_EQ(policy.decide(envelope_of("10.0.0.1", "app"), facts_from("x@fabrikam.com")).reason, "tenant-domain");
}

TEST_F(SenderMaps, MayBeLong) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += format("user{0}  user{0}@contoso.com, shared{1}@contoso.com\n", i, i % 100);
  const SenderMap senders = map(text);
  for (int i = 0; i < 20'000; i += 7) {
    ASSERT_TRUE(senders.allows(format("user{}", i), format("user{}@contoso.com", i)));
    ASSERT_FALSE(senders.allows(format("user{}", i), format("user{}@contoso.com", i + 1)));
  }
}

TEST(Daemons, AreAConditionOnlyWhereTheyAreNamed) {
  const std::string rule = "[rule a]\nclient = 10.0.0.1\nfrom = a@contoso.com\naction = relay\n";
  const Policy any = read(rule);
  const Policy named = read(rule + "daemon = ORIGINATING, SUBMISSION\n");
  const auto decide = [](const Policy& policy, const std::string& daemon) {
    auto envelope = envelope_of("10.0.0.1");
    envelope.daemon_name = daemon;
    return policy.decide(envelope, facts_from("a@contoso.com"));
  };
  for (const char* daemon : {"", "smtpd", "ORIGINATING"}) {
    EXPECT_EQ(decide(any, daemon).action, Action::Relay) << daemon;
  }
  EXPECT_EQ(decide(named, "ORIGINATING").action, Action::Relay);
  EXPECT_EQ(decide(named, "SUBMISSION").action, Action::Relay);
  EXPECT_EQ(decide(named, "originating").action, Action::Pass) << "names are compared as they are";
  EXPECT_EQ(decide(named, "").text, "no rule matches; rule a: daemon (none) is not in ORIGINATING, SUBMISSION");
  EXPECT_EQ(decide(named, "smtpd").text, "no rule matches; rule a: daemon smtpd is not in ORIGINATING, SUBMISSION");
  EXPECT_EQ(named.smallest_interesting_size(envelope_of("10.0.0.1")), std::nullopt);
}

}  // namespace
}  // namespace graph_milter::policy::test
