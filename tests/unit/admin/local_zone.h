// SPDX-License-Identifier: Apache-2.0
// The time zone of this process, while it lives: Central European Time, which in November is UTC + 1.
#pragma once

#include <cstdlib>
#include <ctime>

namespace graph_milter::admin {

class LocalZone {
 public:
  LocalZone() {
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
  }
  ~LocalZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  LocalZone(const LocalZone&) = delete;
  LocalZone& operator=(const LocalZone&) = delete;
};

inline constexpr long long kNoon = 1'795'348'800'000;  // 2026-11-22T12:00:00Z, a Sunday

}  // namespace graph_milter::admin
