// SPDX-License-Identifier: Apache-2.0
// Members of the JSON objects that the journal holds: what is missing or of another kind is Corrupt, by its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/json/json.h"

namespace graph_milter::queue {

tl::unexpected<Error> damaged(std::string what);

Result<json::Value> parse_object(std::string_view text);

// JSON has no bytes: what is not UTF-8 is written as {"hex": "..."}.
void write_bytes(json::Writer& out, std::string_view bytes);
void write_list(json::Writer& out, std::string_view key, const std::vector<std::string>& list);

Result<std::string> bytes_member(const json::Value& object, std::string_view key);
Result<std::vector<std::string>> list_member(const json::Value& object, std::string_view key);
Result<TimePoint> time_member(const json::Value& object, std::string_view key);
Result<int> count_member(const json::Value& object, std::string_view key);
Result<bool> flag_member(const json::Value& object, std::string_view key);

}  // namespace graph_milter::queue
