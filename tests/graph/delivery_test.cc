// SPDX-License-Identifier: Apache-2.0
// Delivery against the emulator and the real queue: whatever goes wrong on the way, and wherever the process dies, each
// mail arrives once and as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/delivery_world.h"

namespace graph_milter::delivery::test {
namespace {

using emulator::Action;
using emulator::Fault;
using testing::IsEmpty;

TEST(Delivery, AMailArrivesAsItWas) {
  World world;
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.model().counts().ranges, 5);
  EXPECT_EQ(world.model().counts().requests.at("post-attachment"), 1);
  EXPECT_EQ(world.model().deliveries()[0].marker.substr(0, 4), "mx1/");
}

TEST(Delivery, AMailWithoutPartsToCutArrives) {
  World world;
  const std::vector<TestFile> files = {{"note.txt", "hello", plan::Way::Post, true}};
  world.put(files);
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(files);
}

TEST(Delivery, ContentIsReadBackWhereThatIsAskedFor) {
  World world;
  world.settings().courier.verify_content = true;
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.model().counts().requests.at("get-attachment-content"), 3);
}

TEST(Delivery, NamesMayComeBackCleanedUp) {
  World world;
  world.model().change_switches([](emulator::Switches& switches) { switches.attachment_name_form = "windows"; });
  std::vector<TestFile> files = some_files();
  files[0].name = "a|b.txt";  // stays in the skeleton, so its name is as it came
  world.put(files);
  EXPECT_TRUE(world.run());
  EXPECT_EQ(world.model().deliveries().size(), 1U);
}

// --- faults at every exchange

struct FaultCase {
  std::string name;
  Fault fault;
};

std::vector<FaultCase> fault_cases() {
  std::vector<FaultCase> cases;
  cases.push_back({"refused", Fault::of(Action::Refuse, "*")});
  cases.push_back({"dropped before", Fault::of(Action::DropBefore, "*")});
  cases.push_back({"done, then dropped", Fault::of(Action::EffectThenDrop, "*")});
  cases.push_back({"answer cut", Fault::of(Action::Truncate, "*")});
  cases.push_back({"answer is garbage", Fault::of(Action::Garbage, "*")});
  cases.push_back({"500", Fault::status("*", 1, 500, "ErrorInternalServerError")});
  cases.push_back({"503 with patience", Fault::status("*", 1, 503, "ServiceUnavailable", "7")});
  cases.push_back({"429 with patience", Fault::status("*", 1, 429, "TooManyRequests", "2.128")});
  cases.push_back({"done, then 504", Fault::status_after_effect("*", 1, 504, "UnknownError")});
  cases.push_back({"404", Fault::status("*", 1, 404, "ErrorItemNotFound")});
  cases.push_back({"412", Fault::status("*", 1, 412, "ErrorIrresolvableConflict")});
  return cases;
}

class AtEveryExchange : public testing::TestWithParam<int> {};  // what GET on an upload URL answers

int requests_of_a_good_run(int ask_position_status) {
  World world;
  world.model().change_switches([&](emulator::Switches& s) { s.ask_position_status = ask_position_status; });
  world.put(some_files());
  EXPECT_TRUE(world.run());
  return static_cast<int>(world.model().requests().size());
}

TEST_P(AtEveryExchange, OneFaultCostsTimeAndNothingElse) {
  const int requests = requests_of_a_good_run(GetParam());
  ASSERT_GT(requests, 10);
  for (const FaultCase& fault_case : fault_cases()) {
    for (int nth = 1; nth <= requests; ++nth) {
      SCOPED_TRACE(format("{} at request {}", fault_case.name, nth));
      World world;
      world.model().change_switches([](emulator::Switches& s) { s.ask_position_status = GetParam(); });
      Fault fault = fault_case.fault;
      fault.nth = nth;
      world.model().add_fault(fault);
      world.put(some_files());
      EXPECT_TRUE(world.run());
      world.expect_delivered(some_files(), 1);
      EXPECT_EQ(world.model().counts().too_early, 0);
      if (HasFailure()) return;
    }
  }
}

TEST_P(AtEveryExchange, AnOutageOfAnyLengthCostsTimeAndNothingElse) {
  const int requests = requests_of_a_good_run(GetParam());
  for (const FaultCase& fault_case : fault_cases()) {
    if (fault_case.name == "404") continue;  // for ever, that is no outage: the drafts vanish
    for (const int length : {2, 3, 7}) {
      for (int nth = 1; nth <= requests; nth += 2) {
        SCOPED_TRACE(format("{} at request {} and the next {}", fault_case.name, nth, length - 1));
        World world;
        world.model().change_switches([](emulator::Switches& s) { s.ask_position_status = GetParam(); });
        Fault fault = fault_case.fault;
        fault.nth = nth;
        fault.times = length;
        world.model().add_fault(fault);
        world.put(some_files());
        EXPECT_TRUE(world.run());
        world.expect_delivered(some_files(), 1);
        EXPECT_EQ(world.model().counts().too_early, 0);
        if (HasFailure()) return;
      }
    }
  }
}

// --- death at every step

TEST_P(AtEveryExchange, DyingAtAnyStepLosesAndRepeatsNothing) {
  World good;
  good.model().change_switches([](emulator::Switches& s) { s.ask_position_status = GetParam(); });
  good.put(some_files());
  ASSERT_TRUE(good.run());
  const int steps = good.executioner().seen();
  ASSERT_GT(steps, 40);
  for (int step = 1; step <= steps; ++step) {
    SCOPED_TRACE(format("killed at step {} of {}", step, steps));
    World world;
    world.model().change_switches([](emulator::Switches& s) { s.ask_position_status = GetParam(); });
    world.put(some_files());
    world.executioner().kill_at(step);
    EXPECT_TRUE(world.run_with_deaths());
    world.expect_delivered_once(some_files());
    EXPECT_LE(world.model().counts().ranges, 5 + 1) << "what the service had already was sent again";
    if (HasFailure()) return;
  }
}

// --- sizes that the service takes on the other way only

// Too small for a session: all that is planned for one.
const std::function<void(emulator::Switches&)> raise_the_session_floor = [](emulator::Switches& switches) {
  switches.session_floor = 3'000'000;
};

// Too large for a POST: all that is planned for one.
const std::function<void(emulator::Switches&)> lower_the_post_ceiling = [](emulator::Switches& switches) {
  switches.post_ceiling = 500;
};

int requests_for(World& world, const std::string& operation) {
  const auto requests = world.model().counts().requests;
  const auto found = requests.find(operation);
  return found == requests.end() ? 0 : found->second;
}

TEST(OtherWay, WhatIsTooSmallForASessionIsPosted) {
  World world;
  world.model().change_switches(raise_the_session_floor);
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(requests_for(world, "create-session"), 2);
  EXPECT_EQ(requests_for(world, "post-attachment"), 3);
  EXPECT_EQ(world.clock().now(), kStart) << "nothing was waited for";
}

TEST(OtherWay, WhatIsTooLargeForAPostGoesBySession) {
  for (const std::int64_t status : {413, 400}) {
    SCOPED_TRACE(status);
    World world;
    world.model().change_switches(lower_the_post_ceiling);
    world.model().change_switches([&](emulator::Switches& s) { s.oversize_status = status; });
    world.put(some_files());
    EXPECT_TRUE(world.run());
    world.expect_delivered_once(some_files());
    EXPECT_EQ(requests_for(world, "post-attachment"), 1);
    EXPECT_EQ(requests_for(world, "create-session"), 3);
    EXPECT_EQ(world.clock().now(), kStart) << "nothing was waited for";
  }
}

TEST(OtherWay, AnAttachmentThatIsSaidToExceedTheMessageIsTriedBySessionToo) {
  World world;
  world.model().add_fault(Fault::status("post-attachment", 1, 400, "ErrorMessageSizeExceeded"));
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(requests_for(world, "create-session"), 3);
}

TEST(OtherWay, AFloorThatBitesOnlyAtTheFirstRangeIsTheSame) {
  World world;
  const Fault floor = Fault::status("put-range", 1, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize");
  world.model().add_fault(floor);
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(requests_for(world, "post-attachment"), 2);
  EXPECT_EQ(world.model().counts().sessions_cancelled, 1);
}

TEST(OtherWay, WhatTheServiceTakesOnNeitherIsReturnedAfterOneChangeEachWay) {
  for (const plan::Way way : {plan::Way::Post, plan::Way::Session}) {
    SCOPED_TRACE(way == plan::Way::Post ? "planned as a POST" : "planned as a session");
    World world;
    world.mta();
    world.model().change_switches(raise_the_session_floor);
    world.model().change_switches(lower_the_post_ceiling);
    const std::vector<TestFile> files = {{"a.pdf", content_of('a', 700), way}};
    world.put(files);
    EXPECT_TRUE(world.run());
    EXPECT_THAT(world.model().deliveries(), IsEmpty());
    EXPECT_EQ(world.mta_mails(), 1U);
    const bool post_first = way == plan::Way::Post;
    EXPECT_EQ(requests_for(world, "post-attachment"), post_first ? 2 : 1);
    EXPECT_EQ(requests_for(world, "create-session"), post_first ? 1 : 2);
    world.expect_no_traces();
  }
}

TEST_P(AtEveryExchange, DyingAtAnyStepOnTheOtherWayLosesAndRepeatsNothing) {
  const auto change_ways = [](World& world, bool to_post) {
    world.model().change_switches(to_post ? raise_the_session_floor : lower_the_post_ceiling);
    world.model().change_switches([](emulator::Switches& s) { s.ask_position_status = GetParam(); });
  };
  for (const bool to_post : {true, false}) {
    World good;
    change_ways(good, to_post);
    good.put(some_files());
    ASSERT_TRUE(good.run());
    const int steps = good.executioner().seen();
    for (int step = 1; step <= steps; ++step) {
      SCOPED_TRACE(format("{}: killed at step {} of {}", to_post ? "to a POST" : "to a session", step, steps));
      World world;
      change_ways(world, to_post);
      world.put(some_files());
      world.executioner().kill_at(step);
      EXPECT_TRUE(world.run_with_deaths());
      world.expect_delivered_once(some_files());
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(GetOnTheUploadUrl, AtEveryExchange, testing::Values(200, 404, 405),
                         [](const auto& status) { return "Answers" + std::to_string(status.param); });

// Lag, faults and deaths together, at random.
TEST(Delivery, AnythingMayHappenAtOnce) {
  const unsigned long long first = graph_milter::test::seed();
  for (unsigned long long i = 0; i < 150 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(format("GM_SEED={}", first + i));
    std::mt19937_64 dice(first + i);
    World world;
    const std::int64_t ask[] = {200, 404, 405};
    world.model().change_switches([&](emulator::Switches& s) {
      s.ask_position_status = ask[dice() % 3];
      s.immutable_id_survives_send = dice() % 2 == 0;
      s.keeps_less = dice() % 3 == 0 ? 300 : 0;
      s.send_delay_ms = dice() % 2 == 0 ? 20'000 : 0;
    });
    const std::vector<FaultCase> cases = fault_cases();
    for (int fault = 0; fault < 4; ++fault) {
      Fault chosen = cases[dice() % cases.size()].fault;
      chosen.nth = 1 + static_cast<int>(dice() % 40);
      chosen.times = 1 + static_cast<int>(dice() % 3);
      world.model().add_fault(chosen);
    }
    world.put(some_files());
    bool done = false;
    for (int life = 0; life < 6 && !done; ++life) {
      if (life < 5) world.executioner().kill_at(1 + static_cast<int>(dice() % 60));
      done = world.run_with_deaths(0);
    }
    EXPECT_TRUE(done);
    world.clock().advance(std::chrono::minutes(1));
    world.model().settle();
    world.expect_delivered(some_files(), 1);
  }
}

// --- single stories

TEST(Delivery, ADraftThatIsNotVisibleYetIsWaitedFor) {
  World world;
  world.model().change_switches([](emulator::Switches& s) {
    s.lag_operations = {"post-attachment", "create-session", "put-range", "send", "get-message", "list-attachments"};
    s.lag_calls = 2;
  });
  world.put(some_files());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
}

TEST(Delivery, AnAttachmentThatDoesNotBelongThereIsNeverSent) {
  World world;
  const std::string id = world.put(some_files());
  Fault late = Fault::status("get-message", 1, 503, "ServiceUnavailable");
  world.model().add_fault(late);
  EXPECT_TRUE(world.deliver_one());
  const auto entry = world.queue().find(id);
  ASSERT_TRUE(entry && *entry);
  StringSource stranger{std::string("stranger")};
  ASSERT_TRUE(world.client().post_attachment("scanner@contoso.com", (*entry)->progress.draft_id,
                                             {"stranger.exe", "application/pdf", 8, false, ""}, stranger));
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.model().counts().requests.at("create-draft"), 2);
}

TEST(Delivery, ADraftThatIsListedAndThenDeniedIsNotMadeASecondTime) {
  World world;
  world.put(some_files());
  world.model().add_fault(Fault::of(Action::EffectThenDrop, "create-draft"));
  Fault denied = Fault::status("get-message", 1, 404, "ErrorItemNotFound");
  denied.times = 2;
  world.model().add_fault(denied);
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.model().counts().requests.at("create-draft"), 1);
}

TEST(Delivery, ADraftThatStillDiffersWhenMadeAnewIsHeldAndNeverSent) {
  World world;
  const std::string id = world.put(some_files(), "scanner@contoso.com", [](plan::Plan& plan) { plan.bcc.clear(); });
  EXPECT_TRUE(world.run());
  EXPECT_THAT(world.model().deliveries(), IsEmpty());
  EXPECT_THAT(world.model().violations(), IsEmpty());
  world.expect_no_traces();
  const auto entry = world.queue().find(id);
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->state, queue::EntryState::Held);
  EXPECT_EQ(
      (*entry)->last_error,
      "draft: made anew, it still differs from what was received: the draft has a recipient that the envelope has "
      "not: hidden@example.net (nothing was sent; look at what this mailbox does with attachments and recipients)");
  EXPECT_EQ(world.model().counts().requests.at("create-draft"), 2);
}

TEST(Delivery, WhatTheAdministratorCanMendIsRetriedSlowlyAndNeverHeld) {
  World world;
  ASSERT_TRUE(world.model().change_mailbox(
      *emulator::Json::parse(R"({"address":"scanner@contoso.com","state":"no-consent"})")));
  world.put(some_files());
  EXPECT_FALSE(world.run(20));
  EXPECT_THAT(world.model().deliveries(), IsEmpty());
  EXPECT_GT(world.clock().now() - kStart, std::chrono::hours(7)) << "about once in retry-max";
  ASSERT_TRUE(
      world.model().change_mailbox(*emulator::Json::parse(R"({"address":"scanner@contoso.com","state":"enabled"})")));
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
}

TEST(Delivery, AnUnclearSendIsNeverRepeatedBeforeTheDraftWasSeenUnsentTwice) {
  World world;
  world.put(some_files());
  world.model().add_fault(Fault::of(Action::DropBefore, "send"));
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  std::vector<TimePoint> sends;
  for (const auto& request : world.model().requests()) {
    if (request.operation == "send") sends.push_back(request.time);
  }
  ASSERT_EQ(sends.size(), 2U);
  EXPECT_GE(sends[1] - sends[0], std::chrono::seconds(60));
}

TEST(Delivery, AnUnclearSendThatTookPlaceIsFoundInSentItems) {
  for (const bool survives : {false, true}) {
    World world;
    world.model().change_switches([&](emulator::Switches& s) {
      s.immutable_id_survives_send = survives;
      s.send_delay_ms = 40'000;
    });
    world.put(some_files());
    world.model().add_fault(Fault::of(Action::EffectThenDrop, "send"));
    EXPECT_TRUE(world.run());
    world.expect_delivered_once(some_files());
    EXPECT_EQ(world.model().counts().requests.at("send"), 1);
  }
}

TEST(Delivery, ASendWhoseFateStaysUnknownIsHeldAfterADay) {
  World world;
  const std::string id = world.put(some_files());
  world.model().change_switches([](emulator::Switches& s) { s.send_delay_ms = 365LL * 24 * 3600 * 1000; });
  world.model().add_fault(Fault::of(Action::EffectThenDrop, "send"));
  EXPECT_TRUE(world.run());
  const auto entry = world.queue().find(id);
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->state, queue::EntryState::Held);
  EXPECT_EQ(world.model().counts().requests.at("send"), 1);
  EXPECT_GE(world.clock().now() - kStart, std::chrono::hours(24));
}

TEST(Delivery, ADraftThatSomebodyDeletedIsMadeAnew) {
  World world;
  const std::string id = world.put(some_files());
  Fault outage = Fault::status("put-range", 2, 503, "ServiceUnavailable");
  outage.times = 2;
  world.model().add_fault(outage);
  EXPECT_TRUE(world.deliver_one());
  const auto entry = world.queue().find(id);
  ASSERT_TRUE(entry && *entry);
  ASSERT_TRUE(world.client().delete_message("scanner@contoso.com", (*entry)->progress.draft_id));
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
}

TEST(Delivery, AMessageFileThatIsDamagedIsHeld) {
  World world;
  std::vector<TestFile> files = some_files();
  const std::string id = world.put(files, "scanner@contoso.com", [](plan::Plan& plan) {
    for (plan::PlannedPart& part : plan.parts) part.body.range.begin += 1;  // no longer the base64 that was approved
  });
  EXPECT_TRUE(world.run());
  EXPECT_THAT(world.model().deliveries(), IsEmpty());
  const auto entry = world.queue().find(id);
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->state, queue::EntryState::Held);
  world.expect_no_traces();
}

// --- workers

TEST(Delivery, WorkersCarryOneMailboxSideBySideButNeverWithMoreThanItsRequests) {
  World world;
  world.settings().workers = 8;
  world.settings().mailbox_requests = 4;
  Fault hold = Fault::of(Action::Hold, "create-draft");
  hold.times = 4;
  world.model().add_fault(hold);
  for (int i = 0; i < 12; ++i) world.put(some_files());
  {
    const auto delivery = world.make_delivery();
    delivery->start();
    EXPECT_TRUE(world.model().wait_for_held(4, std::chrono::minutes(1))) << "four at once";
    world.model().release_held();
    EXPECT_TRUE(world.model().wait_for_deliveries(12, std::chrono::minutes(1)));
    EXPECT_TRUE(delivery->stop(std::chrono::minutes(1)));
  }
  EXPECT_TRUE(world.run()) << "what was sent but not finished when they stopped";
  world.expect_delivered(some_files(), 12);
  EXPECT_EQ(world.model().most_at_once().at("scanner@contoso.com"), 4);
}

TEST(Delivery, StoppingEndsAfterTheRequestUnderWayAndTheNextStartGoesOn) {
  World world;
  world.settings().workers = 2;
  Fault hold = Fault::of(Action::Hold, "put-range", 2);
  world.model().add_fault(hold);
  world.put(some_files());
  {
    const auto delivery = world.make_delivery();
    delivery->start();
    EXPECT_TRUE(world.model().wait_for_held(1, std::chrono::minutes(1)));
    EXPECT_FALSE(delivery->stop(Duration{0})) << "a request is under way";
    world.model().release_held();
    EXPECT_TRUE(delivery->stop(std::chrono::minutes(1)));
  }
  EXPECT_EQ(world.model().counts().ranges, 2);
  EXPECT_THAT(world.model().deliveries(), IsEmpty());
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.model().counts().ranges, 5) << "nothing was sent again";
}

}  // namespace
}  // namespace graph_milter::delivery::test
