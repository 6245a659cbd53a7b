// SPDX-License-Identifier: Apache-2.0
// How much of something fits into a time that slides: messages a minute, recipients a day, bytes in five minutes. Pure.
#pragma once

#include <cstdint>
#include <deque>

#include "core/base/clock.h"

namespace graph_milter::pace {

struct BudgetRules {
  std::uint64_t amount = 0;  // 0: no limit
  Duration window{0};
};

// What was used, by time. A value; the caller guards it. Uses of the same hundredth of the window are kept as one, so
// its size is bounded.
struct Budget {
  struct Use {
    TimePoint at{};
    std::uint64_t amount = 0;
    friend bool operator==(const Use&, const Use&) = default;
  };
  std::deque<Use> uses;
  friend bool operator==(const Budget&, const Budget&) = default;
};

// When `amount` more fits; `now` if it does. An amount larger than the whole budget fits once nothing else is in the
// window: it must go out some time.
TimePoint fits_at(const Budget& budget, const BudgetRules& rules, std::uint64_t amount, TimePoint now);
void use(Budget& budget, const BudgetRules& rules, std::uint64_t amount, TimePoint now);

// Of what was used, this much did not happen after all: the newest uses shrink. No more than was used.
void give_back(Budget& budget, std::uint64_t amount);

// A share of a limit for each of `nodes` hosts; at least 1 unless the limit is 0.
constexpr std::uint64_t share(std::uint64_t amount, std::uint64_t nodes) {
  return amount == 0 ? 0 : (amount / nodes == 0 ? 1 : amount / nodes);
}

}  // namespace graph_milter::pace
