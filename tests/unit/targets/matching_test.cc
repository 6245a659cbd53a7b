// SPDX-License-Identifier: Apache-2.0
#include "core/targets/matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/support/temp_folder.h"

namespace graph_milter::targets {
namespace {

using Pairs = std::set<std::pair<std::size_t, std::size_t>>;

std::vector<std::size_t> match_pairs(std::size_t left, std::size_t right, const Pairs& pairs) {
  return match(left, right, [&](std::size_t l, std::size_t r) { return pairs.contains({l, r}); });
}

std::size_t partners(const std::vector<std::size_t>& matched) {
  return matched.size() - static_cast<std::size_t>(std::count(matched.begin(), matched.end(), kNoPartner));
}

// The size of the largest matching, the slow way.
std::size_t best(std::size_t l, std::size_t left, std::size_t right, const Pairs& pairs, std::set<std::size_t>& used) {
  if (l == left) return 0;
  std::size_t most = best(l + 1, left, right, pairs, used);
  for (std::size_t r = 0; r < right; ++r) {
    if (!pairs.contains({l, r}) || used.contains(r)) continue;
    used.insert(r);
    most = std::max(most, 1 + best(l + 1, left, right, pairs, used));
    used.erase(r);
  }
  return most;
}

TEST(Matching, AGreedyChoiceIsTakenBackWhereALaterOneNeedsIt) {
  EXPECT_EQ(match_pairs(2, 2, {{0, 0}, {0, 1}, {1, 0}}), (std::vector<std::size_t>{1, 0}));
}

TEST(Matching, WhatFitsNothingStaysAlone) {
  EXPECT_EQ(match_pairs(2, 1, {{1, 0}}), (std::vector<std::size_t>{kNoPartner, 0}));
  EXPECT_TRUE(match_pairs(0, 3, {}).empty());
  EXPECT_EQ(match_pairs(1, 0, {}), (std::vector<std::size_t>{kNoPartner}));
}

TEST(Matching, TheFirstKeepsItsPartner) {
  EXPECT_EQ(match_pairs(2, 1, {{0, 0}, {1, 0}}), (std::vector<std::size_t>{0, kNoPartner}));
}

TEST(Matching, IsAsLargeAsCanBe) {
  std::mt19937_64 dice(test::seed());
  for (int i = 0; i < 500; ++i) {
    const std::size_t left = dice() % 6;
    const std::size_t right = dice() % 6;
    Pairs pairs;
    for (std::size_t l = 0; l < left; ++l) {
      for (std::size_t r = 0; r < right; ++r) {
        if (dice() % 3 == 0) pairs.insert({l, r});
      }
    }
    const auto matched = match_pairs(left, right, pairs);
    std::set<std::size_t> used;
    EXPECT_EQ(partners(matched), best(0, left, right, pairs, used));
    for (std::size_t l = 0; l < left; ++l) {
      if (matched[l] == kNoPartner) continue;
      EXPECT_TRUE(pairs.contains({l, matched[l]}));
      EXPECT_TRUE(used.insert(matched[l]).second) << "one partner for two";
    }
  }
}

}  // namespace
}  // namespace graph_milter::targets
