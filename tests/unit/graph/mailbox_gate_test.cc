// SPDX-License-Identifier: Apache-2.0
#include "core/graph/mailbox_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/graph/paced_door.h"
#include "tests/support/scripted_door.h"

namespace graph_milter::graph {
namespace {

using std::chrono::seconds;

class GateTest : public testing::Test {
 protected:
  http::Request request(const std::string& lane) {
    http::Request request;
    request.url = Secret("https://x/");
    request.lane = lane;
    return request;
  }

  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(TimePoint(seconds(1'700'000'000)));
  std::shared_ptr<MailboxGate> gate_ = std::make_shared<MailboxGate>(clock_, GateSettings{.lanes = 2});
  std::shared_ptr<test::ScriptedApiDoor> api_ = std::make_shared<test::ScriptedApiDoor>();
  std::shared_ptr<test::ScriptedUploadDoor> upload_ = std::make_shared<test::ScriptedUploadDoor>();
  http::Doors doors_ = pace_doors({api_, upload_}, gate_, clock_);
};

TEST_F(GateTest, HandsALaneOnWhenItComesBack) {
  auto first = gate_->acquire("a@x");
  auto second = gate_->acquire("a@x");
  ASSERT_TRUE(first && second);
  std::atomic<bool> through{false};
  std::thread waiter([&] {
    const auto third = gate_->acquire("a@x");
    EXPECT_TRUE(third);
    through = true;
  });
  ASSERT_TRUE(gate_->acquire("b@x"));  // another mailbox is not in the way
  EXPECT_FALSE(through);
  { const MailboxGate::Lane returned = *std::move(first); }
  waiter.join();
  EXPECT_TRUE(through);
}

TEST_F(GateTest, RefusesAtOnceWhatMustWaitForLong) {
  gate_->hold("a@x", seconds(60));
  const auto lane = gate_->acquire("a@x");
  ASSERT_FALSE(lane);
  EXPECT_EQ(lane.error().kind, ErrorKind::Throttled);
  EXPECT_EQ(lane.error().retry_after, Duration(60'000));
  EXPECT_EQ(lane.error().text(), "lane of a@x: the service asked for patience: no request for 60.000 s");
  EXPECT_TRUE(gate_->acquire("b@x"));
  clock_->advance(seconds(60));
  EXPECT_TRUE(gate_->acquire("a@x"));
}

TEST_F(GateTest, HoldsEveryMailbox) {
  gate_->hold_all(seconds(60));
  EXPECT_FALSE(gate_->acquire("a@x"));
  EXPECT_FALSE(gate_->acquire("b@x"));
}

TEST(Gate, WaitsItselfForATimeThatIsNear) {
  MailboxGate gate(std::make_shared<SystemClock>());
  gate.hold("a@x", Duration(50));
  const TimePoint before = SystemClock().now();
  ASSERT_TRUE(gate.acquire("a@x"));
  EXPECT_GE(SystemClock().now() - before, Duration(49));
}

TEST_F(GateTest, LetsNobodyThroughOnceClosed) {
  auto first = gate_->acquire("a@x");
  auto second = gate_->acquire("a@x");
  ErrorKind kind = ErrorKind::Transient;
  std::thread waiter([&] { kind = gate_->acquire("a@x").error().kind; });
  gate_->close();
  waiter.join();
  EXPECT_EQ(kind, ErrorKind::Cancelled);
  EXPECT_EQ(gate_->acquire("b@x").error().kind, ErrorKind::Cancelled);
}

TEST_F(GateTest, KeepsManyThreadsWithinTheLanes) {
  std::atomic<int> inside{0};
  std::atomic<bool> too_many{false};
  std::atomic<int> passed{0};
  std::vector<std::thread> threads(8);
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int j = 0; j < 200; ++j) {
        const auto lane = gate_->acquire("a@x");
        if (++inside > 2) too_many = true;
        std::this_thread::yield();
        --inside;
        ++passed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 1600);
  EXPECT_FALSE(too_many);
}

TEST_F(GateTest, SharesTheLanesOfAMailboxBetweenBothDoors) {
  const auto one_of_two = gate_->acquire("a@x");
  std::thread third;
  std::atomic<bool> under_way{true};
  upload_->then([&](const http::Request&) -> Result<http::Response> {
    // This request has the second lane; an API call must wait for it, one without a lane must not.
    third = std::thread([&] {
      EXPECT_TRUE(doors_.api->send(request("a@x")));
      EXPECT_FALSE(under_way);
    });
    EXPECT_TRUE(doors_.api->send(request("")));
    under_way = false;
    http::Response response;
    response.status = 200;
    return response;
  });
  api_->then(200).then(200);
  EXPECT_TRUE(doors_.upload->send(request("a@x")));
  third.join();
  EXPECT_TRUE(api_->finished());
}

TEST_F(GateTest, LearnsFromAnswers) {
  struct Case {
    int status;
    bool holds_this;
    bool holds_others;
  };
  for (const Case c : {Case{429, true, false}, Case{503, true, false}, Case{509, true, true}, Case{404, false, false},
                       Case{200, false, false}}) {
    api_->then(c.status, "", {{"retry-after", "60"}});
    ASSERT_TRUE(doors_.api->send(request("a@x")));
    EXPECT_EQ(!gate_->acquire("a@x"), c.holds_this) << c.status;
    EXPECT_EQ(!gate_->acquire("b@x"), c.holds_others) << c.status;
    if (c.holds_this) {
      EXPECT_EQ(doors_.upload->send(request("a@x")).error().kind, ErrorKind::Throttled) << c.status;
    }
    clock_->advance(seconds(60));
  }
  EXPECT_TRUE(upload_->sent().empty());
}

TEST_F(GateTest, GivesTheLaneBackAfterAFailure) {
  for (int i = 0; i < 5; ++i) {
    api_->then_fail(ErrorKind::Transient);
    EXPECT_FALSE(doors_.api->send(request("a@x")));
  }
  api_->then(429);
  EXPECT_EQ(doors_.api->send(request("a@x"))->status, 429);
  EXPECT_TRUE(gate_->acquire("a@x"));  // no Retry-After: nothing to remember
}

TEST_F(GateTest, KeepsToTheServicesBytesOnceItHasNamedThem) {
  const auto gate = std::make_shared<MailboxGate>(clock_, GateSettings{.bytes = 100, .byte_window = seconds(60)});
  const http::Doors doors = pace_doors({api_, upload_}, gate, clock_);
  StringSource body(std::string(60, 'x'));
  http::Request upload = request("a@x");
  upload.body = &body;
  upload_->then(200).then(200).then(429, R"({"error":{"message":"Application is over its IncomingBytes limit."}})");
  ASSERT_TRUE(doors.upload->send(upload));
  ASSERT_TRUE(doors.upload->send(upload));
  ASSERT_TRUE(doors.upload->send(upload));
  const auto refused = doors.upload->send(upload);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Throttled);
  EXPECT_EQ(refused.error().retry_after, Duration(60'000));
  EXPECT_EQ(refused.error().text(),
            "lane of a@x: as many bytes as the mailbox takes were uploaded: no request for 60.000 s");
  api_->then(200);
  EXPECT_TRUE(doors.api->send(request("a@x")));  // nothing to upload
  upload_->then(200);
  clock_->advance(seconds(60));
  EXPECT_TRUE(doors.upload->send(upload));
  EXPECT_TRUE(upload_->finished());
}

TEST_F(GateTest, TakesOtherLimitsForNoLimitOfBytes) {
  const auto gate = std::make_shared<MailboxGate>(clock_, GateSettings{.bytes = 100, .byte_window = seconds(60)});
  const http::Doors doors = pace_doors({api_, upload_}, gate, clock_);
  StringSource body(std::string(60, 'x'));
  http::Request upload = request("a@x");
  upload.body = &body;
  upload_->then(429, R"({"error":{"message":"Application is over its MailboxConcurrency limit."}})")
      .then(200)
      .then(200);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(doors.upload->send(upload));
}

TEST_F(GateTest, GivesEachMessageAPlaceAndNeverBlocks) {
  MailboxGate gate(clock_, GateSettings{.messages_a_minute = 2});
  EXPECT_TRUE(gate.book_send("a@x", "m1", 1));
  EXPECT_TRUE(gate.book_send("a@x", "m2", 1));
  const Status third = gate.book_send("a@x", "m3", 1);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, ErrorKind::Throttled);
  EXPECT_EQ(third.error().retry_after, Duration(60'000));
  EXPECT_EQ(third.error().text(), "send from a@x: the mailbox has sent as much as it may: not for 60.000 s");
  EXPECT_TRUE(gate.book_send("b@x", "m4", 1));
  clock_->advance(seconds(20));
  EXPECT_EQ(gate.book_send("a@x", "m3", 1).error().retry_after, Duration(40'000));
  clock_->advance(seconds(40));
  EXPECT_TRUE(gate.book_send("a@x", "m3", 1));
}

TEST_F(GateTest, DividesWhatTheServiceAllowsByTheNodes) {
  MailboxGate gate(clock_, GateSettings{.lanes = 4, .messages_a_minute = 4, .recipients_a_day = 4, .nodes = 4});
  auto lane = gate.acquire("a@x");
  ASSERT_TRUE(lane);
  std::atomic<bool> through{false};
  std::thread second([&] {
    EXPECT_TRUE(gate.acquire("a@x"));
    through = true;
  });
  EXPECT_FALSE(through);
  { const MailboxGate::Lane returned = *std::move(lane); }
  second.join();
  EXPECT_TRUE(gate.book_send("a@x", "m1", 1));
  EXPECT_EQ(gate.book_send("a@x", "m2", 1).error().retry_after, Duration(std::chrono::hours(24)));
}

TEST_F(GateTest, WaitsNoLongerWhenTheClockIsSetBack) {
  gate_->hold("a@x", seconds(60));
  clock_->advance(-std::chrono::hours(24));
  EXPECT_EQ(gate_->acquire("a@x").error().retry_after, Duration(60'000));
  clock_->advance(seconds(60));
  EXPECT_TRUE(gate_->acquire("a@x"));
}

TEST_F(GateTest, LetsThemThroughInTheOrderOfComing) {
  MailboxGate gate(clock_, GateSettings{.lanes = 1});
  std::vector<int> order;
  std::mutex mutex;
  auto first = gate.acquire("a@x");
  ASSERT_TRUE(first);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto lane = gate.acquire("a@x");
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
    while (gate.waiting("a@x") != static_cast<std::size_t>(i) + 1) std::this_thread::yield();
  }
  { const MailboxGate::Lane returned = *std::move(first); }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace graph_milter::graph
