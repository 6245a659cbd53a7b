// SPDX-License-Identifier: Apache-2.0
#include "core/mta/sendmail_cf.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/file.h"
#include "core/base/text.h"

namespace graph_milter::mta {

namespace {

// A line with the lines that continue it, which begin with a blank.
struct CfLine {
  std::string text;
  std::size_t number = 0;
};

std::vector<CfLine> join_lines(std::string_view text) {
  std::vector<CfLine> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && is_blank(line.front())) {
      if (!out.empty()) out.back().text += line;
    } else if (!trim(line).empty()) {
      out.push_back({std::string(line), number});
    }
  }
  return out;
}

struct KeyAndValue {
  std::string key;
  std::string value;
};

// "S=unix:/a, F=T" as pairs. A piece without "=" has no value. Sendmail looks at the first letter of a key.
std::vector<KeyAndValue> read_pairs(std::string_view text) {
  std::vector<KeyAndValue> out;
  for (const std::string& piece : split_list(text, ",")) {
    const std::size_t equals = piece.find('=');
    const std::string_view view = piece;
    out.push_back({std::string(trim(view.substr(0, equals))),
                   equals == std::string::npos ? std::string() : std::string(trim(view.substr(equals + 1)))});
  }
  return out;
}

bool begins(const KeyAndValue& pair, char letter) {
  return !pair.key.empty() && ascii_lower(pair.key.front()) == ascii_lower(letter);
}

std::optional<Duration> unit(char letter) {
  using namespace std::chrono_literals;
  switch (ascii_lower(letter)) {
    case 's':
      return 1s;
    case 'm':
      return 1min;
    case 'h':
      return 1h;
    case 'd':
      return 24h;
    case 'w':
      return 7 * 24h;
    default:
      return std::nullopt;
  }
}

// "90", "2m", "1h30m"; a number alone is seconds.
std::optional<Duration> read_time(std::string_view text) {
  Duration total{0};
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && is_ascii_digit(text[digits])) ++digits;
    const auto number = parse_unsigned(text.substr(0, digits));
    const auto one = digits < text.size() ? unit(text[digits]) : unit('s');
    constexpr std::uint64_t kMost = 1'000'000;
    if (!number || !one || *number > kMost) return std::nullopt;
    total += *one * static_cast<int>(*number);
    text.remove_prefix(std::min(text.size(), digits + 1));
  }
  return total;
}

CfTimeouts read_timeouts(std::string_view text) {
  CfTimeouts out;
  for (const std::string& piece : split_list(text, ";")) {
    const std::string_view view = piece;
    std::optional<Duration>* field = nullptr;
    switch (ascii_lower(view.front())) {
      case 'c':
        field = &out.connect;
        break;
      case 's':
        field = &out.send;
        break;
      case 'r':
        field = &out.reply;
        break;
      case 'e':
        field = &out.end;
        break;
      default:
        break;
    }
    const bool colon = view.size() > 1 && view[1] == ':';
    const auto time = colon ? read_time(trim(view.substr(2))) : std::nullopt;
    if (field == nullptr || !time) {
      out.unreadable.push_back(piece);
    } else {
      *field = time;
    }
  }
  return out;
}

CfFilter read_filter(const CfLine& line) {
  CfFilter out;
  out.line = line.number;
  const std::string_view rest = std::string_view(line.text).substr(1);
  const std::size_t comma = rest.find(',');
  out.name = std::string(trim(rest.substr(0, comma)));
  if (comma == std::string_view::npos) return out;
  for (const KeyAndValue& pair : read_pairs(rest.substr(comma + 1))) {
    if (begins(pair, 'S')) out.socket = pair.value;
    if (begins(pair, 'F')) out.flags = pair.value;
    if (begins(pair, 'T')) out.timeouts = read_timeouts(pair.value);
  }
  return out;
}

CfDaemon read_daemon(std::string_view value, std::size_t line) {
  CfDaemon out;
  out.line = line;
  for (const KeyAndValue& pair : read_pairs(value)) {
    if (begins(pair, 'N')) out.name = pair.value;
    if (begins(pair, 'P')) out.port = pair.value;
    if (begins(pair, 'I')) out.mail_filters = split_list(pair.value, ";");
  }
  return out;
}

void read_option(const CfLine& line, SendmailCf& cf) {
  const std::string_view text = std::string_view(line.text).substr(1);
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = trim(text.substr(0, equals));
  const std::string_view value = trim(text.substr(equals + 1));
  if (equal_ignoring_case(name, "InputMailFilters")) {
    cf.mail_filters = split_list(value, ",");
    cf.mail_filters_line = line.number;
  } else if (equal_ignoring_case(name, "MaxMessageSize")) {
    cf.max_message_size = parse_unsigned(value).value_or(0);
    cf.max_message_size_line = line.number;
  } else if (equal_ignoring_case(name, "RunAsUser")) {
    cf.run_as_user = std::string(value.substr(0, value.find_first_of(":.")));
  } else if (equal_ignoring_case(name, "DaemonPortOptions")) {
    cf.daemons.push_back(read_daemon(value, line.number));
  }
}

}  // namespace

SendmailCf parse_sendmail_cf(std::string_view text) {
  SendmailCf cf;
  for (const CfLine& line : join_lines(text)) {
    if (line.text.front() == 'X') cf.filters.push_back(read_filter(line));
    if (line.text.starts_with("O ")) read_option(line, cf);
  }
  return cf;
}

Result<SendmailCf> read_sendmail_cf(const std::string& path) {
  constexpr ByteCount kMost = ByteCount{4} * 1024 * 1024;  // m4 makes 50 KB
  const auto text = read_small_file(path.empty() ? std::string(kSendmailCf) : path, kMost);
  if (text) return parse_sendmail_cf(*text);
  const Error& error = text.error();
  return fail(error.kind, error.where, error.what, "say where Sendmail has its sendmail.cf: --mta-config FILE");
}

}  // namespace graph_milter::mta
