// SPDX-License-Identifier: Apache-2.0
#include "core/config/mta_fit.h"

#include <gtest/gtest.h>

#include "core/config/settings.h"

namespace graph_milter::config {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(MtaFit, TheDefaultsFitEachOther) {
  const Duration deadline = Settings().accept_deadline;
  EXPECT_TRUE(find_impatience(deadline, patience_of_postfix(seconds(3600))).empty());
  EXPECT_TRUE(find_impatience(deadline, patience_of_sendmail(seconds(10), minutes(5))).empty());
}

TEST(MtaFit, OnlyALimitThatProgressDoesNotRestartMustBeLongerThanTheDeadline) {
  EXPECT_TRUE(find_impatience(minutes(20), patience_of_postfix(seconds(3600))).empty());
  const auto found = find_impatience(minutes(20), patience_of_sendmail(seconds(10), minutes(5)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].option, "E: of the filter's T=");
  EXPECT_EQ(found[0].must_be, minutes(20) + kEndOfMessageMargin);
  EXPECT_EQ(found[0].text,
            "E: of the filter's T= is 300 s, so the MTA gives up before accept-deadline (1200 s) is over: set it to "
            "1230 s or more, or accept-deadline to less");
}

TEST(MtaFit, OneLimitMustBeLongerThanTheTimeBetweenTwoProgressMessages) {
  const auto found = find_impatience(minutes(1), patience_of_sendmail(seconds(4), seconds(60)));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].text,
            "R: of the filter's T= is 4 s, and graph-milter says only every 3 s that it is at work: set it to 9 s or "
            "more");
  EXPECT_EQ(found[1].option, "E: of the filter's T=");
  EXPECT_EQ(found[1].must_be, seconds(90));
}

TEST(MtaFit, PostfixsSmtpdMustWaitForCleanupForAsLong) {
  const auto found = find_impatience(minutes(5), patience_of_postfix(seconds(329)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].option, "ipc_timeout");
  EXPECT_EQ(found[0].must_be, seconds(330));
  EXPECT_TRUE(find_impatience(minutes(5), patience_of_postfix(seconds(330))).empty());
}

}  // namespace
}  // namespace graph_milter::config
