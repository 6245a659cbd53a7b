// SPDX-License-Identifier: Apache-2.0
// The request target: path segments and query options, decoded once, after splitting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graph_milter::emulator {

struct Target {
  std::vector<std::string> segments;                       // decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded; '+' is a space
  std::string fault;                                       // what a client must never write; empty: fine

  bool has(std::string_view name) const;
  std::string option(std::string_view name) const;  // or empty
};

Target parse_target(std::string_view target);

// "/v1.0/users/a@b/messages/{id}/send": long segments are replaced, the query is left out.
std::string path_template(std::string_view target);

// application/x-www-form-urlencoded; nullopt: malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text);

// '+' to space only if `plus_is_space`. Malformed escapes are kept.
std::string percent_decode(std::string_view text, bool plus_is_space);

}  // namespace graph_milter::emulator
