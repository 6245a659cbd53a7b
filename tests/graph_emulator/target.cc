// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/target.h"

#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

int hex_value(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_escape(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
}

// RFC 3986 section 3.3 and 3.4: what may stand unescaped in a path or a query.
bool may_stand_bare(char c) {
  constexpr std::string_view kOther = "-._~!$&'()*+,;=:@/?%";
  const char lower = ascii_lower(c);
  return is_ascii_digit(c) || (lower >= 'a' && lower <= 'z') || kOther.find(c) != std::string_view::npos;
}

std::string fault_of(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (!may_stand_bare(target[i])) return "unescaped character " + escape_for_log(target.substr(i, 1)) + " in the URL";
    if (target[i] == '%' && !is_escape(target, i)) return "malformed percent-encoding in the URL";
  }
  return {};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::pair<std::string, std::string> option_of(std::string_view piece) {
  const std::size_t equals = piece.find('=');
  const std::string_view value = equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1);
  return {percent_decode(piece.substr(0, equals), true), percent_decode(value, true)};
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && is_escape(text, i)) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

bool Target::has(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return true;
  }
  return false;
}

std::string Target::option(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

Target parse_target(std::string_view text) {
  Target target;
  target.fault = fault_of(text);
  const std::size_t question = text.find('?');
  std::string_view path = text.substr(0, question);
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (const std::string_view segment : split(path, '/')) target.segments.push_back(percent_decode(segment, false));
  if (question == std::string_view::npos) return target;
  for (const std::string_view piece : split(text.substr(question + 1), '&')) {
    if (!piece.empty()) target.query.push_back(option_of(piece));
  }
  return target;
}

std::string path_template(std::string_view text) {
  std::string out;
  const std::string_view path = text.substr(0, text.find('?'));
  constexpr std::size_t kLongestWord = 48;
  for (const std::string_view segment : split(path.substr(path.empty() ? 0 : 1), '/')) {
    const bool is_key = segment.size() > kLongestWord && segment.find('@') == std::string_view::npos;
    out.append(1, '/').append(is_key ? std::string_view("{id}") : segment);
  }
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const std::string_view piece : split(text, '&')) {
    if (piece.empty() || piece.find('=') == std::string_view::npos) return std::nullopt;
    if (!fault_of(piece).empty()) return std::nullopt;
    fields.push_back(option_of(piece));
  }
  return fields;
}

}  // namespace graph_milter::emulator
