// SPDX-License-Identifier: Apache-2.0
#include "core/base/forward_clock.h"

#include <gtest/gtest.h>

namespace graph_milter {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr TimePoint kStart = TimePoint(hours(500'000));

TEST(ForwardClock, RunsLikeTheOneItIsMadeFrom) {
  const auto clock = std::make_shared<ManualClock>(kStart);
  const ForwardClock forward(clock);
  EXPECT_EQ(forward.now(), kStart);
  clock->advance(seconds(5));
  EXPECT_EQ(forward.now(), kStart + seconds(5));
  clock->advance(hours(24));
  EXPECT_EQ(forward.now(), kStart + hours(24) + seconds(5));
}

TEST(ForwardClock, GoesOnFromWhereItWasWhenTheOtherIsSetBack) {
  const auto clock = std::make_shared<ManualClock>(kStart);
  const ForwardClock forward(clock);
  clock->advance(seconds(5));
  EXPECT_EQ(forward.now(), kStart + seconds(5));
  clock->advance(-hours(24));
  EXPECT_EQ(forward.now(), kStart + seconds(5));
  clock->advance(seconds(7));
  EXPECT_EQ(forward.now(), kStart + seconds(12));
  clock->advance(-hours(24));
  clock->advance(seconds(1));
  EXPECT_EQ(forward.now(), kStart + seconds(12));  // what passed unseen is not known
}

}  // namespace
}  // namespace graph_milter
