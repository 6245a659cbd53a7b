// SPDX-License-Identifier: Apache-2.0
// nextExpectedRanges, in every spelling the service is known to use.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/json/json.h"

namespace graph_milter::graph {

// The lowest byte that the service still wants; nullopt if the member is missing, empty or unreadable.
std::optional<ByteCount> next_expected(const json::Value& body);

}  // namespace graph_milter::graph
