// SPDX-License-Identifier: Apache-2.0
// Query options: $select, paging, and the filters the service answers for messages.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

// The options a request may have; others are refused.
std::optional<Reply> check_options(State& state, const Call& call, const std::vector<std::string>& known);

// Leaves only the selected members and what the service always sends. Refuses names that are not in `known`.
std::optional<Reply> select(State& state, const Call& call, const std::vector<std::string>& known, Json& value);

// One page of `values` ($top, $skip) with @odata.nextLink.
Reply page(State& state, const Call& call, std::string_view context, std::size_t count,
           const std::function<Json(std::size_t)>& value_at);

struct FilterResult {
  std::optional<Reply> refusal;
  std::function<bool(const Item&)> matches;
};
FilterResult parse_filter(State& state, const Call& call);

}  // namespace graph_milter::emulator
