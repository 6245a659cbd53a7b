// SPDX-License-Identifier: Apache-2.0
// The value of one line of a conf file: quotes and the comment at its end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace graph_milter::config {

struct ValueText {
  std::string value;
  std::string problem;     // empty: none
  std::size_t offset = 0;  // of the problem, in bytes
  bool quoted = false;     // the value was one quoted text
};

// `text` is what stands after '=', or a continued line. Cuts a comment and blanks at the end, takes the quotes off a
// value that is one quoted text, leaves quotes elsewhere as they are.
ValueText read_value(std::string_view text);

// One quoted text, of which read_value() makes `value` again.
std::string in_quotes(std::string_view value);

}  // namespace graph_milter::config
