// SPDX-License-Identifier: Apache-2.0
#include "core/pace/budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/temp_folder.h"

namespace graph_milter::pace {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kNow = TimePoint(hours(500'000));
constexpr BudgetRules kTen{10, minutes(1)};

TEST(Budget, TakesWhatFitsAtOnce) {
  Budget budget;
  EXPECT_EQ(fits_at(budget, kTen, 10, kNow), kNow);
  use(budget, kTen, 6, kNow);
  EXPECT_EQ(fits_at(budget, kTen, 4, kNow), kNow);
  EXPECT_EQ(fits_at(budget, kTen, 5, kNow), kNow + minutes(1));
}

TEST(Budget, IsFreeAgainWhenTheWindowHasPassedOver) {
  Budget budget;
  use(budget, kTen, 6, kNow);
  use(budget, kTen, 4, kNow + seconds(30));
  EXPECT_EQ(fits_at(budget, kTen, 1, kNow + seconds(59)), kNow + seconds(60));
  EXPECT_EQ(fits_at(budget, kTen, 6, kNow + seconds(59)), kNow + seconds(60));
  EXPECT_EQ(fits_at(budget, kTen, 7, kNow + seconds(59)), kNow + seconds(90));
  EXPECT_EQ(fits_at(budget, kTen, 6, kNow + seconds(60)), kNow + seconds(60));
}

TEST(Budget, LetsThroughWhatIsLargerThanAllOfItOnceNothingElseIsThere) {
  Budget budget;
  EXPECT_EQ(fits_at(budget, kTen, 100, kNow), kNow);
  use(budget, kTen, 100, kNow);
  EXPECT_EQ(fits_at(budget, kTen, 1, kNow + seconds(1)), kNow + minutes(1));
  EXPECT_EQ(fits_at(budget, kTen, 100, kNow + seconds(1)), kNow + minutes(1));
}

TEST(Budget, OfZeroIsNoLimit) {
  Budget budget;
  use(budget, {0, minutes(1)}, 1'000'000, kNow);
  EXPECT_TRUE(budget.uses.empty());
  EXPECT_EQ(fits_at(budget, {0, minutes(1)}, 1'000'000, kNow), kNow);
}

TEST(Budget, TakesPlacesThatAreStillToCome) {
  Budget budget;
  use(budget, kTen, 10, kNow);
  const TimePoint next = fits_at(budget, kTen, 10, kNow);
  EXPECT_EQ(next, kNow + minutes(1));
  use(budget, kTen, 10, next);
  EXPECT_EQ(fits_at(budget, kTen, 1, kNow), kNow + minutes(2));
}

TEST(Budget, StaysSmall) {
  Budget budget;
  constexpr BudgetRules kBytes{150'000'000, minutes(5)};
  for (int i = 0; i < 100'000; ++i) use(budget, kBytes, 1, kNow + Duration(i * 10));
  EXPECT_LE(budget.uses.size(), 101U);
}

TEST(Budget, IsSharedByNodes) {
  EXPECT_EQ(share(30, 1), 30U);
  EXPECT_EQ(share(30, 4), 7U);
  EXPECT_EQ(share(3, 4), 1U);
  EXPECT_EQ(share(0, 4), 0U);
}

// Keeps every use by itself and looks at every moment that could matter.
class NaiveBudget {
 public:
  explicit NaiveBudget(BudgetRules rules) : rules_(rules) {}

  void use(std::uint64_t amount, TimePoint at) { uses_.push_back({at, amount}); }

  std::uint64_t used_in_window_before(TimePoint end) const {
    std::uint64_t used = 0;
    for (const Budget::Use& use : uses_)
      if (use.at + rules_.window > end && use.at <= end) used += use.amount;
    return used;
  }

  TimePoint fits_at(std::uint64_t amount, TimePoint now) const {
    std::vector<TimePoint> moments = {now};
    for (const Budget::Use& use : uses_)
      if (use.at + rules_.window > now) moments.push_back(use.at + rules_.window);
    std::sort(moments.begin(), moments.end());
    for (const TimePoint moment : moments) {
      const std::uint64_t used = used_in_window_before(moment);
      if (used == 0 || used + amount <= rules_.amount) return moment;
    }
    return moments.back();
  }

 private:
  BudgetRules rules_;
  std::vector<Budget::Use> uses_;
};

TEST(Budget, AgreesWithOneThatKeepsEverythingOnAnyWalk) {
  std::mt19937_64 random(test::seed());
  for (int walk = 0; walk < 40; ++walk) {
    const BudgetRules rules{1 + random() % 200, Duration(100 + random() % 100'000)};
    const Duration piece = rules.window / 100 + Duration(1);
    Budget budget;
    NaiveBudget naive(rules);
    TimePoint now = kNow;
    for (int step = 0; step < 400; ++step) {
      now += Duration(random() % static_cast<std::uint64_t>(rules.window.count() / 8));
      const std::uint64_t amount = 1 + random() % (rules.amount + rules.amount / 8);
      const TimePoint exact = naive.fits_at(amount, now);
      const TimePoint answer = pace::fits_at(budget, rules, amount, now);
      ASSERT_GE(answer, exact) << "walk " << walk << " step " << step;  // never more than the budget
      ASSERT_LE(answer, exact + piece) << "walk " << walk << " step " << step;
      if (random() % 3 == 0) continue;  // asked only
      use(budget, rules, amount, answer);
      naive.use(amount, answer);
      now = answer;
      const std::uint64_t used = naive.used_in_window_before(now);
      ASSERT_TRUE(used <= rules.amount || used == amount) << "walk " << walk << " step " << step;
    }
  }
}

}  // namespace
}  // namespace graph_milter::pace
