// SPDX-License-Identifier: Apache-2.0
// Walking UTF-8 one code point at a time (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF).
#pragma once

#include <string>
#include <string_view>

namespace graph_milter::mail {

struct CodePoint {
  char32_t value = 0;  // where valid is false, the byte as it is
  bool valid = false;
};

// Takes the first code point, or one byte that begins none, off `text`. REQUIRES: text is not empty.
CodePoint take_code_point(std::string_view& text);

std::string to_utf8(char32_t code_point);

}  // namespace graph_milter::mail
