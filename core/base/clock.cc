// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.h"

#include <ctime>

namespace graph_milter {

namespace {

// strftime's %a and %b follow the locale; mail dates are English (RFC 5322 section 3.3).
constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::tm utc(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

std::string strftime_utc(const std::tm& parts, const char* form) {
  char text[64];
  return {text, std::strftime(text, sizeof text, form, &parts)};
}

}  // namespace

TimePoint SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

TimePoint ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void ManualClock::advance(Duration by) {
  const std::lock_guard lock(mutex_);
  now_ += by;
}

std::int64_t to_unix_ms(TimePoint time) { return time.time_since_epoch().count(); }

TimePoint from_unix_ms(std::int64_t milliseconds) { return TimePoint(std::chrono::milliseconds(milliseconds)); }

std::string rfc5322_date(TimePoint time) {
  const std::tm parts = utc(time);
  return std::string(kDays[parts.tm_wday]) + strftime_utc(parts, ", %d ") + kMonths[parts.tm_mon] +
         strftime_utc(parts, " %Y %H:%M:%S +0000");
}

std::string iso8601(TimePoint time) { return strftime_utc(utc(time), "%Y-%m-%dT%H:%M:%SZ"); }

}  // namespace graph_milter
