// SPDX-License-Identifier: Apache-2.0
#include "core/pace/quota.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/support/temp_folder.h"

namespace graph_milter::pace {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kNow = TimePoint(hours(500'000));

std::vector<Payer> payers(QuotaRules client, QuotaRules login, const std::string& who = "10.0.0.1") {
  return {{"client", who, client}, {"login", "anna", login}};
}

TEST(Quota, LetsThroughWhatTheRulesSayAndNoMore) {
  Quotas quotas;
  const auto three = payers({3, 0}, {});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(quotas.take(three, 10, kNow)) << i;
  const auto refusal = quotas.take(three, 10, kNow);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->payer, 0U);
  EXPECT_EQ(refusal->limit, QuotaLimit::Messages);
  EXPECT_FALSE(quotas.take(payers({3, 0}, {}, "10.0.0.2"), 10, kNow)) << "each for himself";
  EXPECT_TRUE(quotas.take(three, 10, kNow + minutes(59)));
  EXPECT_FALSE(quotas.take(three, 10, kNow + minutes(60)));
}

TEST(Quota, CountsBytes) {
  Quotas quotas;
  const auto rules = payers({}, {0, 1000});
  EXPECT_FALSE(quotas.take(rules, 600, kNow));
  const auto refusal = quotas.take(rules, 401, kNow);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->payer, 1U);
  EXPECT_EQ(refusal->limit, QuotaLimit::Bytes);
  EXPECT_FALSE(quotas.take(rules, 400, kNow));
  EXPECT_TRUE(quotas.take(rules, 1, kNow));
  EXPECT_FALSE(quotas.take(rules, 5000, kNow + hours(1))) << "alone in its hour";
  EXPECT_TRUE(quotas.take(rules, 1, kNow + hours(1)));
}

TEST(Quota, CountsForNobodyWhatOneRefuses) {
  Quotas quotas;
  const auto rules = payers({10, 0}, {1, 0});
  EXPECT_FALSE(quotas.take(rules, 1, kNow));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(quotas.take(rules, 1, kNow)->payer, 1U) << i;
}

TEST(Quota, GivesBackWhatWasNotTaken) {
  Quotas quotas;
  const auto rules = payers({2, 100}, {});
  for (int i = 0; i < 20; ++i) {
    ASSERT_FALSE(quotas.take(rules, 60, kNow)) << i;
    quotas.give_back(rules, 60);
  }
  EXPECT_FALSE(quotas.take(rules, 60, kNow));
  EXPECT_EQ(quotas.take(rules, 60, kNow)->limit, QuotaLimit::Bytes);
}

TEST(Quota, FollowsRulesThatChange) {
  Quotas quotas;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(quotas.take(payers({10, 0}, {}), 1, kNow));
  EXPECT_TRUE(quotas.take(payers({5, 0}, {}), 1, kNow));
  EXPECT_FALSE(quotas.take(payers({0, 0}, {}), 1, kNow));
  EXPECT_FALSE(quotas.take(payers({6, 0}, {}), 1, kNow));
}

TEST(Quota, RemembersNobodyWithoutALimit) {
  Quotas quotas;
  EXPECT_FALSE(quotas.take(payers({}, {}), 1, kNow));
  EXPECT_EQ(quotas.size(), 0U);
}

TEST(Quota, ForgetsWhoHasBeenQuietForAnHour) {
  Quotas quotas;
  TimePoint now = kNow;
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_FALSE(quotas.take(payers({5, 0}, {}, std::to_string(i)), 1, now));
    now += minutes(1);
    ASSERT_LE(quotas.size(), 200U);
  }
}

// In any hour no more than the rules say, and nothing is refused that would have fitted.
TEST(Quota, WalkedAtRandomAgreesWithAList) {
  std::mt19937_64 random(test::seed());
  Quotas quotas;
  const auto rules = payers({7, 500}, {});
  std::vector<std::pair<TimePoint, ByteCount>> taken;
  TimePoint now = kNow;
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    now += minutes(random() % 12);
    const ByteCount bytes = 1 + random() % 200;
    std::size_t messages = 0;
    ByteCount sum = 0;
    for (const auto& [at, size] : taken) {
      if (at + hours(1) <= now) continue;
      ++messages;
      sum += size;
    }
    const bool fits = messages < 7 && (sum + bytes <= 500 || messages == 0);
    ASSERT_EQ(!quotas.take(rules, bytes, now), fits) << "round " << round;
    if (fits) taken.emplace_back(now, bytes);
    if (taken.size() > 60) taken.erase(taken.begin());
    refused += fits ? 0 : 1;
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace graph_milter::pace
