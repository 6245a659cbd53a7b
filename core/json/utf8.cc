// SPDX-License-Identifier: Apache-2.0
#include "core/json/utf8.h"

namespace graph_milter::json {
namespace {

// Unicode 15 table 3-7: how many bytes follow a first byte, and what the second byte may be.
struct Shape {
  std::size_t following = 0;
  unsigned char second_low = 0x80;
  unsigned char second_high = 0xBF;
};

constexpr Shape kIllFormed{4, 0xFF, 0x00};

constexpr Shape shape_of(unsigned char first) {
  if (first < 0x80) return {0};
  if (first < 0xC2) return kIllFormed;
  if (first < 0xE0) return {1};
  if (first == 0xE0) return {2, 0xA0, 0xBF};
  if (first == 0xED) return {2, 0x80, 0x9F};
  if (first < 0xF0) return {2};
  if (first == 0xF0) return {3, 0x90, 0xBF};
  if (first < 0xF4) return {3};
  if (first == 0xF4) return {3, 0x80, 0x8F};
  return kIllFormed;
}

}  // namespace

Utf8Step next_utf8(std::string_view text) {
  const Shape shape = shape_of(static_cast<unsigned char>(text[0]));
  for (std::size_t i = 1; i <= shape.following; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char low = i == 1 ? shape.second_low : 0x80;
    const unsigned char high = i == 1 ? shape.second_high : 0xBF;
    if (byte < low || byte > high) return {i, false};
  }
  return {shape.following + 1, true};
}

}  // namespace graph_milter::json
