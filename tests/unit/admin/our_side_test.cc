// SPDX-License-Identifier: Apache-2.0
#include "core/admin/our_side.h"

#include <gtest/gtest.h>

#include "core/config/conf_text.h"

namespace graph_milter::admin {
namespace {

OurSide side_of(const std::string& settings_of_rule, const config::Settings& settings = {}) {
  const std::string rule = "[rule a]\nclient = 10.0.0.0/8\nfrom = a@contoso.com\naction = relay\n" + settings_of_rule;
  const auto policy = policy::Policy::read(*config::read_conf_text(rule, "rules"), {"contoso.com"});
  EXPECT_TRUE(policy) << policy.error().text();
  return our_side(settings, *policy);
}

TEST(OurSide, HandsBackIfARuleOrElseTheOptionSaysSo) {
  config::Settings settings;
  EXPECT_FALSE(side_of("", settings).hands_back);
  EXPECT_TRUE(side_of("return = mta\n", settings).hands_back);
  settings.return_by = config::Return::Mta;
  EXPECT_TRUE(side_of("", settings).hands_back);
  EXPECT_FALSE(side_of("return = hold\n", settings).hands_back);
}

TEST(OurSide, KeepsTheMtaWaitingAndDiscardsIfARuleSaysSo) {
  EXPECT_FALSE(side_of("").accept_deadline);
  EXPECT_EQ(side_of("accept = delivered\n").accept_deadline, config::Settings().accept_deadline);
  EXPECT_TRUE(side_of("").discards);
  EXPECT_FALSE(side_of("take = recipients\n").discards);
}

}  // namespace
}  // namespace graph_milter::admin
