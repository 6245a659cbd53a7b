// SPDX-License-Identifier: Apache-2.0
#include "core/graph/expected_ranges.h"

#include <algorithm>

#include "core/base/text.h"

namespace graph_milter::graph {
namespace {

// "N", "N-", "A-B", or a number.
std::optional<ByteCount> range_begin(const json::Value& range) {
  if (const auto number = range.as_uint64()) return number;
  const std::string* text = range.as_string();
  if (text == nullptr) return std::nullopt;
  const std::string_view trimmed = trim(*text);
  const auto dash = trimmed.find('-');
  const auto begin = parse_unsigned(trimmed.substr(0, dash));
  if (dash == std::string_view::npos) return begin;
  const std::string_view rest = trimmed.substr(dash + 1);
  if (rest.empty()) return begin;
  const auto end = parse_unsigned(rest);
  return begin && end && *begin <= *end ? begin : std::nullopt;
}

}  // namespace

std::optional<ByteCount> next_expected(const json::Value& body) {
  std::optional<ByteCount> lowest;
  for (const json::Member& member : body.members()) {
    if (!equal_ignoring_case(member.key, "nextExpectedRanges")) continue;
    for (const json::Value& range : member.value.items()) {
      const auto begin = range_begin(range);
      if (!begin) return std::nullopt;
      lowest = std::min(lowest.value_or(*begin), *begin);
    }
  }
  return lowest;
}

}  // namespace graph_milter::graph
