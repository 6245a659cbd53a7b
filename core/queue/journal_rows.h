// SPDX-License-Identifier: Apache-2.0
// The journal's table of entries: its rows, and every statement that reads or changes one. Questions about many are in
// journal_search.h. Functions throw what SOCI throws (sql_session.h translates).
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
  // What list, trace and the tombstone show of envelope, plan and progress.
  std::string queue_id, sender, mailbox, message_id, client, rule;
  std::string recipient_list;  // texts_to_json
  std::string addresses;       // sender, recipients and mailbox in lower case, each between line feeds
  long long recipients = 0;
  long long size = 0;
  std::string sha256;
  long long accepted = 0, attempts = 0, next_attempt = 0, fence = 0, finished = 0;
  std::string last_error;
  std::string envelope, plan, progress;  // JSON; empty in a tombstone
  std::string outcome;
  std::string resend_key;
  std::string draft_id, request_id;
  long long needs_administrator = 0;
  long long sent_copy = 0;  // 1: a tombstone whose message may still lie in Sent Items, as long as the option says
  long long sent_copy_until = 0;  // the same, until then, as was decided with the message
};

inline constexpr long long kLargestSize = 1LL << 50;  // of a message; a row that says more is damaged

Row row_of(const Entry& entry);
// Of an entry that ends with its outcome and finished: what set_tombstone needs.
Row tombstone_row(const Entry& entry);
// Corrupt, naming the entry and what is wrong with it, if the row holds what we never write.
Result<Entry> entry_of(const Row& row);

void insert_row(soci::session& session, const Row& row);
void replace_row(soci::session& session, const Row& row);
std::optional<Row> read_row(soci::session& session, const std::string& id);
// All but tombstones, in order of id, which is the order of age. `visit` gets one row at a time; it must not use the
// session.
void for_each_live_row(soci::session& session, const std::function<void(const Row&)>& visit);
void for_each_row(soci::session& session, const std::function<void(const Row&)>& visit);  // tombstones too
std::vector<EntrySummary> read_summaries(soci::session& session);                         // as for_each_live_row

// The updates return false when no row has this id and fence.
bool set_fence(soci::session& session, const std::string& id, long long old_fence, long long new_fence);
// state, held_from, attempts, next_attempt, last_error, outcome, progress and what is shown of it, and new_fence.
bool set_progress(soci::session& session, const Row& row, long long new_fence);
bool set_progress(soci::session& session, const Row& row);  // the fence stays
// Makes a tombstone: outcome, finished, last_error, draft_id and request_id as in `row`; envelope, plan and progress
// go.
bool set_tombstone(soci::session& session, const Row& row);

// Out of any state, whatever the row holds.
void shorten_waits(soci::session& session, long long latest);  // next_attempt
void set_held(soci::session& session, const std::string& id, const std::string& why);

}  // namespace graph_milter::queue
