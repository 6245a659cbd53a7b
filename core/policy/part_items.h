// SPDX-License-Identifier: Apache-2.0
// Items of lists about parts and recipients: types, names, and words of a fixed choice.
#pragma once

#include <span>
#include <string>

#include "core/policy/match_list.h"

namespace graph_milter::policy {

// "/scan.*/i": see Pattern. One word.
bool takes_pattern(std::string_view word);
Result<MatcherPointer> read_pattern(std::span<const std::string> words, const std::string& where, MapStore& maps);

// "application/pdf", "image/*".
Result<MatcherPointer> read_types(std::span<const std::string> words, const std::string& where, MapStore& maps);

// "*.pdf": '*' is any text, '?' one byte; upper and lower case of ASCII alike.
Result<MatcherPointer> read_names(std::span<const std::string> words, const std::string& where, MapStore& maps);

// "inside", "outside", "mixed".
Result<MatcherPointer> read_sides(std::span<const std::string> words, const std::string& where, MapStore& maps);

}  // namespace graph_milter::policy
