// SPDX-License-Identifier: Apache-2.0
// Walking text as UTF-8, one code point or one ill-formed sequence at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace graph_milter::json {

struct Utf8Step {
  std::size_t length = 0;  // bytes
  bool well_formed = false;
};

// The step at the start of `text`. An ill-formed sequence is the longest start of a well-formed one that is there
// (Unicode 15 section 3.9, "substitution of maximal subparts"), at least one byte. REQUIRES: text is not empty.
Utf8Step next_utf8(std::string_view text);

}  // namespace graph_milter::json
