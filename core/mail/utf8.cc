// SPDX-License-Identifier: Apache-2.0
#include "core/mail/utf8.h"

#include <cstddef>

namespace graph_milter::mail {

namespace {

struct Lead {
  std::size_t length = 0;  // 0: begins no code point
  char32_t bits = 0;
  char32_t smallest = 0;  // a smaller value is an overlong form
};

Lead read_lead(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte >= 0xC2 && byte < 0xE0) return {2, byte & 0x1FU, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return {3, byte & 0x0FU, 0x800};
  if (byte >= 0xF0 && byte < 0xF5) return {4, byte & 0x07U, 0x10000};
  return {};
}

}  // namespace

CodePoint take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const Lead lead = read_lead(first);
  char32_t value = lead.bits;
  bool valid = lead.length != 0 && lead.length <= text.size();
  for (std::size_t i = 1; valid && i < lead.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    valid = (byte & 0xC0U) == 0x80;
    value = value << 6 | (byte & 0x3FU);
  }
  valid = valid && value >= lead.smallest && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  text.remove_prefix(valid ? lead.length : 1);
  return valid ? CodePoint{value, true} : CodePoint{first, false};
}

std::string to_utf8(char32_t code_point) {
  const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  const auto tail = [&](int shift) { return byte(0x80U | (code_point >> shift & 0x3FU)); };
  if (code_point < 0x80) return {byte(code_point)};
  if (code_point < 0x800) return {byte(0xC0U | code_point >> 6), tail(0)};
  if (code_point < 0x10000) return {byte(0xE0U | code_point >> 12), tail(6), tail(0)};
  return {byte(0xF0U | code_point >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace graph_milter::mail
