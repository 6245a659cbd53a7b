// SPDX-License-Identifier: Apache-2.0
#include "core/config/values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::config {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, so that writing finds the largest that fits.
constexpr std::array kSizeUnits = {Unit{"G", 1ULL << 30U}, Unit{"M", 1ULL << 20U}, Unit{"K", 1ULL << 10U}};
constexpr std::array kTimeUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                   Unit{"ms", 1}};

std::optional<std::uint64_t> multiply(std::uint64_t number, std::uint64_t factor, std::uint64_t most) {
  if (number > most / factor) return std::nullopt;
  return number * factor;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (equal_ignoring_case(unit.name, name)) return &unit;
  }
  return nullptr;
}

template <std::size_t N>
std::string write_with_unit(const std::array<Unit, N>& units, std::uint64_t value) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) return format("{}{}", value / unit.factor, unit.name);
  }
  return format("{}", value);
}

// The digits at the start, and what follows them.
std::pair<std::string_view, std::string_view> split_number(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_ascii_digit(text[digits])) ++digits;
  return {text.substr(0, digits), text.substr(digits)};
}

}  // namespace

std::optional<ByteCount> parse_size(std::string_view text) {
  const auto [digits, suffix] = split_number(text);
  const auto number = parse_unsigned(digits);
  if (!number) return std::nullopt;
  if (suffix.empty()) return number;
  const Unit* unit = find_unit(kSizeUnits, suffix);
  if (unit == nullptr) return std::nullopt;
  return multiply(*number, unit->factor, std::numeric_limits<std::uint64_t>::max());
}

std::optional<Duration> parse_duration(std::string_view text) {
  const auto [digits, suffix] = split_number(text);
  const auto number = parse_unsigned(digits);
  if (!number) return std::nullopt;
  const Unit* unit = find_unit(kTimeUnits, suffix.empty() ? std::string_view("s") : suffix);
  if (unit == nullptr) return std::nullopt;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Duration::rep>::max());
  const auto milliseconds = multiply(*number, unit->factor, most);
  if (!milliseconds) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*milliseconds));
}

std::optional<bool> parse_boolean(std::string_view text) {
  for (const std::string_view word : {"yes", "true", "on"}) {
    if (equal_ignoring_case(text, word)) return true;
  }
  for (const std::string_view word : {"no", "false", "off"}) {
    if (equal_ignoring_case(text, word)) return false;
  }
  return std::nullopt;
}

std::optional<unsigned> parse_mode(std::string_view text) {
  if (text.size() < 3 || text.size() > 4 || (text.size() == 4 && text[0] != '0')) return std::nullopt;
  unsigned mode = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    mode = mode * 8 + static_cast<unsigned>(digit - '0');
  }
  return mode;
}

std::string write_size(ByteCount size) { return write_with_unit(kSizeUnits, size); }

std::string write_duration(Duration duration) {
  return duration.count() == 0 ? "0s" : write_with_unit(kTimeUnits, static_cast<std::uint64_t>(duration.count()));
}

std::string write_boolean(bool value) { return value ? "yes" : "no"; }

std::string write_mode(unsigned mode) { return format("{:04o}", mode); }

std::optional<TimePoint> parse_date(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-dd";
  const bool formed =
      text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(),
                                               [](char c, char f) { return f == 'd' ? is_ascii_digit(c) : c == f; });
  if (!formed) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*parse_unsigned(text.substr(0, 4)))),
                                         std::chrono::month(static_cast<unsigned>(*parse_unsigned(text.substr(5, 2)))),
                                         std::chrono::day(static_cast<unsigned>(*parse_unsigned(text.substr(8, 2))))};
  // The journal's times begin in 1970, and no credential is older.
  if (!date.ok() || date.year() < std::chrono::year(1971)) return std::nullopt;
  return TimePoint(std::chrono::sys_days(date));
}

std::string write_date(TimePoint time) { return iso8601(time).substr(0, 10); }

}  // namespace graph_milter::config
