// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/mime_values.h"

#include <array>
#include <vector>

#include "core/base/text.h"
#include "tests/graph_emulator/mime_reader.h"
#include "tests/graph_emulator/target.h"

namespace graph_milter::emulator {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const std::array<signed char, 256>& sextets() {
  static const std::array<signed char, 256> table = [] {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
      values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
    }
    return values;
  }();
  return table;
}

int sextet(char c) { return sextets()[static_cast<unsigned char>(c)]; }

int hex_digit(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Reads a comment, RFC 5322 section 3.2.2; `at` is on the opening parenthesis.
void skip_comment(std::string_view text, std::size_t& at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '(')
      ++depth;
    else if (text[at] == ')' && --depth == 0) {
      ++at;
      return;
    }
  }
}

std::string quoted_string(std::string_view text, std::size_t& at) {
  std::string out;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    out.push_back(text[at]);
  }
  if (at < text.size()) ++at;
  return out;
}

void skip_blanks(std::string_view text, std::size_t& at) {
  while (at < text.size()) {
    if (text[at] == '(')
      skip_comment(text, at);
    else if (is_blank(text[at]) || text[at] == '\r' || text[at] == '\n')
      ++at;
    else
      return;
  }
}

std::string plain_value(std::string_view text, std::size_t& at) {
  if (at < text.size() && text[at] == '"') return quoted_string(text, at);
  const std::size_t begin = at;
  while (at < text.size() && text[at] != ';' && text[at] != '(' && !is_blank(text[at])) ++at;
  return std::string(text.substr(begin, at - begin));
}

// Raw parameters by name as written ("filename*0*").
std::map<std::string, std::string> raw_parameters(std::string_view text, std::size_t at) {
  std::map<std::string, std::string> raw;
  while (at < text.size()) {
    const std::size_t semicolon = text.find(';', at);
    if (semicolon == std::string_view::npos) break;
    at = semicolon + 1;
    skip_blanks(text, at);
    const std::size_t equals = text.find_first_of("=;", at);
    if (equals == std::string_view::npos) break;
    if (text[equals] == ';') {
      at = equals;
      continue;
    }
    const std::string name = to_lower(trim(text.substr(at, equals - at)));
    at = equals + 1;
    skip_blanks(text, at);
    const std::string value = plain_value(text, at);
    raw.emplace(name, value);
  }
  return raw;
}

// RFC 2231: charset'language'percent-encoded.
std::string decode_extended(std::string_view value, std::string& charset, bool first) {
  if (first) {
    const std::size_t one = value.find('\'');
    const std::size_t two = one == std::string_view::npos ? one : value.find('\'', one + 1);
    if (two != std::string_view::npos) {
      charset = std::string(value.substr(0, one));
      value.remove_prefix(two + 1);
    }
  }
  return percent_decode(value, false);
}

std::string joined_sections(const std::map<std::string, std::string>& raw, const std::string& name) {
  std::string out;
  std::string charset;
  for (int section = 0;; ++section) {
    const std::string key = name + "*" + std::to_string(section);
    if (const auto extended = raw.find(key + "*"); extended != raw.end()) {
      out += decode_extended(extended->second, charset, section == 0);
    } else if (const auto plain = raw.find(key); plain != raw.end()) {
      out += plain->second;
    } else {
      return to_utf8(charset, out);
    }
  }
}

}  // namespace

std::string to_utf8(std::string_view charset, std::string bytes) {
  const std::string name = to_lower(charset);
  if (name != "iso-8859-1" && name != "latin1" && name != "windows-1252") return bytes;
  std::string out;
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    if (value < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xC0 | (value >> 6)));
      out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
    }
  }
  return out;
}

ParameterizedValue parse_parameterized(std::string_view value) {
  ParameterizedValue out;
  std::size_t at = 0;
  skip_blanks(value, at);
  const std::size_t begin = at;
  while (at < value.size() && value[at] != ';' && value[at] != '(' && !is_blank(value[at])) ++at;
  out.word = to_lower(value.substr(begin, at - begin));
  const std::map<std::string, std::string> raw = raw_parameters(value, at);
  for (const auto& [name, text] : raw) {
    const std::size_t star = name.find('*');
    if (star == std::string::npos) {
      out.parameters.emplace(name, text);
    } else if (star + 1 == name.size()) {
      std::string charset;
      std::string decoded = decode_extended(text, charset, true);
      out.parameters[name.substr(0, star)] = to_utf8(charset, std::move(decoded));
    } else if (name.substr(star, 2) == "*0") {
      out.parameters[name.substr(0, star)] = joined_sections(raw, name.substr(0, star));
    }
  }
  return out;
}

std::string decode_base64_leniently(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int value = sextet(c);
    if (value < 0) continue;
    bits = (bits << 6) | static_cast<unsigned>(value);
    if (++count == 4) {
      out.push_back(static_cast<char>((bits >> 16) & 0xFF));
      out.push_back(static_cast<char>((bits >> 8) & 0xFF));
      out.push_back(static_cast<char>(bits & 0xFF));
      bits = 0;
      count = 0;
    }
  }
  if (count == 2) out.push_back(static_cast<char>((bits >> 4) & 0xFF));
  if (count == 3) {
    out.push_back(static_cast<char>((bits >> 10) & 0xFF));
    out.push_back(static_cast<char>((bits >> 2) & 0xFF));
  }
  return out;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    std::string_view ending = newline == std::string_view::npos ? std::string_view() : text.substr(newline, 1);
    if (!line.empty() && line.back() == '\r' && !ending.empty()) {
      line.remove_suffix(1);
      ending = text.substr(newline - 1, 2);
    }
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    bool soft = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '=') {
        out.push_back(line[i]);
      } else if (i + 1 == line.size()) {
        soft = true;
      } else if (i + 2 < line.size() && hex_digit(line[i + 1]) >= 0 && hex_digit(line[i + 2]) >= 0) {
        out.push_back(static_cast<char>(hex_digit(line[i + 1]) * 16 + hex_digit(line[i + 2])));
        i += 2;
      } else {
        out.push_back('=');
      }
    }
    if (!soft) out += ending;
  }
  return out;
}

bool decode_base64_strictly(std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  for (const char c : text.substr(0, text.size() - padding)) {
    if (sextet(c) < 0) return false;
  }
  if (padding > 0) {
    const int last = sextet(text[text.size() - padding - 1]);
    if ((last & (padding == 1 ? 0x03 : 0x0F)) != 0) return false;
  }
  out = decode_base64_leniently(text);
  return true;
}

std::string decode_words(std::string_view value) {
  std::string out;
  std::string_view gap;  // blanks between two encoded words are dropped
  bool after_word = false;
  while (!value.empty()) {
    const std::size_t start = value.find("=?");
    if (start == std::string_view::npos) break;
    const std::size_t charset_end = value.find('?', start + 2);
    const std::size_t encoding_end =
        charset_end == std::string_view::npos ? charset_end : value.find('?', charset_end + 1);
    const std::size_t end = encoding_end == std::string_view::npos ? encoding_end : value.find("?=", encoding_end + 1);
    if (end == std::string_view::npos || encoding_end != charset_end + 2) {
      out += value.substr(0, start + 2);
      value.remove_prefix(start + 2);
      after_word = false;
      continue;
    }
    gap = value.substr(0, start);
    if (!after_word || !trim(gap).empty()) out += gap;
    std::string_view charset = value.substr(start + 2, charset_end - start - 2);
    charset = charset.substr(0, charset.find('*'));
    std::string coded(value.substr(encoding_end + 1, end - encoding_end - 1));
    const char kind = ascii_lower(value[charset_end + 1]);
    if (kind == 'q') {
      for (char& c : coded) c = c == '_' ? ' ' : c;
      // A trailing blank is text here, unlike at the end of a quoted-printable line.
      std::string decoded;
      for (std::size_t i = 0; i < coded.size(); ++i) {
        if (coded[i] == '=' && i + 2 < coded.size() && hex_digit(coded[i + 1]) >= 0 && hex_digit(coded[i + 2]) >= 0) {
          decoded.push_back(static_cast<char>(hex_digit(coded[i + 1]) * 16 + hex_digit(coded[i + 2])));
          i += 2;
        } else {
          decoded.push_back(coded[i]);
        }
      }
      out += to_utf8(charset, std::move(decoded));
    } else {
      out += to_utf8(charset, decode_base64_leniently(coded));
    }
    value.remove_prefix(end + 2);
    after_word = true;
  }
  return out + std::string(value);
}

namespace {

// Collects one address; `at` stops on the separator.
void finish_address(std::string& phrase, std::string& angle, bool has_angle, std::vector<Address>& out) {
  const std::string address(trim(has_angle ? std::string_view(angle) : std::string_view(phrase)));
  if (!address.empty()) out.push_back({has_angle ? decode_words(trim(phrase)) : std::string(), address});
  phrase.clear();
  angle.clear();
}

}  // namespace

std::vector<Address> parse_addresses(std::string_view text) {
  std::vector<Address> out;
  std::string phrase;
  std::string angle;
  bool has_angle = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '(') {
      skip_comment(text, at);
    } else if (c == '"') {
      const std::size_t begin = at;
      const std::string unquoted = quoted_string(text, at);
      const bool is_local_part = at < text.size() && text[at] == '@';
      phrase += is_local_part ? std::string(text.substr(begin, at - begin)) : unquoted;
    } else if (c == '<') {
      const std::size_t end = text.find('>', at);
      angle = std::string(text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1));
      has_angle = true;
      at = end == std::string_view::npos ? text.size() : end + 1;
    } else if (c == ',' || c == ';') {
      finish_address(phrase, angle, has_angle, out);
      has_angle = false;
      ++at;
    } else if (c == ':') {
      phrase.clear();  // the name of a group
      ++at;
    } else {
      phrase.push_back(c);
      ++at;
    }
  }
  finish_address(phrase, angle, has_angle, out);
  return out;
}

}  // namespace graph_milter::emulator
