// SPDX-License-Identifier: Apache-2.0
// Decoding of what stands in MIME fields and bodies: parameters, base64, quoted-printable.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace graph_milter::emulator {

struct ParameterizedValue {
  std::string word;                               // "multipart/mixed", lower case
  std::map<std::string, std::string> parameters;  // names lower case; RFC 2231 continuations joined and decoded
};

ParameterizedValue parse_parameterized(std::string_view value);

std::string decode_base64_leniently(std::string_view text);  // skips what is not in the alphabet (RFC 2045 6.8)
std::string decode_quoted_printable(std::string_view text);  // RFC 2045 6.7
std::string to_utf8(std::string_view charset, std::string bytes);

}  // namespace graph_milter::emulator
