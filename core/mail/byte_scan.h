// SPDX-License-Identifier: Apache-2.0
// The loops that see every byte of a message body: where a line could end, and what is base64.
#pragma once

#include <cstddef>
#include <string_view>

namespace graph_milter::mail {

// The first CR, LF or NUL in [begin, end), or end.
const char* find_line_special(const char* begin, const char* end);

// RFC 4648 table 1, in the order of the values, without '='.
inline constexpr std::string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The first byte in [begin, end) outside the base64 alphabet (RFC 4648 table 1, without '='), or end.
const char* find_non_base64(const char* begin, const char* end);

// How many whole lines of exactly `length` base64 characters and CRLF stand at `begin`. REQUIRES: length > 0.
std::size_t count_base64_lines(const char* begin, const char* end, std::size_t length);

// The six bits a character of the base64 alphabet stands for, or -1.
int base64_value(char c);

// The same functions without vector instructions, so that a test can compare.
namespace scalar {
const char* find_line_special(const char* begin, const char* end);
const char* find_non_base64(const char* begin, const char* end);
std::size_t count_base64_lines(const char* begin, const char* end, std::size_t length);
}  // namespace scalar

}  // namespace graph_milter::mail
