// SPDX-License-Identifier: Apache-2.0
// Messages with line ends that no editor shows, written in a readable form.
#pragma once

#include <string>
#include <string_view>

namespace graph_milter::test {

// "\n" is CRLF, "@" + "R" a CR alone, "@" + "L" an LF alone, "@" + "0" a NUL.
inline std::string bytes_of(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view two = std::string_view(text).substr(i, 2);
    if (two == "@R" || two == "@L" || two == "@0") {
      out += two == "@R" ? '\r' : two == "@L" ? '\n' : '\0';
      ++i;
    } else {
      out += text[i] == '\n' ? "\r\n" : std::string(1, text[i]);
    }
  }
  return out;
}

}  // namespace graph_milter::test
