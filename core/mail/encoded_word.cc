// SPDX-License-Identifier: Apache-2.0
#include "core/mail/encoded_word.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/base/text.h"
#include "core/mail/byte_scan.h"

namespace graph_milter::mail {
namespace {

constexpr std::size_t kLongestText = 64 * 1024;

constexpr std::array<std::string_view, 20> kCharsets = {
    "us-ascii",       "utf-8", "koi8-r",  "koi8-u", "iso-2022-jp", "shift_jis",   "euc-jp",
    "gb2312",         "gbk",   "gb18030", "big5",   "euc-kr",      "iso-2022-kr", "tis-620",
    "ks_c_5601-1987", "ascii", "utf8",    "cp1252", "cp932",       "macintosh"};

bool is_known_charset(const std::string& lower) {
  if (lower.starts_with("iso-8859-") || lower.starts_with("windows-125")) return lower.size() <= 12;
  return std::find(kCharsets.begin(), kCharsets.end(), lower) != kCharsets.end();
}

struct IconvCloser {
  void operator()(void* handle) const { iconv_close(handle); }
};
using Iconv = std::unique_ptr<void, IconvCloser>;

Iconv open_iconv(const std::string& charset) {
  const std::string name = charset == "ks_c_5601-1987" ? "cp949" : charset;
  iconv_t handle = iconv_open("UTF-8", name.c_str());
  // iconv_open reports failure as a pointer of all ones.
  if (reinterpret_cast<std::intptr_t>(handle) == -1) handle = nullptr;
  return Iconv(handle);
}

std::optional<std::string> convert(std::string_view bytes, const std::string& charset) {
  const Iconv handle = open_iconv(charset);
  if (!handle) return std::nullopt;
  std::string in(bytes);
  std::string out(bytes.size() * 4 + 16, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t from_left = in.size();
  std::size_t to_left = out.size();
  constexpr auto failed = static_cast<std::size_t>(-1);
  if (iconv(handle.get(), &from, &from_left, &to, &to_left) == failed || from_left != 0) return std::nullopt;
  if (iconv(handle.get(), nullptr, nullptr, &to, &to_left) == failed) return std::nullopt;
  out.resize(out.size() - to_left);
  // 0x80 is the Euro sign of GBK for some, and nothing for others.
  if (charset.starts_with("gb") && out.find("\u20ac") != std::string::npos) return std::nullopt;
  return out;
}

int hex_value(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte written as two hex digits at the front of `text`, or -1.
int leading_hex_byte(std::string_view text) {
  if (text.size() < 2) return -1;
  const int high = hex_value(text[0]);
  const int low = hex_value(text[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::optional<std::string> decode_hex_escapes(std::string_view text, char escape, bool underscore_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != escape) {
      out += underscore_is_blank && text[i] == '_' ? ' ' : text[i];
      continue;
    }
    const int byte = leading_hex_byte(text.substr(i + 1));
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::optional<std::string> decode_base64_word(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U | static_cast<unsigned>(value)) & 0xffffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU);
  }
  return out;
}

struct Word {
  std::string_view charset;
  char encoding = 'q';
  std::string_view text;
  std::size_t length = 0;  // of the whole word
};

// "=?charset?q?text?=" at the front of `text` (RFC 2047 section 2; a language as in RFC 2231 section 5 is dropped).
std::optional<Word> leading_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const char encoding = ascii_lower(text[charset_end + 1]);
  if (encoding != 'q' && encoding != 'b') return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));
  if (charset.empty() || charset.find_first_of(" \t\"") != std::string_view::npos) return std::nullopt;
  return Word{charset, encoding, text.substr(begin, end - begin), end + 2};
}

// Empty also for a '?' within the text: most readers take such a thing for no word, some for one.
std::optional<std::string> decode_word_bytes(const Word& word) {
  if (word.text.empty() || word.text.find('?') != std::string_view::npos) return std::nullopt;
  if (word.encoding == 'b') return decode_base64_word(word.text);
  return decode_hex_escapes(word.text, '=', true);
}

// Neighbouring words of one charset are joined before the conversion, since some writers cut inside a character.
class WordDecoder {
 public:
  bool add_word(const Word& word) {
    const std::optional<std::string> bytes = decode_word_bytes(word);
    if (!bytes) return false;
    const std::string charset = to_lower(word.charset);
    if (charset != charset_ && !flush()) return false;
    charset_ = charset;
    bytes_ += *bytes;
    return true;
  }
  bool add_plain(std::string_view text) {
    if (!flush() || !is_valid_utf8(text)) return false;
    out_ += text;
    return true;
  }
  bool flush() {
    if (charset_.empty()) return true;
    const std::optional<std::string> text = to_utf8(bytes_, charset_);
    if (!text) return false;
    out_ += *text;
    charset_.clear();
    bytes_.clear();
    return true;
  }
  const std::string& out() const { return out_; }

 private:
  std::string out_;
  std::string charset_;
  std::string bytes_;
};

}  // namespace

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
  const std::string lower = to_lower(charset);
  if (bytes.size() > kLongestText || !is_known_charset(lower)) return std::nullopt;
  if (lower != "utf-8" && lower != "utf8") return convert(bytes, lower);
  if (!is_valid_utf8(bytes)) return std::nullopt;
  return std::string(bytes);
}

void* open_utf8_converter(std::string_view lower_charset) {
  const std::string charset(lower_charset);
  return is_known_charset(charset) ? open_iconv(charset).release() : nullptr;
}

std::optional<std::string> decode_encoded_words(std::string_view text) {
  if (text.size() > kLongestText) return std::nullopt;
  WordDecoder decoder;
  bool after_word = false;
  // Without this mark a text full of "=?" would be searched to its end at each of them.
  bool may_hold_words = text.find("?=") != std::string_view::npos;
  while (!text.empty()) {
    const std::size_t start = may_hold_words ? text.find("=?") : std::string_view::npos;
    const std::string_view before = text.substr(0, start);
    const std::optional<Word> word = start == std::string_view::npos ? std::nullopt : leading_word(text.substr(start));
    if (!word) {
      const std::size_t plain = start == std::string_view::npos ? text.size() : start + 2;
      if (!decoder.add_plain(text.substr(0, plain))) return std::nullopt;
      text.remove_prefix(plain);
      may_hold_words = may_hold_words && text.find("?=") != std::string_view::npos;
      after_word = false;
      continue;
    }
    const bool only_blanks = before.find_first_not_of(" \t") == std::string_view::npos;
    if (!(after_word && only_blanks) && !decoder.add_plain(before)) return std::nullopt;
    const bool stands_alone = before.empty() ? !after_word : is_blank(before.back());
    const std::string_view behind = text.substr(start + word->length);
    if (!stands_alone || !(behind.empty() || is_blank(behind.front()))) return std::nullopt;
    if (!decoder.add_word(*word)) return std::nullopt;
    text = behind;
    after_word = true;
  }
  if (!decoder.flush()) return std::nullopt;
  return decoder.out();
}

std::optional<std::string> decode_percent(std::string_view text) { return decode_hex_escapes(text, '%', false); }

}  // namespace graph_milter::mail
