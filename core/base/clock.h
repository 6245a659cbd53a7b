// SPDX-License-Identifier: Apache-2.0
// Time as an argument: what decides takes `now`, what acts takes a Clock.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace graph_milter {

// UTC, milliseconds. Written to the journal as milliseconds since 1970.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // any thread
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

// Moves only when told. For tests and for replaying decisions.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start) : now_(start) {}
  TimePoint now() const override;
  void advance(Duration by);

 private:
  mutable std::mutex mutex_;
  TimePoint now_;
};

std::int64_t to_unix_ms(TimePoint time);
TimePoint from_unix_ms(std::int64_t milliseconds);

// "Sun, 22 Nov 2026 09:02:05 +0000" (RFC 5322 section 3.3), always UTC.
std::string rfc5322_date(TimePoint time);

// "2026-11-22T09:02:05Z".
std::string iso8601(TimePoint time);

}  // namespace graph_milter
