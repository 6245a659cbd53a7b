// SPDX-License-Identifier: Apache-2.0
#include "core/mail/envelope.h"

#include <gtest/gtest.h>

namespace graph_milter::mail {
namespace {

std::string address_of(std::string argument) { return make_envelope_path(std::move(argument)).address; }

TEST(EnvelopePath, TakesTheBracketsOff) { EXPECT_EQ(address_of("<ann@contoso.com>"), "ann@contoso.com"); }

TEST(EnvelopePath, TakesAnAddressWithoutBracketsAsItIs) { EXPECT_EQ(address_of("ann@contoso.com"), "ann@contoso.com"); }

TEST(EnvelopePath, TakesTheSourceRouteOff) {
  EXPECT_EQ(address_of("<@a.example,@b.example:ann@contoso.com>"), "ann@contoso.com");
  EXPECT_EQ(address_of("<@[IPv6:::1]:ann@contoso.com>"), "ann@contoso.com");
}

TEST(EnvelopePath, KnowsTheNullSender) {
  Envelope envelope;
  envelope.sender = make_envelope_path("<>");
  EXPECT_TRUE(envelope.has_null_sender());
  envelope.sender = make_envelope_path("<ann@contoso.com>");
  EXPECT_FALSE(envelope.has_null_sender());
}

TEST(EnvelopePath, LeavesWhatItDoesNotKnowAsItIs) {
  for (const char* odd : {"<ann@contoso.com", "ann@contoso.com>", "@no-colon", "\"a>b\"@c.example", "<", ""}) {
    EXPECT_EQ(address_of(odd), odd);
  }
}

TEST(EnvelopePath, KeepsArgumentAndParametersAsTheyCame) {
  const EnvelopePath path =
      make_envelope_path("<@r:ann@contoso.com>", {"NOTIFY=NEVER", "ORCPT=rfc822;Ann@contoso.com"});
  EXPECT_EQ(path.argument, "<@r:ann@contoso.com>");
  EXPECT_EQ(path.parameters, (std::vector<std::string>{"NOTIFY=NEVER", "ORCPT=rfc822;Ann@contoso.com"}));
}

}  // namespace
}  // namespace graph_milter::mail
