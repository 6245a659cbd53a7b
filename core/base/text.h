// SPDX-License-Identifier: Apache-2.0
// ASCII text: case, blanks, escaping, numbers. Nothing here depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graph_milter {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

// Without the blanks (space, TAB, CR, LF) at both ends.
std::string_view trim(std::string_view text);

// The pieces between separators, trimmed; empty pieces are left out.
std::vector<std::string> split_list(std::string_view text, std::string_view separators = ", \t");

// All of `text` must be the number; no sign, no blanks.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

// Percent-encodes all but RFC 3986 unreserved characters: safe in a path segment and in a query value.
std::string percent_encode(std::string_view text);

// Printable for a log or a terminal: controls, non-UTF-8 bytes and the quote become \xNN; cut to `limit` bytes with
// "...".
std::string escape_for_log(std::string_view text, std::size_t limit = 256);

bool is_ascii(std::string_view text);
bool is_valid_utf8(std::string_view text);
// Where the first byte is that belongs to no UTF-8 character; npos: nowhere.
std::size_t find_invalid_utf8(std::string_view text);

// The candidate with the smallest edit distance, if that is small enough to be a slip of the fingers; else empty.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);

// "20.0 MB": for people, never parsed.
std::string human_size(std::uint64_t bytes);

std::string to_hex(std::span<const unsigned char> bytes);

}  // namespace graph_milter
