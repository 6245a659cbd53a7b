// SPDX-License-Identifier: Apache-2.0
#include "core/config/conf_value.h"

#include "core/base/text.h"

namespace graph_milter::config {

namespace {

// Position of the quote that closes the one at `open`; npos if there is none.
std::size_t closing_quote(std::string_view text, std::size_t open) {
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string without_escapes(std::string_view quoted) {
  std::string out;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    const bool escape = quoted[i] == '\\' && i + 1 < quoted.size() && (quoted[i + 1] == '"' || quoted[i + 1] == '\\');
    if (escape) ++i;
    out += quoted[i];
  }
  return out;
}

}  // namespace

ValueText read_value(std::string_view text) {
  std::size_t end = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      const std::size_t close = closing_quote(text, i);
      if (close == std::string_view::npos) return {{}, "the quote is not closed on this line", i, false};
      i = close;
    } else if (text[i] == '#' && (i == 0 || is_blank(text[i - 1]))) {
      end = i;
      break;
    }
  }
  const std::string_view value = trim(text.substr(0, end));
  const bool all_quoted = value.size() >= 2 && value.front() == '"' && closing_quote(value, 0) == value.size() - 1;
  return {all_quoted ? without_escapes(value.substr(1, value.size() - 2)) : std::string(value), {}, 0, all_quoted};
}

std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace graph_milter::config
