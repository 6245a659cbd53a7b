// SPDX-License-Identifier: Apache-2.0
// Reading text that mail carries in disguise: RFC 2047 words and charsets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace graph_milter::mail {

// `bytes` in `charset` as UTF-8. Empty if the charset is not one that all readers know alike (US-ASCII, UTF-8,
// ISO-8859-*, windows-125*, KOI8-*, and the national ones of East Asia), or the bytes are not valid in it.
std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset);

// A handle of iconv(3) from `charset`, in lower case, to UTF-8, for whoever converts piece by piece: close it with
// iconv_close. Null if the charset is not one of those.
void* open_utf8_converter(std::string_view lower_charset);

// The text with its RFC 2047 words decoded; blanks between two words go (section 6.2). What only looks like a word
// stays as it is. Empty if a word can't be decoded exactly, or text outside the words is not UTF-8.
std::optional<std::string> decode_encoded_words(std::string_view text);

// %HH of RFC 2231 section 4. Empty if a % is not followed by two hex digits.
std::optional<std::string> decode_percent(std::string_view text);

}  // namespace graph_milter::mail
