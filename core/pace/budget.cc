// SPDX-License-Identifier: Apache-2.0
#include "core/pace/budget.h"

#include <algorithm>

namespace graph_milter::pace {
namespace {

constexpr int kPieces = 100;  // of the window; what is used within one is kept as one use

// Which piece of the window a time lies in, counted from 1970.
std::int64_t piece_of(TimePoint at, Duration window) {
  const std::int64_t piece = std::max<std::int64_t>(1, window.count() / kPieces);
  return to_unix_ms(at) / piece;
}

}  // namespace

TimePoint fits_at(const Budget& budget, const BudgetRules& rules, std::uint64_t amount, TimePoint now) {
  if (rules.amount == 0) return now;
  std::uint64_t used = 0;
  for (const Budget::Use& use : budget.uses) used += use.amount;
  TimePoint at = now;
  for (const Budget::Use& use : budget.uses) {
    const bool fits = used + amount <= rules.amount;
    const TimePoint over = use.at + rules.window;
    if (fits && over > at) break;
    at = std::max(at, over);
    used -= use.amount;
  }
  return at;
}

void use(Budget& budget, const BudgetRules& rules, std::uint64_t amount, TimePoint now) {
  if (rules.amount == 0 || amount == 0) return;
  auto& uses = budget.uses;
  while (!uses.empty() && uses.front().at + rules.window <= now) uses.pop_front();
  if (!uses.empty() && piece_of(uses.back().at, rules.window) == piece_of(now, rules.window)) {
    // The later of both times, so that nothing is forgotten too early.
    uses.back().at = std::max(uses.back().at, now);
    uses.back().amount += amount;
    return;
  }
  uses.push_back({uses.empty() ? now : std::max(now, uses.back().at), amount});
}

void give_back(Budget& budget, std::uint64_t amount) {
  auto& uses = budget.uses;
  while (amount > 0 && !uses.empty()) {
    const std::uint64_t part = std::min(amount, uses.back().amount);
    uses.back().amount -= part;
    amount -= part;
    if (uses.back().amount == 0) uses.pop_back();
  }
}

}  // namespace graph_milter::pace
