// SPDX-License-Identifier: Apache-2.0
// accept, take, take-recipients and header-only-recipients: how a message is taken, and for whom.
#include <gmock/gmock.h>

#include "tests/unit/policy/samples.h"

namespace graph_milter::policy::test {
namespace {

const std::string kShares = kScanners + "take = recipients\ntake-recipients = @fabrikam.com, !@contoso.com\n";

TEST(TakeKeys, AreTheRulesOrTheDefaults) {
  const Policy policy = read("[defaults]\naccept = delivered\ntake = recipients\n" + kScanners);
  EXPECT_EQ(policy.rules()[0].accept, config::Accept::Delivered);
  EXPECT_EQ(policy.rules()[0].take, config::Take::Recipients);
  const Policy plain = read(kScanners);
  EXPECT_EQ(plain.rules()[0].accept, std::nullopt);
  EXPECT_EQ(plain.rules()[0].take, std::nullopt);
  EXPECT_EQ(plain.rules()[0].header_only, HeaderOnly::Pass);
  const Policy shares = read(kShares + "header-only-recipients = trim\n");
  ASSERT_TRUE(shares.rules()[0].take_recipients);
  EXPECT_TRUE(shares.rules()[0].take_recipients->matches(address_subject("a@fabrikam.com")));
  EXPECT_FALSE(shares.rules()[0].take_recipients->matches(address_subject("a@contoso.com")));
}

TEST(TakeKeys, AreRefusedWithWhereAndWhy) {
  const auto words = [](const std::string& text) {
    const auto policy = try_read(text);
    return policy ? std::string("is taken") : policy.error().text();
  };
  EXPECT_EQ(words(kScanners + "accept = delivred\n"),
            "test.conf:6: accept = delivred is not known (did you mean delivered?)");
  EXPECT_EQ(words(kScanners + "take = discrad\n"), "test.conf:6: take = discrad is not known (did you mean discard?)");
  EXPECT_EQ(words(kScanners + "header-only-recipients = keep\n"),
            "test.conf:6: header-only-recipients = keep is not known (write pass or trim)");
  EXPECT_EQ(words(kShares),
            "test.conf:7: rule scanners takes some recipients, but Graph mails everyone whom To and Cc name (add "
            "header-only-recipients = trim: those whom the MTA mails are then not seen in what Graph delivers)");
  EXPECT_EQ(words(kScanners + "take-recipients = @fabrikam.com\n"),
            "test.conf:6: rule scanners takes some recipients, but does not say how (add take = recipients)");
  EXPECT_EQ(words(kScanners + "take-recipients = @fabrikam.com\ntake = discard\n"),
            "test.conf:6: rule scanners takes some recipients, and take = discard destroys the mail of the others (set "
            "take = recipients)");
}

}  // namespace
}  // namespace graph_milter::policy::test
