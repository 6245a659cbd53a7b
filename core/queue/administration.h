// SPDX-License-Identifier: Apache-2.0
// What a command of the administrator makes of an entry. Pure.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/queue/queue.h"

namespace graph_milter::queue {

struct Circumstances {
  Disposal returns = Disposal::Dsn;  // what Command::Return means; Hold and Drop count as Dsn
  bool leased = false;               // a courier has it
  TimePoint now{};
};

struct Verdict {
  Entry after;        // in state Done if nothing more is to be done for it
  std::string words;  // for the administrator
};

// Every step from `entry` to Verdict::after is legal (entry_rules.h). Refuses with Usage what Queue::administer says,
// and with NotFound what has ended.
Result<Verdict> decide(const Entry& entry, Command command, const Circumstances& circumstances);

// A Held entry without a plan (Plan::unplanned) with this one, accepted anew; the time it lay there does not count
// towards its lifetime. Usage for any other entry, and for a plan that is none.
Result<Verdict> decide_anew(const Entry& entry, const plan::Plan& plan, TimePoint now);

// What a tombstone says of a message that did not go out: "5.7.1 403 ErrorSendAsDenied".
std::string words_of(const GiveUp& give_up);

}  // namespace graph_milter::queue
