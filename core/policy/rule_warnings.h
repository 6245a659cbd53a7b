// SPDX-License-Identifier: Apache-2.0
// Rules that can be read, but can't do what somebody meant: found before the mail comes. None of it keeps a policy from
// being used.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

// What is relayed at most, whatever a rule says.
struct RelayLimits {
  ByteCount part = ~ByteCount{0};     // option max-part-size
  ByteCount message = ~ByteCount{0};  // the largest of max-message-size
};

// How many pairs of rules are compared at most; pairs whose rules ask for different things cost next to nothing.
inline constexpr std::uint64_t kComparisons = 2'000'000;

// In the order of the rules, each of kind Usage at the rule's line: rules that no message can match (sizes that exclude
// each other, lists of which nothing is left, more than is ever relayed), items of a list that never decide, and rules
// of which an earlier one takes all mail. `comparisons` is counted down; where it ends, no more shadows are looked for.
std::vector<Error> find_warnings(const std::vector<Rule>& rules, const RelayLimits& limits,
                                 std::uint64_t comparisons = kComparisons);

}  // namespace graph_milter::policy
