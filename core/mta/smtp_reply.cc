// SPDX-License-Identifier: Apache-2.0
#include "core/mta/smtp_reply.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::mta {
namespace {

constexpr std::size_t kTextBytes = 500;  // of a reply, for people

// What a stranger's line may put into a log, a journal or a mail: printable ASCII, and UTF-8.
std::string printable(std::string_view text) {
  const bool utf8 = is_valid_utf8(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_blank(c)) {
      out += ' ';
    } else {
      out += byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8) ? '?' : c;
    }
  }
  return std::string(trim(out));
}

Error not_smtp(std::string what) {
  return make_error(ErrorKind::Transient, "", std::move(what), "look what listens there: it does not speak SMTP");
}

// Takes up to three digits off the front.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < 3 && count < text.size() && is_ascii_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

}  // namespace

std::string_view enhanced_code(int code, std::string_view text) {
  std::string_view rest = text;
  const std::string_view kind = take_digits(rest);
  if (kind.size() != 1 || kind.front() - '0' != code / 100) return {};
  for (int i = 0; i < 2; ++i) {
    if (rest.substr(0, 1) != ".") return {};
    rest.remove_prefix(1);
    if (take_digits(rest).empty()) return {};
  }
  if (!rest.empty() && rest.front() != ' ') return {};
  return text.substr(0, text.size() - rest.size());
}

Result<bool> ReplyReader::add(std::string_view line) {
  if (++count_ > kLines) return fail(not_smtp(format("a reply of more than {} lines", kLines)));
  std::string_view rest = line;
  const std::string_view digits = take_digits(rest);
  const bool has_code = digits.size() == 3 && digits.front() >= '2' && digits.front() <= '5';
  if (!has_code || (!rest.empty() && rest.front() != ' ' && rest.front() != '-'))
    return fail(not_smtp(format("no SMTP reply: \"{}\"", escape_for_log(line, 80))));
  const int code = static_cast<int>(*parse_unsigned(digits));
  if (count_ > 1 && code != reply_.code)
    return fail(not_smtp(format("a reply that begins with {} and goes on with {}", reply_.code, code)));
  reply_.code = code;
  const bool last = rest.empty() || rest.front() == ' ';
  if (!rest.empty()) rest.remove_prefix(1);

  lines_ += std::string(rest) + '\n';
  const std::string_view enhanced = enhanced_code(code, rest);
  if (reply_.enhanced.empty()) reply_.enhanced = enhanced;
  const std::string text = printable(rest.substr(enhanced.size()));
  if (!reply_.text.empty() && !text.empty()) reply_.text += ' ';
  reply_.text += text;
  if (reply_.text.size() > kTextBytes) {
    reply_.text.resize(kTextBytes);
    while (!is_valid_utf8(reply_.text)) reply_.text.pop_back();
  }
  return last;
}

Extensions parse_extensions(std::string_view lines) {
  Extensions offered;
  const std::size_t greeting_end = std::min(lines.find('\n'), lines.size());
  for (const std::string& line : split_list(lines.substr(greeting_end), "\n")) {
    const std::vector<std::string> words = split_list(line, " \t=");  // "AUTH=PLAIN" is old but seen
    if (words.empty()) continue;
    const std::string& keyword = words.front();
    if (equal_ignoring_case(keyword, "8BITMIME")) offered.eight_bit = true;
    if (equal_ignoring_case(keyword, "SMTPUTF8")) offered.utf8 = true;
    if (equal_ignoring_case(keyword, "DSN")) offered.dsn = true;
    if (equal_ignoring_case(keyword, "AUTH")) offered.auth = true;
    if (!equal_ignoring_case(keyword, "SIZE")) continue;
    offered.size = true;
    const auto largest = words.size() > 1 ? parse_unsigned(words[1]) : std::nullopt;
    if (largest && *largest > 0) offered.largest = largest;  // 0: no fixed limit
  }
  return offered;
}

}  // namespace graph_milter::mta
