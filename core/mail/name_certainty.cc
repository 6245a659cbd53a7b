// SPDX-License-Identifier: Apache-2.0
#include "core/mail/name_certainty.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/mail/parameter_list.h"

namespace graph_milter::mail {
namespace {

constexpr std::array<std::string_view, 4> kWithoutState = {"us-ascii", "ascii", "utf-8", "utf8"};

bool is_control(unsigned char byte) { return byte < ' ' || byte == 0x7f; }

}  // namespace

bool is_certain_unquoted_name(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return is_token_char(c) && c != '\'' && c != '*'; });
}

bool is_certain_extended_text(std::string_view value) { return is_certain_unquoted_name(value); }

bool is_certain_name(std::string_view name) {
  if (name.empty()) return true;
  if (is_blank(name.front()) || is_blank(name.back()) || name.find("=?") != std::string_view::npos) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (is_control(byte)) return false;
    const bool is_c1 = byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0;
    if (is_c1) return false;
  }
  return true;
}

bool needs_whole_text(std::string_view charset) {
  return std::find(kWithoutState.begin(), kWithoutState.end(), charset) == kWithoutState.end() &&
         !charset.starts_with("iso-8859-") && !charset.starts_with("windows-125") && !charset.starts_with("koi8-");
}

}  // namespace graph_milter::mail
