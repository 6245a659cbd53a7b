// SPDX-License-Identifier: Apache-2.0
#include "core/policy/named_mailboxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace graph_milter::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> named(const std::string& rules) {
  const auto text = config::read_conf_text(rules, "rules");
  const auto policy = Policy::read(*text, {"contoso.com"});
  EXPECT_TRUE(policy) << policy.error().text();
  return policy ? named_mailboxes(*policy) : std::vector<std::string>();
}

const std::string kWho = "client = 10.0.0.0/8\naction = relay\n";

TEST(NamedMailboxes, AreTheExactAddressesOfRelayRules) {
  EXPECT_THAT(named("[rule a]\nfrom = Scanner@Contoso.com, @contoso.com\n" + kWho +
                    "[rule b]\nfrom = boss@contoso.com\naction = pass\n"
                    "[rule c]\nfrom = fax@contoso.com\n" +
                    kWho),
              ElementsAre("fax@contoso.com", "scanner@contoso.com"));
  EXPECT_THAT(named("[rule a]\nfrom = @contoso.com\n" + kWho), IsEmpty());
}

TEST(NamedMailboxes, AreTheMailboxWhereARuleSaysOne) {
  EXPECT_THAT(named("[rule a]\nfrom = scanner@contoso.com\nmailbox = devices@contoso.com\n" + kWho),
              ElementsAre("devices@contoso.com"));
}

TEST(NamedMailboxes, AreTheFromThatARuleSets) {
  EXPECT_THAT(named("[rule a]\nset-from = scanner@contoso.com\n" + kWho), ElementsAre("scanner@contoso.com"));
}

TEST(NamedMailboxes, AreWhatAMapOfMailboxesSays) {
  const test::TempFolder folder;
  const std::string map = folder.write("mailboxes", "a@contoso.com One@contoso.com\n@contoso.com two@contoso.com\n");
  EXPECT_THAT(named("[rule a]\nfrom = @contoso.com\nmailbox = map:" + map + "\n" + kWho),
              ElementsAre("one@contoso.com", "two@contoso.com"));
}

TEST(NamedMailboxes, AreThoseOfMapsToo) {
  const test::TempFolder folder;
  const std::string list = folder.write("list", "printer@contoso.com\n@contoso.com\nguest@fabrikam.com\n");
  const std::string senders = folder.write("senders", "anna anna@contoso.com, team@contoso.com\nbert @contoso.com\n");
  EXPECT_THAT(
      named("[rule a]\nfrom = map:" + list + "\n" + kWho + "[rule b]\nsender-map = " + senders + "\naction = relay\n"),
      ElementsAre("anna@contoso.com", "printer@contoso.com", "team@contoso.com"));
}

}  // namespace
}  // namespace graph_milter::policy
