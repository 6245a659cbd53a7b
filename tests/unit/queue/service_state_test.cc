// SPDX-License-Identifier: Apache-2.0
#include "core/queue/service_state.h"

#include <gtest/gtest.h>

namespace graph_milter::queue {
namespace {

const TimePoint kNow = from_unix_ms(1'000'000);

TEST(ServiceState, IsUpUntilSomebodyKnowsBetter) {
  const ServiceState state;
  const ServiceReport report = state.report("a@contoso.com");
  EXPECT_EQ(report.condition, Condition::Up);
  EXPECT_EQ(report.mailbox, "a@contoso.com");
  EXPECT_TRUE(state.troubles().empty());
}

TEST(ServiceState, TellsOneMailboxFromAnother) {
  ServiceState state;
  state.set("a@contoso.com", Condition::Misconfigured, "graph: 403", kNow);
  EXPECT_EQ(state.report("a@contoso.com").condition, Condition::Misconfigured);
  EXPECT_EQ(state.report("a@contoso.com").why, "graph: 403");
  EXPECT_EQ(state.report("b@contoso.com").condition, Condition::Up);
}

TEST(ServiceState, PutsFirstWhatConcernsAllMailboxes) {
  ServiceState state;
  state.set("a@contoso.com", Condition::Misconfigured, "no licence", kNow);
  state.set("", Condition::Down, "no route", kNow);
  EXPECT_EQ(state.report("a@contoso.com").why, "no route");
  EXPECT_EQ(state.report("b@contoso.com").condition, Condition::Down);
  const auto troubles = state.troubles();
  ASSERT_EQ(troubles.size(), 2U);
  EXPECT_EQ(troubles[0].mailbox, "");
  EXPECT_EQ(troubles[1].mailbox, "a@contoso.com");
}

TEST(ServiceState, KeepsSinceWhenATroubleGoesOn) {
  ServiceState state;
  state.set("a", Condition::Down, "first", kNow);
  state.set("a", Condition::Down, "second", kNow + Duration(5));
  EXPECT_EQ(state.report("a").since, kNow);
  EXPECT_EQ(state.report("a").why, "second");
  state.set("a", Condition::Misconfigured, "third", kNow + Duration(7));
  EXPECT_EQ(state.report("a").since, kNow + Duration(7));
  state.set("a", Condition::Up, "", kNow + Duration(9));
  EXPECT_TRUE(state.troubles().empty());
}

TEST(ServiceState, IsUpAgainForAllWhenARequestOfOneWentWell) {
  ServiceState state;
  state.set("", Condition::Down, "no route", kNow);
  state.set("a", Condition::Misconfigured, "no licence", kNow);
  state.set("b", Condition::Misconfigured, "no rights", kNow);
  state.set_up("a");
  EXPECT_EQ(state.report("a").condition, Condition::Up);
  EXPECT_EQ(state.report("c").condition, Condition::Up);
  EXPECT_EQ(state.report("b").condition, Condition::Misconfigured);
}

TEST(ServiceState, NamesItsConditions) {
  EXPECT_EQ(name_of(Condition::Up), "up");
  EXPECT_EQ(name_of(Condition::Down), "down");
  EXPECT_EQ(name_of(Condition::Misconfigured), "misconfigured");
}

}  // namespace
}  // namespace graph_milter::queue
