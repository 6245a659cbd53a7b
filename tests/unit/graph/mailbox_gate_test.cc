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
  EXPECT_EQ(lane.error().text(), "lane of a@x: the service asked for no request before 2023-11-14T22:14:20Z");
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
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
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

}  // namespace
}  // namespace graph_milter::graph
