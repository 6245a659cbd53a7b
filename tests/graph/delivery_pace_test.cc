// SPDX-License-Identifier: Apache-2.0
// When delivery asks, and when it does not: after a refusal, after a lost answer, while Graph is down, while only the
// administrator can mend it, and when a mailbox has sent as much as it may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/delivery_world.h"

namespace graph_milter::delivery::test {
namespace {

using emulator::Action;
using emulator::Fault;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSender = "scanner@contoso.com";

void let(World& world, const std::string& mailbox, const std::string& state) {
  ASSERT_TRUE(world.model().change_mailbox(
      *emulator::Json::parse(format(R"({{"address":"{}","state":"{}"}})", mailbox, state))));
}

std::vector<TimePoint> times_of(World& world, const std::string& operation) {
  std::vector<TimePoint> times;
  for (const auto& request : world.model().requests()) {
    if (request.operation == operation) times.push_back(request.time);
  }
  return times;
}

// What is logged meanwhile.
template <class Function>
std::string logged(Function function) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(open_log({}));
  function();
  LogSettings quiet;
  quiet.level = LogLevel::Error;
  EXPECT_TRUE(open_log(quiet));
  return testing::internal::GetCapturedStderr();
}

// --- the send

TEST(Sending, ASendThatIsTurnedAwayObeysRetryAfterAndNothingElse) {
  World world;
  world.put(some_files());
  world.model().add_fault(Fault::status("send", 1, 429, "TooManyRequests", "2.128"));
  const std::string log = logged([&] { EXPECT_TRUE(world.run()); });
  world.expect_delivered_once(some_files());
  const std::vector<TimePoint> sends = times_of(world, "send");
  ASSERT_EQ(sends.size(), 2U);
  EXPECT_GE(sends[1] - sends[0], Duration{2'128});
  EXPECT_LT(sends[1] - sends[0], Duration{5'000});
  EXPECT_THAT(log, Not(HasSubstr("possible_duplicate")));
}

TEST(Sending, ASendThatNeverLeftIsRepeatedByTheSchedule) {
  World world;
  world.put(some_files());
  world.model().add_fault(Fault::of(Action::Refuse, "send"));
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  const std::vector<TimePoint> sends = times_of(world, "send");
  ASSERT_FALSE(sends.empty());
  EXPECT_LE(world.clock().now() - kStart, std::chrono::seconds(31));
}

TEST(Sending, OnlyTheRepetitionOfAnUnclearSendIsCalledAPossibleDuplicate) {
  World world;
  world.put(some_files());
  world.model().add_fault(Fault::of(Action::DropBefore, "send"));
  const std::string log = logged([&] { EXPECT_TRUE(world.run()); });
  world.expect_delivered_once(some_files());
  EXPECT_THAT(log, HasSubstr("event=unsettled"));
  EXPECT_THAT(log, HasSubstr("possible_duplicate=W4"));
}

TEST(Sending, AfterACrashItIsSentAgainAMinuteAfterTheFirstLookAtTheEarliest) {
  World good;
  good.put(some_files());
  ASSERT_TRUE(good.run());
  const int steps = good.executioner().seen();
  int repeated = 0;
  for (int step = steps - 10; step <= steps; ++step) {
    SCOPED_TRACE(format("killed at step {} of {}", step, steps));
    World world;
    world.put(some_files());
    world.executioner().kill_at(step);
    try {
      EXPECT_TRUE(world.run());
    } catch (const Killed&) {
    }
    world.executioner().spare();
    world.clock().advance(std::chrono::hours(1));
    const TimePoint start = world.clock().now();
    const std::size_t before = times_of(world, "send").size();
    world.open();
    EXPECT_TRUE(world.run());
    world.expect_delivered_once(some_files());
    const std::vector<TimePoint> sends = times_of(world, "send");
    if (before == 0 || sends.size() == before) continue;
    ++repeated;
    EXPECT_GE(sends.back() - start, std::chrono::seconds(60));
  }
  EXPECT_EQ(repeated, 0) << "whatever reached Graph was found";
}

TEST(Sending, ASendIntentThatACrashLeftIsSettledByLookingTwiceAMinuteApart) {
  World world;
  const std::string id = world.put(some_files());
  world.model().add_fault(Fault::of(Action::DropBefore, "send"));
  const auto delivery = world.make_delivery();
  while (world.entry(id).progress.send_epoch == 0) ASSERT_TRUE(delivery->deliver_one({}));
  // As if the process had died with the request under way.
  auto leased = world.queue().lease_next(world.clock().now() + std::chrono::hours(1), {});
  ASSERT_TRUE(leased && *leased);
  (*leased)->progress.send_ended = {};
  ASSERT_TRUE(world.queue().defer(**leased, world.clock().now(), make_error(ErrorKind::Transient, "test", "crash")));
  world.clock().advance(std::chrono::hours(2));
  const TimePoint start = world.clock().now();
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_GE(times_of(world, "send").back() - start, std::chrono::seconds(60));
}

TEST(Sending, AClockThatIsSetBackCostsNoDay) {
  for (const int nth : {1, 2, 3}) {
    World world;
    world.put(some_files());
    Fault lost = Fault::of(Action::DropBefore, "send");
    world.model().add_fault(lost);
    world.model().add_fault(Fault::of(Action::EffectThenDrop, "create-draft"));
    const auto delivery = world.make_delivery();
    for (int i = 0; i < nth; ++i) {
      const auto due = world.queue().next_due();
      ASSERT_TRUE(due && *due);
      if (**due > world.clock().now()) world.clock().advance(**due - world.clock().now());
      EXPECT_TRUE(delivery->deliver_one({}));
    }
    const TimePoint before = world.clock().now();
    world.clock().advance(-std::chrono::hours(24));
    EXPECT_TRUE(world.run(*delivery));
    world.expect_delivered(some_files(), 1);
    EXPECT_LE(world.clock().now() - before, std::chrono::minutes(10)) << "the clock was set back after " << nth;
  }
}

// --- patience that Graph asks for

TEST(Patience, IsObeyedInEveryFormForDraftsPartsRangesAndSends) {
  for (const char* operation : {"create-draft", "post-attachment", "create-session", "put-range", "send"}) {
    for (const char* wait :
         {"7", "2.128", "0", "-5", "99999999999999999999", "soon", "Sun, 22 Nov 2026 00:00:00 GMT"}) {
      for (const int status : {429, 503}) {
        SCOPED_TRACE(format("{} at {}, Retry-After: {}", status, operation, wait));
        World world;
        world.put(some_files());
        world.model().add_fault(Fault::status(operation, 1, status, "ServiceUnavailable", wait));
        EXPECT_TRUE(world.run());
        world.expect_delivered_once(some_files());
        EXPECT_LE(world.clock().now() - kStart, std::chrono::minutes(75));
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

// --- Graph is down

TEST(Outage, IsAskedAboutByOneMessageAtATime) {
  World world;
  for (int i = 0; i < 20; ++i) world.put(some_files());
  Fault outage = Fault::of(Action::Refuse, "*");
  outage.times = 0;
  world.model().add_fault(outage);
  const auto delivery = world.make_delivery();
  EXPECT_FALSE(world.run(*delivery, 25));
  EXPECT_GT(world.clock().now() - kStart, std::chrono::minutes(20));
  EXPECT_LE(world.model().requests().size(), 20U);
  EXPECT_EQ(world.service_state().report(kSender).condition, queue::Condition::Down);
  const auto waiting = world.queue().list();
  ASSERT_TRUE(waiting);
  EXPECT_GT(std::count_if(waiting->begin(), waiting->end(), [](const auto& entry) { return entry.attempts == 0; }), 0)
      << "those that were not tried did not fail";
  EXPECT_TRUE(std::none_of(waiting->begin(), waiting->end(), [](const auto& entry) { return entry.attempts > 1; }));

  world.model().clear_faults();
  EXPECT_TRUE(world.run(*delivery));
  EXPECT_EQ(world.model().deliveries().size(), 20U);
  EXPECT_EQ(world.service_state().report(kSender).condition, queue::Condition::Up);
}

TEST(Outage, OfOneMailboxIsNoOutage) {
  World world;
  for (int i = 0; i < 5; ++i) {
    world.put(some_files(), "ghost@contoso.com");
    world.put(some_files());
  }
  world.settings().courier.disposal = queue::Disposal::Hold;
  EXPECT_TRUE(world.run());
  EXPECT_EQ(world.clock().now(), kStart);
  EXPECT_EQ(world.model().deliveries().size(), 5U);
}

TEST(Outage, TheEndOfWhatOnlyTheAdministratorCouldMendIsFoundByTheNextMail) {
  World world;
  let(world, kSender, "no-consent");
  world.put(some_files());
  const auto delivery = world.make_delivery();
  EXPECT_TRUE(delivery->deliver_one({}));
  EXPECT_EQ(world.service_state().report(kSender).condition, queue::Condition::Misconfigured);
  world.clock().advance(std::chrono::minutes(5));
  EXPECT_FALSE(delivery->deliver_one({})) << "it waits for an hour";
  let(world, kSender, "enabled");
  world.put(some_files());
  EXPECT_TRUE(delivery->deliver_one({}));
  EXPECT_TRUE(delivery->deliver_one({})) << "the first one goes on at once";
  world.expect_delivered(some_files(), 2);
  EXPECT_EQ(world.service_state().troubles().size(), 0U);
}

TEST(Outage, AStartTriesAtOnceWhatWaitedForTheAdministrator) {
  World world;
  world.settings().workers = 1;
  let(world, kSender, "no-consent");
  world.put(some_files());
  EXPECT_TRUE(world.deliver_one());
  let(world, kSender, "enabled");
  const auto delivery = world.make_delivery();
  delivery->start();
  EXPECT_TRUE(world.model().wait_for_deliveries(1, std::chrono::minutes(1)));
  EXPECT_TRUE(delivery->stop(std::chrono::minutes(1)));
}

// --- our own pace

TEST(Pace, AMailboxSendsNoMoreAMinuteThanItMayAndInOrder) {
  World world;
  graph::GateSettings settings;
  settings.messages_a_minute = 2;
  world.count_sends(settings);
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(world.put(some_files()));
    world.clock().advance(Duration{1});
  }
  EXPECT_TRUE(world.run());
  world.expect_delivered(some_files(), 6);
  const std::vector<TimePoint> sends = times_of(world, "send");
  ASSERT_EQ(sends.size(), 6U);
  for (std::size_t i = 2; i < sends.size(); ++i) EXPECT_GE(sends[i] - sends[i - 2], std::chrono::minutes(1));
  EXPECT_LE(sends.back() - sends.front(), std::chrono::minutes(3));
  std::vector<std::string> order;
  for (const emulator::Delivery& delivery : world.model().deliveries()) order.push_back(delivery.marker.substr(4));
  EXPECT_EQ(order, ids);
}

TEST(Pace, WaitingForItIsNoFailure) {
  World world;
  graph::GateSettings settings;
  settings.messages_a_minute = 1;
  world.count_sends(settings);
  world.put(some_files());
  world.clock().advance(Duration(1));  // so that it is the first
  const std::string second = world.put(some_files());
  const auto delivery = world.make_delivery();
  EXPECT_TRUE(delivery->deliver_one({}));
  EXPECT_TRUE(delivery->deliver_one({}));
  const queue::Entry waiting = world.entry(second);
  EXPECT_EQ(waiting.state, queue::EntryState::Verified) << "ready to go";
  EXPECT_EQ(waiting.attempts, waiting.progress.attempts_before) << "no failure";
  EXPECT_FALSE(delivery->deliver_one({}));
  EXPECT_TRUE(world.run(*delivery));
  world.expect_delivered(some_files(), 2);
}

TEST(Pace, OneMailboxThatWaitsHoldsUpNoOther) {
  World world;
  let(world, "office@contoso.com", "enabled");
  graph::GateSettings settings;
  settings.messages_a_minute = 1;
  world.count_sends(settings);
  for (int i = 0; i < 3; ++i) world.put(some_files());
  world.put(some_files(), "office@contoso.com");
  const auto delivery = world.make_delivery();
  while (delivery->deliver_one({})) {
  }
  EXPECT_EQ(world.clock().now(), kStart);
  EXPECT_EQ(world.model().deliveries().size(), 2U);
}

}  // namespace
}  // namespace graph_milter::delivery::test
