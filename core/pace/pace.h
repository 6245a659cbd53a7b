// SPDX-License-Identifier: Apache-2.0
// Whether one more request may be sent for a mailbox now, and one more message. Pure: values in, a value out.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/pace/budget.h"

namespace graph_milter::pace {

// What one mailbox takes from this host.
struct Limits {
  int lanes = 4;  // requests at once; the service allows 4 per application and mailbox
  BudgetRules messages{30, std::chrono::minutes(1)};
  BudgetRules recipients{10'000, std::chrono::hours(24)};
  BudgetRules bytes{150'000'000, std::chrono::minutes(5)};
  bool bytes_from_start = false;  // false: only for a mailbox that was throttled for its bytes
};

// What each of `nodes` hosts gets of it: at least one lane, one message, one recipient. REQUIRES: nodes > 0.
Limits share(const Limits& limits, std::uint64_t nodes);

// Who waits for a lane, with as many bytes to upload.
struct Waiting {
  std::uint64_t ticket = 0;
  ByteCount bytes = 0;
  friend bool operator==(const Waiting&, const Waiting&) = default;
};

struct MailboxPace {
  int in_flight = 0;
  ByteCount bytes_in_flight = 0;  // they count from when they have arrived
  TimePoint not_before{};         // the service wants no request before
  bool bytes_limited = false;     // it was throttled for its bytes
  std::deque<Waiting> line;       // who came first goes first
  Budget bytes, messages, recipients;
  std::map<std::string, TimePoint> places;  // when each message that asked may be sent
  friend bool operator==(const MailboxPace&, const MailboxPace&) = default;
};

struct Go {
  friend bool operator==(const Go&, const Go&) = default;
};

// kUntilReleased: no time is known; ask again when a request of this mailbox has ended, or the line has moved.
inline constexpr TimePoint kUntilReleased = TimePoint::max();

struct Wait {
  TimePoint until{};
  friend bool operator==(const Wait&, const Wait&) = default;
};

using Decision = std::variant<Go, Wait>;

// May the request with this ticket, which stands in the line, start? `all_not_before` holds for every mailbox. A time
// that is known comes before a lane that is not free. Who carries more bytes than fit now lets those pass who carry
// none, but nobody else who carries some.
Decision decide(const MailboxPace& mailbox, const Limits& limits, TimePoint all_not_before, std::uint64_t ticket,
                TimePoint now);

// How long a message keeps its place after its time has come.
inline constexpr Duration kPlaceKept = std::chrono::hours(1);

// When this message may be sent. Places are given in the order of the first asking, and each is counted in the budgets
// of messages and recipients once, however often the message asks and is sent again.
TimePoint place_of(MailboxPace& mailbox, const Limits& limits, const std::string& message, std::uint64_t recipients,
                   TimePoint now);

// Nothing is known of the mailbox that would make a difference.
bool is_idle(const MailboxPace& mailbox, const Limits& limits, TimePoint now);

}  // namespace graph_milter::pace
