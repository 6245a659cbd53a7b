// SPDX-License-Identifier: Apache-2.0
// An entry for which the MTA is held (Progress::awaited): what its client can be told, and what becomes of the entry
// when nobody can wait any longer. Pure.
//
// The client must hear "taken" if the message is out or may be out, and may hear "not taken" only if it is not and
// never will be: then the entry is withdrawn, in the same transaction that proves it, and what a courier does with it
// meanwhile is refused by its fence. Where a send has no clear answer yet, nobody can say that it did not take place:
// the entry is ours from then on, as if it had been queued.
#pragma once

#include <optional>

#include "core/queue/entry.h"

namespace graph_milter::queue {

enum class Prospect {
  Open,      // nobody can say yet
  Taken,     // it is out, or it is ours whatever comes
  NotTaken,  // it will not go out, and nobody but its client is told
};

struct Outlook {
  Prospect prospect = Prospect::Open;
  GiveUp why;                // of NotTaken
  TimePoint next_attempt{};  // of Open: nothing happens before
  std::string last_error;    // of Open: of the last try; empty: none failed
  bool is_stuck = false;     // of Open: it is Held, so nothing happens at all
  bool is_stopping = false;  // nobody shall wait any longer: the daemon stops
};

Outlook outlook_of(const Entry& entry);

struct Withdrawal {
  Outlook outlook;             // Taken or NotTaken
  std::optional<Entry> after;  // what is to be written, with a new fence; nullopt: nothing changes
};

// `why`: what the client is told if the entry can be withdrawn. It ends at once where no draft can be, else its draft
// goes first. Every step to `after` is legal (entry_rules.h). Its resend key is gone, so that the same message, sent
// again, is a new one.
Withdrawal withdraw(const Entry& entry, const GiveUp& why, TimePoint now);

}  // namespace graph_milter::queue
