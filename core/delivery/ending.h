// SPDX-License-Identifier: Apache-2.0
// How a courier came back.
#pragma once

#include <variant>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace graph_milter::delivery {

// It has ended, by being sent, returned or dropped, and is gone from the spool.
struct Delivered {};

// Nothing failed, but the next step is not due before `until`.
struct Park {
  TimePoint until{};
  Error why;
  bool holds_mailbox = false;  // until then nothing goes for this mailbox, and then in the order of before
};

// Something failed that time may mend: again by the schedule, and not before `not_before`.
struct Retry {
  Error why;
  TimePoint not_before{};
};

// The administrator's matter.
struct Hold {
  Error why;
};

// We are shutting down, or the journal could not be written. The journal is right as it is.
struct Stopped {
  Error why;
};

// The administrator took the entry while we were at work: the lease is his, and so is what happens next.
struct TakenAway {};

using Ending = std::variant<Delivered, Park, Retry, Hold, Stopped, TakenAway>;

}  // namespace graph_milter::delivery
