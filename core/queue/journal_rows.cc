// SPDX-License-Identifier: Apache-2.0
#include "core/queue/journal_rows.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/plan/plan.h"
#include "core/queue/entry_json.h"
#include "core/queue/sql_query.h"

namespace graph_milter::queue {

namespace {

constexpr std::string_view kColumns =
    "id, state, held_from, queue_id, sender, mailbox, message_id, recipients, size, sha256, accepted, attempts,"
    " next_attempt, fence, finished, last_error, envelope, plan, progress";

tl::unexpected<Error> damaged(const Row& row, const std::string& what) {
  return fail(ErrorKind::Corrupt, "entry " + escape_for_log(row.id, 40), "damaged row in the journal: " + what);
}

// All columns, in the order of kColumns.
template <class Row, class Visit>
void for_each_column(Row& row, const Visit& visit) {
  visit(row.id), visit(row.state), visit(row.held_from), visit(row.queue_id), visit(row.sender), visit(row.mailbox);
  visit(row.message_id), visit(row.recipients), visit(row.size), visit(row.sha256), visit(row.accepted);
  visit(row.attempts), visit(row.next_attempt), visit(row.fence), visit(row.finished), visit(row.last_error);
  visit(row.envelope), visit(row.plan), visit(row.progress);
}

Entry tombstone_of(const Row& row, Entry entry) {
  entry.envelope.queue_id = row.queue_id;
  entry.envelope.sender.address = row.sender;
  entry.plan.mailbox = row.mailbox;
  entry.plan.message_id = row.message_id;
  return entry;
}

bool numbers_are_sane(const Row& row) {
  constexpr long long kMost = 1'000'000'000;
  return row.size >= 0 && row.attempts >= 0 && row.attempts <= kMost && row.fence >= 0 && row.recipients >= 0;
}

// Numbers that were damaged show as nothing instead of as something huge.
EntrySummary summary_of(const Row& row) {
  EntrySummary out;
  out.id = row.id;
  out.state = parse_entry_state(row.state).value_or(EntryState::Held);
  out.queue_id = row.queue_id;
  out.sender = row.sender;
  out.recipients = row.recipients < 0 ? 0 : static_cast<std::size_t>(row.recipients);
  out.mailbox = row.mailbox;
  out.size = row.size < 0 ? 0 : static_cast<ByteCount>(row.size);
  out.accepted = from_unix_ms(row.accepted);
  out.attempts = static_cast<int>(row.attempts);
  out.next_attempt = from_unix_ms(row.next_attempt);
  out.last_error = row.last_error;
  return out;
}

}  // namespace

Row row_of(const Entry& entry) {
  Row row;
  row.id = entry.id;
  row.state = name_of(entry.state);
  if (entry.held_from) row.held_from = name_of(*entry.held_from);
  row.queue_id = entry.envelope.queue_id;
  row.sender = entry.envelope.sender.address;
  row.mailbox = entry.plan.mailbox;
  row.message_id = entry.plan.message_id;
  row.recipients = static_cast<long long>(entry.envelope.recipients.size());
  row.size = static_cast<long long>(entry.size);
  row.sha256 = entry.sha256;
  row.accepted = to_unix_ms(entry.accepted);
  row.attempts = entry.attempts;
  row.next_attempt = to_unix_ms(entry.next_attempt);
  row.fence = entry.fence;
  row.last_error = entry.last_error;
  row.envelope = envelope_to_json(entry.envelope);
  row.plan = plan::to_json(entry.plan);
  row.progress = progress_to_json(entry.progress);
  return row;
}

Result<Entry> entry_of(const Row& row) {
  if (!is_entry_id(row.id)) return damaged(row, "not the name of an entry");
  const auto state = parse_entry_state(row.state);
  if (!state) return damaged(row, "unknown state \"" + escape_for_log(row.state, 40) + "\"");
  if (!numbers_are_sane(row)) return damaged(row, "a number is out of range");
  Entry entry;
  entry.id = row.id;
  entry.state = *state;
  entry.held_from = parse_entry_state(row.held_from);
  entry.size = static_cast<ByteCount>(row.size);
  entry.sha256 = row.sha256;
  entry.accepted = from_unix_ms(row.accepted);
  entry.attempts = static_cast<int>(row.attempts);
  entry.next_attempt = from_unix_ms(row.next_attempt);
  entry.last_error = row.last_error;
  entry.fence = row.fence;
  if (entry.state == EntryState::Done) return tombstone_of(row, std::move(entry));
  auto envelope = envelope_from_json(row.envelope);
  if (!envelope) return damaged(row, "envelope: " + envelope.error().what);
  auto plan = plan::plan_from_json(row.plan);
  if (!plan) return damaged(row, "plan: " + plan.error().what);
  auto progress = progress_from_json(row.progress);
  if (!progress) return damaged(row, "progress: " + progress.error().what);
  entry.envelope = *std::move(envelope);
  entry.plan = *std::move(plan);
  entry.progress = *std::move(progress);
  if (!entry.progress.parts.empty() && entry.progress.parts.size() != entry.plan.parts.size()) {
    return damaged(row, "progress and plan differ in their number of parts");
  }
  return entry;
}

void insert_row(soci::session& session, const Row& row) {
  Query query(session,
              format("INSERT INTO entry ({}) VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m, :n, :o,"
                     " :p, :q, :r, :s)",
                     kColumns));
  for_each_column(row, [&](const auto& column) { query.use(column); });
  query.change();
}

std::optional<Row> read_row(soci::session& session, const std::string& id) {
  Row row;
  Query query(session, format("SELECT {} FROM entry WHERE id = :id", kColumns));
  for_each_column(row, [&](auto& column) { query.into(column); });
  query.use(id);
  if (!query.first()) return std::nullopt;
  return row;
}

void for_each_live_row(soci::session& session, const std::function<void(const Row&)>& visit) {
  Row row;
  Query query(session, format("SELECT {} FROM entry WHERE state <> 'done' ORDER BY id", kColumns));
  for_each_column(row, [&](auto& column) { query.into(column); });
  for (bool more = query.first(); more; more = query.next()) visit(row);
}

std::vector<EntrySummary> read_summaries(soci::session& session) {
  Row row;
  Query query(
      session,
      "SELECT id, state, queue_id, sender, recipients, mailbox, size, accepted, attempts, next_attempt, last_error"
      " FROM entry WHERE state <> 'done' ORDER BY id");
  query.into(row.id).into(row.state).into(row.queue_id).into(row.sender).into(row.recipients).into(row.mailbox);
  query.into(row.size).into(row.accepted).into(row.attempts).into(row.next_attempt).into(row.last_error);
  std::vector<EntrySummary> out;
  for (bool more = query.first(); more; more = query.next()) out.push_back(summary_of(row));
  return out;
}

std::vector<Due> read_due(soci::session& session, std::optional<long long> not_after,
                          const std::vector<std::string>& without_mailboxes, std::size_t limit) {
  // The WHERE clause must imply that of the index entry_due, or SQLite reads the whole table.
  std::string text = "SELECT id, next_attempt FROM entry WHERE state NOT IN ('done', 'held')";
  if (not_after) text += " AND next_attempt <= :not_after";
  if (!without_mailboxes.empty()) {
    std::string names;
    for (std::size_t i = 0; i < without_mailboxes.size(); ++i) names += format("{}:m{}", i == 0 ? "" : ", ", i);
    text += format(" AND mailbox NOT IN ({})", names);
  }
  text += format(" ORDER BY next_attempt, id LIMIT {}", limit);
  Due due;
  Query query(session, text);
  query.into(due.id).into(due.next_attempt);
  if (not_after) query.use(*not_after);
  for (const std::string& mailbox : without_mailboxes) query.use(mailbox);
  std::vector<Due> out;
  for (bool more = query.first(); more; more = query.next()) out.push_back(due);
  return out;
}

bool set_fence(soci::session& session, const std::string& id, long long old_fence, long long new_fence) {
  return Query(session, "UPDATE entry SET fence = :new WHERE id = :id AND fence = :old")
             .use(new_fence)
             .use(id)
             .use(old_fence)
             .change() == 1;
}

bool set_progress(soci::session& session, const Row& row) {
  return Query(session,
               "UPDATE entry SET state = :state, held_from = :held_from, attempts = :attempts,"
               " next_attempt = :next_attempt, last_error = :last_error, progress = :progress"
               " WHERE id = :id AND fence = :fence")
             .use(row.state)
             .use(row.held_from)
             .use(row.attempts)
             .use(row.next_attempt)
             .use(row.last_error)
             .use(row.progress)
             .use(row.id)
             .use(row.fence)
             .change() == 1;
}

bool set_tombstone(soci::session& session, const std::string& id, long long fence, long long finished) {
  return Query(session,
               "UPDATE entry SET state = 'done', finished = :finished, last_error = '', envelope = '', plan = '',"
               " progress = '' WHERE id = :id AND fence = :fence")
             .use(finished)
             .use(id)
             .use(fence)
             .change() == 1;
}

void set_held(soci::session& session, const std::string& id, const std::string& why) {
  Query(session,
        "UPDATE entry SET held_from = CASE state WHEN 'held' THEN held_from ELSE state END, state = 'held',"
        " last_error = :why WHERE id = :id")
      .use(why)
      .use(id)
      .change();
}

long long remove_tombstones(soci::session& session, long long finished_before) {
  return Query(session, "DELETE FROM entry WHERE state = 'done' AND finished < :before").use(finished_before).change();
}

}  // namespace graph_milter::queue
