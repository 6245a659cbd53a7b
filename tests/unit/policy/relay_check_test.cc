// SPDX-License-Identifier: Apache-2.0
// A relay rule says who and which From; no way of writing a list gets round that.
#include <gmock/gmock.h>

#include "tests/support/temp_folder.h"
#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

std::string words_of(const std::string& who, const std::string& from = "from = scanner@contoso.com") {
  const auto policy = try_read("[rule a]\n" + who + "\n" + from + "\naction = relay\n");
  return policy ? "relays" : policy.error().text();
}

constexpr const char* kSayWho = " (name the networks of the devices, or add login = LOGIN)";
constexpr const char* kSayLogin = " (name the logins, or add client = NETWORK)";

TEST(RelayRules, AreRefusedForEverybodyHoweverItIsWritten) {
  for (const char* client : {"::/0", "::ffff:0:0/96", "::/1", "0.0.0.0/1, 128.0.0.0/1", "2000::/3",
                             "!10.0.0.1, 0.0.0.0/0", "0.0.0.0/0, !10.0.0.0/8", "0.0.0.0/1, !10.0.0.0/8, 128.0.0.0/1"}) {
    EXPECT_EQ(words_of("client = " + std::string(client)),
              "test.conf:2: client = " + std::string(client) + " is everybody, in rule a, which relays" + kSayWho);
  }
  for (const char* client : {"!10.0.0.0/8", "!10.0.0.0/8, !192.168.0.0/16", "!0.0.0.0/0"}) {
    EXPECT_EQ(words_of("client = " + std::string(client)),
              "test.conf:2: client = " + std::string(client) + " is everybody else, in rule a, which relays" + kSayWho);
  }
  for (const char* login : {"!anna@contoso.com", "!@contoso.com !anna"}) {
    EXPECT_EQ(words_of("login = " + std::string(login)),
              "test.conf:2: login = " + std::string(login) + " is everybody else, in rule a, which relays" + kSayLogin);
  }
  EXPECT_EQ(words_of("client = !10.0.0.0/8\nlogin = !anna"),
            std::string("test.conf:2: client = !10.0.0.0/8 is everybody else, in rule a, which relays") + kSayWho);
  EXPECT_EQ(words_of("client = 0.0.0.0/0\nlogin = !anna"),
            std::string("test.conf:2: client = 0.0.0.0/0 is everybody, in rule a, which relays") + kSayWho);
  EXPECT_THAT(words_of("daemon = ORIGINATING\nsender = a@contoso.com"),
              testing::HasSubstr("rule a relays, but does not say for whom"));
}

TEST(RelayRules, AreRefusedForEverybodyInAMapToo) {
  const graph_milter::test::TempFolder folder;
  const auto words = [&](const std::string& lines, const std::string& more = "") {
    const std::string path = folder.write("networks", lines);
    const std::string text = words_of("client = cidr:" + path + more);
    return text.find("is everybody, in rule a, which relays") != std::string::npos ? "everybody" : text;
  };
  EXPECT_EQ(words("0.0.0.0/0\n"), "everybody");
  EXPECT_EQ(words("0.0.0.0/1\n128.0.0.0/1\n"), "everybody");
  EXPECT_EQ(words("0.0.0.0/1\n", ", 128.0.0.0/1"), "everybody");
  EXPECT_EQ(words("!10.0.0.0/8\n"), "everybody");
  EXPECT_EQ(words("10.0.0.0/8\n192.0.2.1\n"), "relays");
}

TEST(RelayRules, NameWhichFromHoweverItIsWritten) {
  for (const char* from : {"!ceo@contoso.com", "!ceo@contoso.com, !@fabrikam.com"}) {
    EXPECT_EQ(words_of("client = 10.0.0.1", "from = " + std::string(from)),
              "test.conf:3: from = " + std::string(from) +
                  " is everybody else, in rule a, which relays (name the addresses or domains that it relays, behind "
                  "those that it does not)");
  }
}

TEST(RelayRules, MayNarrowWhoAndWhichFrom) {
  EXPECT_EQ(words_of("client = !10.0.0.7, 10.0.0.0/8"), "relays");
  EXPECT_EQ(words_of("client = !10.0.0.0/8\nlogin = @contoso.com"), "relays");
  EXPECT_EQ(words_of("client = 10.0.0.0/8\nlogin = !anna"), "relays");
  EXPECT_EQ(words_of("client = 0.0.0.0/0\nlogin = !anna, @contoso.com"), "relays");
  EXPECT_EQ(words_of("client = 10.0.0.1", "from = !ceo@contoso.com, @contoso.com"), "relays");
  EXPECT_EQ(words_of("client = 10.0.0.1", "from = !ceo@fabrikam.com, @contoso.com"), "relays")
      << "what is kept out need not be ours";
}

// What a '!' leaves over is many, so a login found by it may only send as itself.
TEST(RelayRules, LetALoginThatNobodyNamedSendAsItselfOnly) {
  const Policy policy = read(
      "[rule a]\nclient = 10.0.0.0/8\nlogin = !anna@contoso.com\nfrom = !ceo@contoso.com, @contoso.com\naction = "
      "relay\n");
  const auto decide = [&](const std::string& login, const std::string& from) {
    return policy.decide(envelope_of("10.1.1.1", login), facts_from(from));
  };
  EXPECT_EQ(decide("bob@contoso.com", "bob@contoso.com").action, Action::Relay);
  EXPECT_EQ(decide("bob@contoso.com", "carol@contoso.com").reason, "login");
  EXPECT_EQ(decide("anna@contoso.com", "anna@contoso.com").reason, "no-rule");
  EXPECT_EQ(decide("ceo@contoso.com", "ceo@contoso.com").reason, "no-rule");
  EXPECT_EQ(decide("", "bob@contoso.com").reason, "login") << "no login is nobody who may send as himself";
}

}  // namespace
}  // namespace graph_milter::policy::test
