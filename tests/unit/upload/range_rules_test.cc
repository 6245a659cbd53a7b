// SPDX-License-Identifier: Apache-2.0
#include "core/upload/range_rules.h"

#include <gtest/gtest.h>

namespace graph_milter::upload {
namespace {

TEST(RangeRules, OutlookTakesTwelveTimes320KiBByDefault) {
  EXPECT_EQ(outlook_rules().size, 3'932'160U);
  EXPECT_EQ(outlook_rules().size, 12U * 327'680U);
}

TEST(RangeRules, OutlookNeverGetsMoreThanFourMegabytes) {
  EXPECT_EQ(outlook_rules(4'000'000).size, 4'000'000U);
  EXPECT_EQ(outlook_rules(4'000'001).size, 4'000'000U);
  EXPECT_EQ(outlook_rules(0).size, 1U);
}

TEST(RangeRules, DriveGetsMultiplesOf320KiBBelow60MiB) {
  EXPECT_EQ(drive_rules(1).size, 327'680U);
  EXPECT_EQ(drive_rules(1'000'000).size, 3U * 327'680U);
  EXPECT_EQ(drive_rules(~ByteCount{0}).size % 327'680U, 0U);
  EXPECT_LT(drive_rules(~ByteCount{0}).size, 60U * 1024U * 1024U);
}

TEST(RangeRules, TheLastRangeEndsWithTheFile) {
  const RangeRules rules{.size = 10, .multiple = 1, .limit = 10};
  EXPECT_EQ(range_at(rules, 0, 25), (ByteRange{0, 10}));
  EXPECT_EQ(range_at(rules, 20, 25), (ByteRange{20, 25}));
  EXPECT_EQ(range_at(rules, 15, 25), (ByteRange{15, 25}));
  EXPECT_EQ(range_at(rules, 24, 25), (ByteRange{24, 25}));
}

}  // namespace
}  // namespace graph_milter::upload
