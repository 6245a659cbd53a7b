// SPDX-License-Identifier: Apache-2.0
// The circuit breaker: when Graph or the token service fails for everybody, one message at a time finds out whether it
// is back, instead of all of them. Pure.
#pragma once

#include "core/base/clock.h"

namespace graph_milter::pace {

struct BreakerRules {
  int failures = 5;                                 // in a row, over all mailboxes, that open it
  Duration first_pause = std::chrono::seconds(15);  // before the first probe; doubled for each that fails
  Duration longest_pause = std::chrono::minutes(5);
};

// A value; the caller guards it.
struct Breaker {
  int failures_in_a_row = 0;
  int probes_failed = 0;
  bool open = false;
  bool probing = false;  // one message is on its way to find out
  TimePoint next_probe{};
  Duration pause{0};  // that ends then
  friend bool operator==(const Breaker&, const Breaker&) = default;
};

// May one more message start now? An open breaker lets one through as a probe when its time has come (and notes it).
bool may_start(Breaker& breaker, TimePoint now);
// When the next one may start; `now` if it may. While a probe is on its way nobody knows: a time to look again.
TimePoint next_start(const Breaker& breaker, TimePoint now);

// What became of a message that was started. `service_failed`: by a fault that all mailboxes share (no connection, 5xx,
// the token service); what concerns only this message or mailbox is a sign that the service works.
void note_success(Breaker& breaker);
void note_failure(Breaker& breaker, const BreakerRules& rules, TimePoint now);
// It was started and came back without having asked anything (shutdown, parked): the next one may probe.
void note_nothing(Breaker& breaker);

}  // namespace graph_milter::pace
