// SPDX-License-Identifier: Apache-2.0
// Whether one more request may be sent for a mailbox now. Pure: values in, a value out.
#pragma once

#include <variant>

#include "core/base/clock.h"

namespace graph_milter::pace {

// Requests in flight at one mailbox, and the time before which the service wants no more of them.
struct MailboxPace {
  int in_flight = 0;
  TimePoint not_before{};
  friend bool operator==(const MailboxPace&, const MailboxPace&) = default;
};

struct Go {
  friend bool operator==(const Go&, const Go&) = default;
};

// kUntilReleased: no time is known; ask again when a request of this mailbox has ended.
inline constexpr TimePoint kUntilReleased = TimePoint::max();

struct Wait {
  TimePoint until{};
  friend bool operator==(const Wait&, const Wait&) = default;
};

using Decision = std::variant<Go, Wait>;

// `lanes` is how many requests a mailbox takes at once (the service allows 4 per application and mailbox);
// `all_not_before` holds for every mailbox. A time that is known comes before a lane that is not free.
Decision decide(const MailboxPace& mailbox, TimePoint all_not_before, int lanes, TimePoint now);

}  // namespace graph_milter::pace
