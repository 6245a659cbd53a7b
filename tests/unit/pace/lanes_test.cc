// SPDX-License-Identifier: Apache-2.0
#include "core/pace/lanes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace graph_milter::pace {
namespace {

using std::chrono::seconds;

constexpr TimePoint kNow = TimePoint(Duration(1'000'000));

bool is_go(const Decision& decision) { return std::holds_alternative<Go>(decision); }

TEST(Pace, GoesWhileALaneIsFree) {
  EXPECT_EQ(decide({.in_flight = 0}, {}, 4, kNow), Decision(Go{}));
  EXPECT_EQ(decide({.in_flight = 3}, {}, 4, kNow), Decision(Go{}));
  EXPECT_EQ(decide({.in_flight = 4}, {}, 4, kNow), Decision(Wait{kUntilReleased}));
}

TEST(Pace, WaitsForTheLaterOfBothTimes) {
  const TimePoint soon = kNow + seconds(1);
  const TimePoint later = kNow + seconds(2);
  EXPECT_EQ(decide({.not_before = soon}, {}, 4, kNow), Decision(Wait{soon}));
  EXPECT_EQ(decide({}, soon, 4, kNow), Decision(Wait{soon}));
  EXPECT_EQ(decide({.not_before = soon}, later, 4, kNow), Decision(Wait{later}));
  EXPECT_EQ(decide({.not_before = later}, soon, 4, kNow), Decision(Wait{later}));
  EXPECT_EQ(decide({.not_before = soon}, {}, 4, soon), Decision(Go{}));
}

TEST(Pace, NamesAKnownTimeEvenWhenNoLaneIsFree) {
  EXPECT_EQ(decide({.in_flight = 4, .not_before = kNow + seconds(1)}, {}, 4, kNow), Decision(Wait{kNow + seconds(1)}));
}

TEST(Lanes, CountEachMailboxByItself) {
  Lanes lanes(2);
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", kNow)));
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", kNow)));
  EXPECT_EQ(lanes.try_acquire("a@x", kNow), Decision(Wait{kUntilReleased}));
  EXPECT_TRUE(is_go(lanes.try_acquire("b@x", kNow)));
  lanes.release("a@x");
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", kNow)));
}

TEST(Lanes, HoldOneMailboxOrAll) {
  Lanes lanes;
  lanes.hold("a@x", kNow + seconds(5));
  EXPECT_EQ(lanes.try_acquire("a@x", kNow), Decision(Wait{kNow + seconds(5)}));
  EXPECT_TRUE(is_go(lanes.try_acquire("b@x", kNow)));
  lanes.hold_all(kNow + seconds(3));
  EXPECT_EQ(lanes.try_acquire("b@x", kNow), Decision(Wait{kNow + seconds(3)}));
  EXPECT_EQ(lanes.not_before("a@x"), kNow + seconds(5));
  EXPECT_EQ(lanes.not_before("c@x"), kNow + seconds(3));
  EXPECT_TRUE(is_go(lanes.try_acquire("a@x", kNow + seconds(5))));
}

TEST(Lanes, KeepTheLaterOfTwoHolds) {
  Lanes lanes;
  lanes.hold("a@x", kNow + seconds(5));
  lanes.hold("a@x", kNow + seconds(2));
  lanes.hold_all(kNow + seconds(4));
  lanes.hold_all(kNow + seconds(1));
  EXPECT_EQ(lanes.not_before("a@x"), kNow + seconds(5));
  EXPECT_EQ(lanes.not_before("b@x"), kNow + seconds(4));
}

TEST(Lanes, ForgetMailboxesThatAreIdle) {
  Lanes lanes;
  for (int i = 0; i < 1000; ++i) {
    const std::string mailbox = std::to_string(i) + "@x";
    ASSERT_TRUE(is_go(lanes.try_acquire(mailbox, kNow)));
    lanes.release(mailbox);
  }
  lanes.hold("held@x", kNow + seconds(5));
  ASSERT_TRUE(is_go(lanes.try_acquire("busy@x", kNow)));
  EXPECT_EQ(lanes.size(), 2U);
  ASSERT_TRUE(is_go(lanes.try_acquire("busy@x", kNow + seconds(5))));
  EXPECT_EQ(lanes.size(), 1U);
}

// Against a model that keeps everything and forgets nothing.
TEST(Lanes, AgreeWithAModelOnAnyWalk) {
  std::mt19937_64 random(test::seed());
  Lanes lanes(3);
  std::map<std::string, MailboxPace> model;
  TimePoint all{};
  TimePoint now = kNow;
  for (int i = 0; i < 50'000; ++i) {
    const std::string mailbox(1, static_cast<char>('a' + static_cast<char>(random() % 4)));
    MailboxPace& pace = model[mailbox];
    switch (random() % 8) {
      case 0:
        now += Duration(random() % 1500);
        break;
      case 1:
        lanes.hold(mailbox, now + Duration(500));
        pace.not_before = std::max(pace.not_before, now + Duration(500));
        break;
      case 2:
        if (random() % 10 == 0) {
          lanes.hold_all(now + Duration(300));
          all = std::max(all, now + Duration(300));
        }
        break;
      case 3:
      case 4:
        if (pace.in_flight > 0) {
          lanes.release(mailbox);
          --pace.in_flight;
        }
        break;
      default: {
        const Decision expected = decide(pace, all, 3, now);
        ASSERT_EQ(lanes.try_acquire(mailbox, now), expected) << "step " << i;
        if (is_go(expected)) ++pace.in_flight;
      }
    }
  }
}

TEST(Lanes, NeverLetMoreThanTheirNumberInAcrossThreads) {
  Lanes lanes(4);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int passed = 0; passed < 500;) {
        if (!is_go(lanes.try_acquire("a@x", kNow))) continue;
        const int now_inside = ++inside;
        for (int seen = most; seen < now_inside && !most.compare_exchange_weak(seen, now_inside);) {
        }
        --inside;
        lanes.release("a@x");
        ++passed;
        ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 4000);
  EXPECT_LE(most, 4);
}

}  // namespace
}  // namespace graph_milter::pace
