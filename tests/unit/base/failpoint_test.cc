// SPDX-License-Identifier: Apache-2.0
#include "core/base/failpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/temp_folder.h"

namespace graph_milter {
namespace {

#ifdef GM_FAILPOINTS

using testing::KilledBySignal;

// Orders are read once in a process, so each test passes the places in a child of its own.
void pass_with(const std::string& orders, const std::string& trace = {}) {
  setenv("GM_FAILPOINT", orders.c_str(), 1);
  if (!trace.empty()) setenv("GM_FAILPOINT_TRACE", trace.c_str(), 1);
  for (int round = 1; round <= 3; ++round) {
    std::fprintf(stderr, "round %d\n", round);
    GM_FAILPOINT(C1);
    GM_FAILPOINT(C14);
  }
  std::fprintf(stderr, "survived\n");
  std::_Exit(7);
}

TEST(Failpoint, WithoutOrdersAllArePassed) { EXPECT_EXIT(pass_with(""), testing::ExitedWithCode(7), "survived"); }

TEST(Failpoint, AProcessDiesWhereItIsOrderedTo) {
  EXPECT_EXIT(pass_with("C14"), KilledBySignal(SIGKILL), "^round 1\n$");
}

TEST(Failpoint, ItDiesAtThePassageThatWasNamed) {
  EXPECT_EXIT(pass_with("C14:3"), KilledBySignal(SIGKILL), "round 3\n$");
}

TEST(Failpoint, APassageThatNeverComesLetsItLive) {
  EXPECT_EXIT(pass_with("C14:4"), testing::ExitedWithCode(7), "survived");
}

TEST(Failpoint, AnotherNameIsNoOrder) { EXPECT_EXIT(pass_with("C140"), testing::ExitedWithCode(7), "survived"); }

TEST(Failpoint, OfSeveralOrdersTheFirstThatComesIsDone) {
  EXPECT_EXIT(pass_with("C14:3,C1:2"), KilledBySignal(SIGKILL), "round 2\n$");
}

TEST(Failpoint, AStarCountsWhateverComes) { EXPECT_EXIT(pass_with("*:5"), KilledBySignal(SIGKILL), "round 3\n$"); }

TEST(Failpoint, AnOrderThatCannotBeReadIsSaidAloud) {
  for (const char* order : {"C14:", "C14:x", "C14:0", "C14:-1", "C14:1x", ":1"}) {
    EXPECT_EXIT(pass_with(order), KilledBySignal(SIGABRT), "is not NAME or NAME:PASSAGE") << order;
  }
}

TEST(Failpoint, TheTraceSaysWhereItCameAlongTheLastLineIsWhereItDied) {
  const test::TempFolder folder;
  const std::string trace = folder.file("trace");
  EXPECT_EXIT(pass_with("C14:2", trace), KilledBySignal(SIGKILL), "");
  EXPECT_EQ(test::read_file(trace), "C1\nC14\nC1\nC14\n");
}

#else

TEST(Failpoint, IsNothingInABuildThatIsInstalled) {
  setenv("GM_FAILPOINT", "C1", 1);
  GM_FAILPOINT(C1);
}

#endif

}  // namespace
}  // namespace graph_milter
