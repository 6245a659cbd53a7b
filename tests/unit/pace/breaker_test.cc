// SPDX-License-Identifier: Apache-2.0
#include "core/pace/breaker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/temp_folder.h"

namespace graph_milter::pace {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kNow = TimePoint(hours(500'000));
constexpr BreakerRules kRules{3, seconds(15), minutes(1)};

Breaker opened() {
  Breaker breaker;
  for (int i = 0; i < kRules.failures; ++i) note_failure(breaker, kRules, kNow);
  return breaker;
}

TEST(Breaker, LetsAllStartUntilSoManyHaveFailedInARow) {
  Breaker breaker;
  for (int i = 1; i < kRules.failures; ++i) {
    note_failure(breaker, kRules, kNow);
    EXPECT_TRUE(may_start(breaker, kNow));
    EXPECT_EQ(next_start(breaker, kNow), kNow);
  }
  note_failure(breaker, kRules, kNow);
  EXPECT_FALSE(may_start(breaker, kNow));
  EXPECT_EQ(next_start(breaker, kNow), kNow + seconds(15));
}

TEST(Breaker, CountsOnlyWhatFailsInARow) {
  Breaker breaker;
  for (int i = 0; i < 10; ++i) {
    note_failure(breaker, kRules, kNow);
    note_failure(breaker, kRules, kNow);
    note_success(breaker);
  }
  EXPECT_TRUE(may_start(breaker, kNow));
  EXPECT_EQ(breaker, Breaker{});
}

TEST(Breaker, LetsOneProbeWhenItsTimeHasCome) {
  Breaker breaker = opened();
  EXPECT_FALSE(may_start(breaker, kNow + seconds(14)));
  EXPECT_TRUE(may_start(breaker, kNow + seconds(15)));
  EXPECT_FALSE(may_start(breaker, kNow + seconds(15)));
  EXPECT_GT(next_start(breaker, kNow + seconds(15)), kNow + seconds(15));
}

TEST(Breaker, ClosesWhenTheProbeComesThrough) {
  Breaker breaker = opened();
  ASSERT_TRUE(may_start(breaker, kNow + seconds(15)));
  note_success(breaker);
  EXPECT_TRUE(may_start(breaker, kNow + seconds(15)));
  EXPECT_TRUE(may_start(breaker, kNow + seconds(15)));
}

TEST(Breaker, WaitsTwiceAsLongAfterEachProbeThatFailsButNotForEver) {
  Breaker breaker = opened();
  TimePoint now = kNow + seconds(15);
  for (const Duration pause : {Duration(seconds(30)), Duration(minutes(1)), Duration(minutes(1))}) {
    ASSERT_TRUE(may_start(breaker, now));
    note_failure(breaker, kRules, now);
    EXPECT_EQ(next_start(breaker, now), now + pause);
    EXPECT_FALSE(may_start(breaker, now + pause - Duration(1)));
    now += pause;
  }
}

TEST(Breaker, IsNotMovedByWhatWasStartedBeforeItOpened) {
  Breaker breaker = opened();
  note_failure(breaker, kRules, kNow + seconds(10));
  EXPECT_EQ(next_start(breaker, kNow + seconds(10)), kNow + seconds(15));
}

TEST(Breaker, LetsAnotherProbeWhenOneCameBackWithoutHavingAsked) {
  Breaker breaker = opened();
  ASSERT_TRUE(may_start(breaker, kNow + seconds(15)));
  note_nothing(breaker);
  EXPECT_EQ(next_start(breaker, kNow + seconds(15)), kNow + seconds(15));
  EXPECT_TRUE(may_start(breaker, kNow + seconds(15)));
}

TEST(Breaker, WaitsNoLongerThanItMeantWhenTheClockIsSetBack) {
  Breaker breaker = opened();
  const TimePoint yesterday = kNow - hours(24);
  EXPECT_EQ(next_start(breaker, yesterday), yesterday + seconds(15));
  EXPECT_FALSE(may_start(breaker, yesterday));
  EXPECT_FALSE(may_start(breaker, yesterday + seconds(14)));
  EXPECT_TRUE(may_start(breaker, yesterday + seconds(15)));
}

// The same, told as a story: what the last answers were, and when the last probe was.
struct NaiveBreaker {
  int in_a_row = 0;
  int probes = 0;
  bool probing = false;
  TimePoint closed_until{};  // of the pause that runs

  bool is_open() const { return in_a_row >= kRules.failures; }
  bool may(TimePoint now) {
    if (!is_open()) return true;
    if (probing || now < closed_until) return false;
    probing = true;
    return true;
  }
  void failed(TimePoint now) {
    const bool was_open = is_open();
    ++in_a_row;
    if (!is_open() || (was_open && !probing)) return;
    if (was_open) ++probes;
    Duration pause = kRules.first_pause * (1 << std::min(probes, 10));
    closed_until = now + std::min(pause, kRules.longest_pause);
    probing = false;
  }
};

TEST(Breaker, AgreesWithAModelOnAnyWalk) {
  std::mt19937_64 random(test::seed());
  Breaker breaker;
  NaiveBreaker naive;
  TimePoint now = kNow;
  for (int step = 0; step < 100'000; ++step) {
    switch (random() % 6) {
      case 0:
        now += Duration(random() % 20'000);
        break;
      case 1:
      case 2:
        note_failure(breaker, kRules, now);
        naive.failed(now);
        break;
      case 3:
        if (random() % 4 != 0) break;
        note_success(breaker);
        naive = {};
        break;
      case 4:
        if (random() % 4 != 0) break;
        note_nothing(breaker);
        naive.probing = false;
        break;
      default: {
        const TimePoint next = next_start(breaker, now);
        const bool may = naive.may(now);
        ASSERT_EQ(next == now, may) << "step " << step;
        ASSERT_EQ(may_start(breaker, now), may) << "step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace graph_milter::pace
