// SPDX-License-Identifier: Apache-2.0
// What the administrator has been told, and whether there is something to tell him now. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/queue/queue.h"
#include "core/queue/service_state.h"

namespace graph_milter::delivery {

struct Trouble {
  std::string mailbox;  // empty: all mailboxes
  TimePoint since{};
  std::string why;  // Error::text
  friend bool operator==(const Trouble&, const Trouble&) = default;
};

// Kept in the queue's notes.
struct AlertState {
  TimePoint mailed{};             // the last mail; 0: never
  std::vector<Trouble> troubles;  // that he knows of
  std::size_t held = 0;           // entries that he knows of
  friend bool operator==(const AlertState&, const AlertState&) = default;
};

std::string to_json(const AlertState& state);
Result<AlertState> alert_state_from_json(std::string_view text);  // of an empty text: nothing was ever told

// What is so now.
struct AlertFacts {
  std::vector<Trouble> troubles;        // Misconfigured, by what this process has seen
  std::vector<std::string> down;        // mailboxes of which nobody knows better now ("": all)
  std::size_t held = 0;                 // entries
  std::size_t needs_administrator = 0;  // of those that wait; from the journal
};
AlertFacts alert_facts(const std::vector<queue::ServiceReport>& reports, const queue::Totals& totals);

struct AlertDecision {
  bool mail = false;
  std::vector<Trouble> lasting;  // all that is so
  std::vector<Trouble> over;     // he was told, and it is no more
  AlertState state;              // to be kept: once the mail is taken, or at once if there is none
};

// A mail at the first trouble or held entry, then every `interval` while something lasts, and once when all or some is
// over. What is new within an hour (or `interval`, if less) of a mail waits for the end of that hour, so that a bad day
// makes 24 mails and not a thousand. A trouble of which he was told and that is not seen now is over if `seen_before`
// says that this process has seen it, or if no entry needs the administrator: after a start nobody knows better yet.
// Nor while the service is down.
AlertDecision decide_alert(const AlertState& told, const AlertFacts& facts, const std::vector<std::string>& seen_before,
                           Duration interval, TimePoint now);

}  // namespace graph_milter::delivery
