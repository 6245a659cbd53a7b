// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/retry_schedule.h"

#include <algorithm>

namespace graph_milter::delivery {
namespace {

Duration part_of(Duration whole, double share) {
  return Duration{static_cast<Duration::rep>(static_cast<double>(whole.count()) * share)};
}

Duration delay_after(const RetrySchedule& schedule, int failures, ErrorKind kind) {
  if (kind == ErrorKind::Configuration || kind == ErrorKind::Unauthorized) return schedule.longest;
  Duration delay = schedule.initial;
  for (int i = 1; i < failures && delay < schedule.longest; ++i) delay *= 2;
  return std::min(delay, schedule.longest);
}

}  // namespace

Duration obeyed(Duration retry_after) {
  constexpr Duration kLeast = std::chrono::seconds(1);
  constexpr Duration kAbsurd = std::chrono::hours(24);
  if (retry_after > kAbsurd) return std::chrono::hours(1);
  return std::max(retry_after, kLeast);
}

TimePoint next_attempt(const RetrySchedule& schedule, int failures, const Error& why, TimePoint now, double dice) {
  constexpr double kJitter = 0.2;
  if (why.retry_after) {
    const Duration wait = obeyed(*why.retry_after);
    return now + wait + part_of(std::min(wait, schedule.initial), dice * kJitter);
  }
  const Duration delay = delay_after(schedule, failures, why.kind);
  return now + delay - part_of(delay, dice * kJitter);
}

}  // namespace graph_milter::delivery
