// SPDX-License-Identifier: Apache-2.0
// The log lines of the delivering half, one function per event; the field names are part of what administrators search
// for.
#pragma once

#include "core/base/error.h"
#include "core/queue/entry.h"
#include "core/targets/draft_check.h"

namespace graph_milter {
class LogLine;
}

namespace graph_milter::delivery {

// Puts the fields that every line has into `line`, in one order.
LogLine& describe(LogLine& line, const queue::Entry& entry, TimePoint now);

// The draft is there. `adopted`: it was found, made by a request whose answer was lost.
void log_drafted(const queue::Entry& entry, bool adopted, TimePoint now);

// Part `part` is there. `way`: "post", "session", or "found" where its last answer was lost.
void log_uploaded(const queue::Entry& entry, std::size_t part, std::string_view way, TimePoint now);

// Part `part` goes by `way` from now on, because the service refused its size on the other one.
void log_turned(const queue::Entry& entry, std::size_t part, std::string_view way, const Error& why, TimePoint now);

// The draft differs from the plan and is made anew, or the entry is held.
void log_differs(const queue::Entry& entry, const targets::Difference& difference, TimePoint now);

// How we know that Graph has taken the message.
struct SendProof {
  bool found = false;      // it was found sent; the answer to the send was lost
  std::string request_id;  // Graph's, of the send; empty if it was found
};
void log_sent(const queue::Entry& entry, const SendProof& proof, TimePoint now);

// It will not be sent: the service refused it, or its time is over (`expired`). What becomes of it follows.
void log_gave_up(const queue::Entry& entry, const Error& why, bool expired, TimePoint now);

// The administrator deleted it, and it is gone.
void log_dropped(const queue::Entry& entry, TimePoint now);

// Here one of the windows begins in which a duplicate can't be excluded ("W3": of the draft; "W4": of the message).
void log_possible_duplicate(const queue::Entry& entry, std::string_view window, std::string_view why, TimePoint now);

// It goes on at `next`. What only the administrator can mend is an error, the rest a warning.
void log_deferred(const queue::Entry& entry, const Error& why, TimePoint next, TimePoint now);

// It goes on at `next`; nothing failed.
void log_waiting(const queue::Entry& entry, const Error& why, TimePoint next, TimePoint now);

// The administrator must decide.
void log_held(const queue::Entry& entry, const Error& why, TimePoint now);

}  // namespace graph_milter::delivery
