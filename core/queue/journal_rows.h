// SPDX-License-Identifier: Apache-2.0
// The journal's table, and every statement on it. Functions throw what SOCI throws (sql_session.h translates); each
// changes the table by one statement, so that it takes place whole or not at all.
#pragma once

#include <soci/soci.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/queue/entry.h"

namespace graph_milter::queue {

// One row of the table `entry`, as it is stored.
struct Row {
  std::string id, state, held_from;
  std::string queue_id, sender, mailbox, message_id;  // of a tombstone all that is left of envelope and plan
  long long recipients = 0;
  long long size = 0;
  std::string sha256;
  long long accepted = 0, attempts = 0, next_attempt = 0, fence = 0, finished = 0;
  std::string last_error;
  std::string envelope, plan, progress;  // JSON
};

Row row_of(const Entry& entry);
// Corrupt, naming the entry and what is wrong with it, if the row holds what we never write.
Result<Entry> entry_of(const Row& row);

void insert_row(soci::session& session, const Row& row);
std::optional<Row> read_row(soci::session& session, const std::string& id);
// All but tombstones, in order of id, which is the order of age. `visit` gets one row at a time; it must not use the
// session.
void for_each_live_row(soci::session& session, const std::function<void(const Row&)>& visit);
std::vector<EntrySummary> read_summaries(soci::session& session);  // as above

// Waiting entries, the longest due first: at most `limit` of them.
struct Due {
  std::string id;
  long long next_attempt = 0;
};
std::vector<Due> read_due(soci::session& session, std::optional<long long> not_after,
                          const std::vector<std::string>& without_mailboxes, std::size_t limit);

// The updates return false when no row has this id and fence.
bool set_fence(soci::session& session, const std::string& id, long long old_fence, long long new_fence);
bool set_progress(soci::session& session,
                  const Row& row);  // state, held_from, attempts, next_attempt, last_error, progress
bool set_tombstone(soci::session& session, const std::string& id, long long fence, long long finished);

// Out of any state, whatever the row holds.
void set_held(soci::session& session, const std::string& id, const std::string& why);
long long remove_tombstones(soci::session& session, long long finished_before);

}  // namespace graph_milter::queue
