// SPDX-License-Identifier: Apache-2.0
// How a courier came back.
#pragma once

#include <variant>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace graph_milter::delivery {

struct Delivered {};  // sent, and gone from the spool

// Nothing failed, but the next step is not due before `until`.
struct Park {
  TimePoint until{};
  Error why;
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

using Ending = std::variant<Delivered, Park, Retry, Hold, Stopped>;

}  // namespace graph_milter::delivery
