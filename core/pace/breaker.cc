// SPDX-License-Identifier: Apache-2.0
#include "core/pace/breaker.h"

#include <algorithm>

namespace graph_milter::pace {
namespace {

// While a probe is on its way nobody knows when it will be back.
constexpr Duration kLookAgain = std::chrono::seconds(1);

Duration pause_after(int probes_failed, const BreakerRules& rules) {
  Duration pause = rules.first_pause;
  for (int i = 0; i < probes_failed && pause < rules.longest_pause; ++i) pause *= 2;
  return std::min(pause, rules.longest_pause);
}

// A clock that was set back must not make a pause of a day.
TimePoint probe_time(const Breaker& breaker, TimePoint now) {
  return std::min(breaker.next_probe, now + breaker.pause);
}

}  // namespace

bool may_start(Breaker& breaker, TimePoint now) {
  if (!breaker.open) return true;
  breaker.next_probe = probe_time(breaker, now);
  if (breaker.probing || now < breaker.next_probe) return false;
  breaker.probing = true;
  return true;
}

TimePoint next_start(const Breaker& breaker, TimePoint now) {
  if (!breaker.open) return now;
  const TimePoint probe = std::max(now, probe_time(breaker, now));
  return breaker.probing ? std::max(probe, now + kLookAgain) : probe;
}

void note_success(Breaker& breaker) { breaker = {}; }

void note_failure(Breaker& breaker, const BreakerRules& rules, TimePoint now) {
  ++breaker.failures_in_a_row;
  if (breaker.open && !breaker.probing) return;  // started before it opened
  if (!breaker.open && breaker.failures_in_a_row < rules.failures) return;
  if (breaker.open) ++breaker.probes_failed;
  breaker.open = true;
  breaker.probing = false;
  breaker.pause = pause_after(breaker.probes_failed, rules);
  breaker.next_probe = now + breaker.pause;
}

void note_nothing(Breaker& breaker) { breaker.probing = false; }

}  // namespace graph_milter::pace
