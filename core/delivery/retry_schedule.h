// SPDX-License-Identifier: Apache-2.0
// When to try again. Pure.
#pragma once

#include "core/base/clock.h"
#include "core/base/error.h"

namespace graph_milter::delivery {

struct RetrySchedule {
  Duration initial = std::chrono::seconds(30);
  Duration longest = std::chrono::hours(1);
};

// The patience that the other side is given when it asks for so much: at least a second, also where it names none or a
// time that is over; what is longer than a day is absurd, and counts as an hour.
Duration obeyed(Duration retry_after);

// After the `failures`-th failure in a row (1: the first): `initial`, doubled for each further one up to `longest`, and
// at once `longest` for what only the administrator can mend. Less up to a fifth, by `dice` in [0, 1), so that entries
// that failed together don't come back together. Never before the time the other side asked for; there the dice adds.
TimePoint next_attempt(const RetrySchedule& schedule, int failures, const Error& why, TimePoint now, double dice);

}  // namespace graph_milter::delivery
