// SPDX-License-Identifier: Apache-2.0
// Drafts made of JSON: they arrive, are found again and survive whatever MIME drafts survive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/delivery_world.h"

namespace graph_milter::delivery::test {
namespace {

using emulator::Action;
using emulator::Fault;
using testing::HasSubstr;
using testing::IsEmpty;

struct JsonWorld : World {
  explicit JsonWorld(const std::string& header_property = "missing") {
    draft_as(plan::DraftWish::Json);
    model().change_switches([&](emulator::Switches& switches) { switches.header_property = header_property; });
  }
};

TEST(JsonDraft, AMailArrivesWithItsTextItsFilesAndItsFields) {
  JsonWorld world;
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  ASSERT_EQ(world.model().deliveries().size(), 1U);
  const emulator::Delivery delivery = world.model().deliveries()[0];
  EXPECT_EQ(delivery.subject, "Scan");
  EXPECT_EQ(delivery.marker.substr(0, 4), "mx1/");
  EXPECT_THAT(delivery.internet_message_id, HasSubstr("@device>"));
  ASSERT_FALSE(delivery.parts.empty());
  EXPECT_TRUE(delivery.parts[0].is_body);
  EXPECT_EQ(delivery.parts[0].sha256, sha256_hex("See attachment."));
  const auto requests = world.model().counts().requests;
  EXPECT_EQ(requests.at("post-attachment"), 2) << "what a MIME draft would hold is posted";
}

TEST(JsonDraft, IsFoundAgainByItsMarkerWhereItsCreationWasNotAnswered) {
  for (const std::string property : {"missing", "found", "refused"}) {
    SCOPED_TRACE(property);
    JsonWorld world(property);
    world.model().add_fault(Fault::of(Action::EffectThenDrop, "create-draft"));
    world.put(some_files());
    EXPECT_TRUE(world.run());
    world.expect_delivered_once(some_files());
    EXPECT_EQ(world.model().counts().requests.at("create-draft"), 1);
  }
}

TEST(JsonDraft, AnUnclearSendIsFoundInSentItems) {
  JsonWorld world;
  world.model().add_fault(Fault::status_after_effect("send", 1, 504, "UnknownError"));
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.model().counts().requests.at("send"), 1);
}

TEST(JsonDraft, DyingAtAnyStepLosesAndRepeatsNothing) {
  JsonWorld good;
  good.put(some_files());
  ASSERT_TRUE(good.run());
  const int steps = good.executioner().seen();
  ASSERT_GT(steps, 40);
  for (int step = 1; step <= steps; ++step) {
    SCOPED_TRACE(format("killed at step {} of {}", step, steps));
    JsonWorld world;
    world.put(some_files());
    world.executioner().kill_at(step);
    EXPECT_TRUE(world.run_with_deaths());
    world.expect_delivered_once(some_files());
    if (HasFailure()) return;
  }
}

TEST(JsonDraft, OneFaultAtAnyRequestCostsTimeAndNothingElse) {
  JsonWorld good;
  good.put(some_files());
  ASSERT_TRUE(good.run());
  const int requests = static_cast<int>(good.model().requests().size());
  const Fault kinds[] = {Fault::of(Action::DropBefore, "*"), Fault::of(Action::EffectThenDrop, "*"),
                         Fault::of(Action::Garbage, "*"), Fault::status_after_effect("*", 1, 504, "UnknownError"),
                         Fault::status("*", 1, 404, "ErrorItemNotFound")};
  for (const Fault& kind : kinds) {
    for (int nth = 1; nth <= requests; ++nth) {
      SCOPED_TRACE(format("fault {} at request {}", static_cast<int>(kind.action), nth));
      JsonWorld world;
      Fault fault = kind;
      fault.nth = nth;
      world.model().add_fault(fault);
      world.put(some_files());
      EXPECT_TRUE(world.run());
      world.expect_delivered(some_files(), 1);
      if (HasFailure()) return;
    }
  }
}

TEST(JsonDraft, WhatDiffersFromThePlanIsNeverSent) {
  JsonWorld world;
  const std::string id =
      world.put(some_files(), "scanner@contoso.com", [](plan::Plan& plan) { plan.to.push_back("carol@example.org"); });
  EXPECT_TRUE(world.run());
  EXPECT_THAT(world.model().deliveries(), IsEmpty());
  EXPECT_EQ(world.entry(id).state, queue::EntryState::Held);
}

}  // namespace
}  // namespace graph_milter::delivery::test
