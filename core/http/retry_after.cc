// SPDX-License-Identifier: Apache-2.0
#include "core/http/retry_after.h"

#include <curl/curl.h>

#include <algorithm>

#include "core/base/text.h"

namespace graph_milter::http {
namespace {

constexpr Duration kLeast = std::chrono::seconds(1);
constexpr Duration kMost = std::chrono::hours(1);

// "12", "2.128"; digits beyond milliseconds count as a begun millisecond. What is negative is over.
std::optional<Duration> read_seconds(std::string_view text) {
  if (text.starts_with('-') && !text.starts_with("--")) {
    const auto over = read_seconds(text.substr(1));
    return over ? std::optional(Duration{0}) : std::nullopt;
  }
  const auto dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view fraction = dot == std::string_view::npos ? "" : text.substr(dot + 1);
  if (whole.empty() || !std::all_of(whole.begin(), whole.end(), is_ascii_digit)) return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), is_ascii_digit)) return std::nullopt;

  const auto seconds = parse_unsigned(whole);
  if (!seconds || *seconds >= 3600) return kMost;  // also what is too long for a number
  std::int64_t milliseconds = static_cast<std::int64_t>(*seconds) * 1000;
  std::int64_t unit = 100;
  for (std::size_t i = 0; i < std::min<std::size_t>(fraction.size(), 3); ++i, unit /= 10)
    milliseconds += (fraction[i] - '0') * unit;
  if (fraction.find_first_not_of('0', 3) != std::string_view::npos) ++milliseconds;
  return Duration(milliseconds);
}

std::optional<TimePoint> read_date(const std::string& text) {
  const std::time_t seconds = curl_getdate(text.c_str(), nullptr);
  if (seconds == -1) return std::nullopt;
  return TimePoint(std::chrono::seconds(seconds));
}

}  // namespace

std::optional<Duration> retry_after(const Response& response, TimePoint now) {
  const std::string text(trim(response.header("retry-after")));
  if (text.empty()) return std::nullopt;
  auto wait = read_seconds(text);
  if (!wait) {
    const auto date = read_date(text);
    if (!date) return std::nullopt;
    wait = *date - read_date(response.header("date")).value_or(now);
  }
  return std::clamp(*wait, kLeast, kMost);
}

}  // namespace graph_milter::http
