// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/retry_schedule.h"

#include <gtest/gtest.h>

namespace graph_milter::delivery {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kNow = from_unix_ms(1'790'000'000'000);
const RetrySchedule kSchedule{seconds(30), hours(1)};

Duration delay(int failures, ErrorKind kind = ErrorKind::Transient, double dice = 0) {
  return next_attempt(kSchedule, failures, make_error(kind, "x", "y"), kNow, dice) - kNow;
}

TEST(RetrySchedule, DoublesUpToTheLongest) {
  EXPECT_EQ(delay(1), seconds(30));
  EXPECT_EQ(delay(2), seconds(60));
  EXPECT_EQ(delay(3), minutes(2));
  EXPECT_EQ(delay(7), minutes(32));
  EXPECT_EQ(delay(8), hours(1));
  EXPECT_EQ(delay(1'000'000), hours(1));
}

TEST(RetrySchedule, WhatOnlyTheAdministratorCanMendIsTriedSlowlyFromTheStart) {
  EXPECT_EQ(delay(1, ErrorKind::Configuration), hours(1));
  EXPECT_EQ(delay(1, ErrorKind::Unauthorized), hours(1));
}

TEST(RetrySchedule, TheDiceTakeAtMostAFifthOff) {
  EXPECT_EQ(delay(1, ErrorKind::Transient, 0.5), seconds(27));
  EXPECT_GT(delay(1, ErrorKind::Transient, 0.999), seconds(24));
  EXPECT_LT(delay(1, ErrorKind::Transient, 0.999), seconds(25));
}

TEST(RetrySchedule, NeverComesBeforeTheTimeTheOtherSideAskedFor) {
  Error throttled = make_error(ErrorKind::Throttled, "x", "y");
  throttled.retry_after = Duration{2'128};
  EXPECT_EQ(next_attempt(kSchedule, 9, throttled, kNow, 0), kNow + Duration{2'128});
  const TimePoint late = next_attempt(kSchedule, 9, throttled, kNow, 0.999);
  EXPECT_GE(late, kNow + Duration{2'128});
  EXPECT_LE(late, kNow + Duration{2'128 + 426});
}

TEST(RetrySchedule, PatienceThatIsAbsurdOrOverIsBroughtIntoBounds) {
  EXPECT_EQ(obeyed(seconds(7)), seconds(7));
  EXPECT_EQ(obeyed(hours(24)), hours(24));
  EXPECT_EQ(obeyed(hours(24) + Duration{1}), hours(1));
  EXPECT_EQ(obeyed(Duration::max()), hours(1));
  EXPECT_EQ(obeyed(Duration{0}), seconds(1));
  EXPECT_EQ(obeyed(Duration{-5'000}), seconds(1));
  EXPECT_EQ(obeyed(Duration::min()), seconds(1));
  Error throttled = make_error(ErrorKind::Throttled, "x", "y");
  throttled.retry_after = Duration::max();
  EXPECT_EQ(next_attempt(kSchedule, 1, throttled, kNow, 0), kNow + hours(1));
  throttled.retry_after = Duration{-1};
  EXPECT_EQ(next_attempt(kSchedule, 1, throttled, kNow, 0), kNow + seconds(1));
}

TEST(RetrySchedule, ALongestBelowTheInitialWins) {
  const RetrySchedule odd{seconds(30), seconds(10)};
  EXPECT_EQ(next_attempt(odd, 1, make_error(ErrorKind::Transient, "x", "y"), kNow, 0), kNow + seconds(10));
}

}  // namespace
}  // namespace graph_milter::delivery
