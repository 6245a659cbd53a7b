// SPDX-License-Identifier: Apache-2.0
// Questions about many rows of the journal, and its small tables. Functions throw what SOCI throws.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>
#include <vector>

#include "core/queue/queue.h"

namespace graph_milter::queue {

// --- what is due

// A waiting entry.
struct Due {
  std::string id;
  std::string mailbox;
  long long next_attempt = 0;
};

// Of each mailbox the one that is due for the longest time, not later than `now`. Costs a few steps per mailbox that
// has waiting mail, however much waits.
std::vector<Due> read_due_mailboxes(soci::session& session, long long now);
// Of one mailbox, or of all: the longest due first.
std::vector<Due> read_due(soci::session& session, const std::string& mailbox, long long now, std::size_t limit);
// This one, if it is due not later than `now`.
std::optional<Due> read_due_entry(soci::session& session, const std::string& id, long long now);
std::vector<Due> read_waiting(soci::session& session, std::size_t limit);

// --- messages we know

// The entry that has this key, accepted at `since` or later, if its outcome lets it stand for another.
std::optional<std::string> find_by_resend_key(soci::session& session, const std::string& key, long long since);
std::optional<TraceRecord> find_sent(soci::session& session, const std::string& message_id, long long since);
// See Queue::trace. Reads the whole table.
std::vector<TraceRecord> trace(soci::session& session, const std::string& what);

// --- sums and lists

Totals read_totals(soci::session& session);
std::vector<std::string> read_mailboxes(soci::session& session);
std::vector<SentCopy> read_sent_copies(soci::session& session, long long before, long long now, std::size_t limit);
void forget_sent_copy(soci::session& session, const std::string& id);
// How many it removed: at most `limit`.
long long remove_tombstones(soci::session& session, long long finished_before, std::size_t limit);

// --- notes

std::string read_note(soci::session& session, const std::string& name);
void write_note(soci::session& session, const std::string& name, const std::string& value);

}  // namespace graph_milter::queue
