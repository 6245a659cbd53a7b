// SPDX-License-Identifier: Apache-2.0
#include "core/queue/journal_rows.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "core/plan/plan.h"
#include "core/queue/administration.h"
#include "core/queue/entry_json.h"
#include "core/queue/sql_query.h"

namespace graph_milter::queue {

namespace {

constexpr std::string_view kColumns =
    "id, state, held_from, queue_id, sender, mailbox, message_id, recipients, size, sha256, accepted, attempts,"
    " next_attempt, fence, finished, last_error, envelope, plan, progress, client, rule, recipient_list, addresses,"
    " outcome, resend_key, draft_id, request_id, needs_administrator, sent_copy, sent_copy_until";
constexpr std::size_t kColumnCount = 30;

tl::unexpected<Error> damaged(const Row& row, const std::string& what) {
  return fail(ErrorKind::Corrupt, "entry " + escape_for_log(row.id, 40), "damaged row in the journal: " + what);
}

// All columns, in the order of kColumns.
template <class Row, class Visit>
void for_each_column(Row& row, const Visit& visit) {
  visit(row.id), visit(row.state), visit(row.held_from), visit(row.queue_id), visit(row.sender), visit(row.mailbox);
  visit(row.message_id), visit(row.recipients), visit(row.size), visit(row.sha256), visit(row.accepted);
  visit(row.attempts), visit(row.next_attempt), visit(row.fence), visit(row.finished), visit(row.last_error);
  visit(row.envelope), visit(row.plan), visit(row.progress), visit(row.client), visit(row.rule);
  visit(row.recipient_list), visit(row.addresses), visit(row.outcome), visit(row.resend_key), visit(row.draft_id);
  visit(row.request_id), visit(row.needs_administrator), visit(row.sent_copy);
  visit(row.sent_copy_until);
}

Result<Entry> tombstone_of(const Row& row, Entry entry) {
  entry.envelope.queue_id = row.queue_id;
  entry.envelope.client_address = row.client;
  entry.envelope.sender.address = row.sender;
  const auto recipients = texts_from_json(row.recipient_list);
  if (!recipients) return damaged(row, "recipients: " + recipients.error().what);
  for (const std::string& address : *recipients) entry.envelope.recipients.push_back({{}, address, {}});
  entry.plan.mailbox = row.mailbox;
  entry.plan.message_id = row.message_id;
  entry.plan.rule = row.rule;
  entry.progress.draft_id = row.draft_id;
  entry.progress.request_id = row.request_id;
  return entry;
}

void note_sent_copy(Row& row, const Entry& entry) {
  const auto& stays = entry.plan.handling.sent_copy_for;
  if (!stays) {
    row.sent_copy = 1;
  } else if (*stays > Duration{0}) {
    row.sent_copy_until = to_unix_ms(entry.finished + *stays);
  }
}

std::string searchable_addresses(const Entry& entry) {
  std::string out = "\n" + to_lower(entry.envelope.sender.address) + "\n" + to_lower(entry.plan.mailbox) + "\n";
  for (const mail::EnvelopePath& path : entry.envelope.recipients) out += to_lower(path.address) + "\n";
  return out;
}

std::string recipient_list(const Entry& entry) {
  std::vector<std::string> addresses;
  for (const mail::EnvelopePath& path : entry.envelope.recipients) addresses.push_back(path.address);
  return texts_to_json(addresses);
}

bool numbers_are_sane(const Row& row) {
  constexpr long long kMost = 1'000'000'000;
  return row.size >= 0 && row.size <= kLargestSize && row.attempts >= 0 && row.attempts <= kMost && row.fence >= 0 &&
         row.recipients >= 0;
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
  out.size = row.size < 0 || row.size > kLargestSize ? 0 : static_cast<ByteCount>(row.size);
  out.accepted = from_unix_ms(row.accepted);
  out.attempts = static_cast<int>(row.attempts);
  out.next_attempt = from_unix_ms(row.next_attempt);
  out.last_error = row.last_error;
  out.needs_administrator = from_unix_ms(row.needs_administrator);
  return out;
}

void write_row(soci::session& session, const Row& row, std::string_view how) {
  std::string values;
  for (std::size_t i = 0; i < kColumnCount; ++i) values += format("{}:c{}", i == 0 ? "" : ", ", i);
  Query query(session, format("{} INTO entry ({}) VALUES ({})", how, kColumns, values));
  for_each_column(row, [&](const auto& column) { query.use(column); });
  query.change();
}

void visit_rows(soci::session& session, std::string_view which, const std::function<void(const Row&)>& visit) {
  Row row;
  Query query(session, format("SELECT {} FROM entry {} ORDER BY id", kColumns, which));
  for_each_column(row, [&](auto& column) { query.into(column); });
  for (bool more = query.first(); more; more = query.next()) visit(row);
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
  row.finished = to_unix_ms(entry.finished);
  row.last_error = entry.last_error;
  row.envelope = envelope_to_json(entry.envelope);
  row.plan = plan::to_json(entry.plan);
  row.progress = progress_to_json(entry.progress);
  row.client = entry.envelope.client_address;
  row.rule = entry.plan.rule;
  row.recipient_list = recipient_list(entry);
  row.addresses = searchable_addresses(entry);
  row.outcome = name_of(entry.outcome);
  row.resend_key = entry.resend_key;
  row.draft_id = entry.progress.draft_id;
  row.request_id = entry.progress.request_id;
  row.needs_administrator = to_unix_ms(entry.progress.needs_administrator);
  return row;
}

Row tombstone_row(const Entry& entry) {
  Row row;
  row.id = entry.id;
  row.fence = entry.fence;
  row.finished = to_unix_ms(entry.finished);
  row.outcome = name_of(entry.outcome);
  if (entry.outcome != Outcome::Sent) {
    row.last_error = entry.progress.give_up ? words_of(*entry.progress.give_up) : entry.last_error;
  }
  row.draft_id = entry.progress.draft_id;
  row.request_id = entry.progress.request_id;
  if (entry.outcome == Outcome::Sent && !row.draft_id.empty()) note_sent_copy(row, entry);
  return row;
}

Result<Entry> entry_of(const Row& row) {
  if (!is_entry_id(row.id)) return damaged(row, "not the name of an entry");
  const auto state = parse_entry_state(row.state);
  if (!state) return damaged(row, "unknown state \"" + escape_for_log(row.state, 40) + "\"");
  const auto outcome = parse_outcome(row.outcome);
  if (!outcome) return damaged(row, "unknown outcome \"" + escape_for_log(row.outcome, 40) + "\"");
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
  entry.outcome = *outcome;
  entry.finished = from_unix_ms(row.finished);
  entry.resend_key = row.resend_key;
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

void insert_row(soci::session& session, const Row& row) { write_row(session, row, "INSERT"); }
void replace_row(soci::session& session, const Row& row) { write_row(session, row, "REPLACE"); }

std::optional<Row> read_row(soci::session& session, const std::string& id) {
  Row row;
  Query query(session, format("SELECT {} FROM entry WHERE id = :id", kColumns));
  for_each_column(row, [&](auto& column) { query.into(column); });
  query.use(id);
  if (!query.first()) return std::nullopt;
  return row;
}

void for_each_live_row(soci::session& session, const std::function<void(const Row&)>& visit) {
  visit_rows(session, "WHERE state <> 'done'", visit);
}

void for_each_row(soci::session& session, const std::function<void(const Row&)>& visit) {
  visit_rows(session, "", visit);
}

std::vector<EntrySummary> read_summaries(soci::session& session) {
  Row row;
  Query query(
      session,
      "SELECT id, state, queue_id, sender, recipients, mailbox, size, accepted, attempts, next_attempt, last_error,"
      " needs_administrator FROM entry WHERE state <> 'done' ORDER BY id");
  query.into(row.id).into(row.state).into(row.queue_id).into(row.sender).into(row.recipients).into(row.mailbox);
  query.into(row.size).into(row.accepted).into(row.attempts).into(row.next_attempt).into(row.last_error);
  query.into(row.needs_administrator);
  std::vector<EntrySummary> out;
  for (bool more = query.first(); more; more = query.next()) out.push_back(summary_of(row));
  return out;
}

bool set_fence(soci::session& session, const std::string& id, long long old_fence, long long new_fence) {
  return Query(session, "UPDATE entry SET fence = :new WHERE id = :id AND fence = :old")
             .use(new_fence)
             .use(id)
             .use(old_fence)
             .change() == 1;
}

bool set_progress(soci::session& session, const Row& row, long long new_fence) {
  return Query(session,
               "UPDATE entry SET state = :state, held_from = :held_from, attempts = :attempts,"
               " next_attempt = :next_attempt, last_error = :last_error, progress = :progress, draft_id = :draft_id,"
               " request_id = :request_id, needs_administrator = :needs_administrator, resend_key = :resend_key,"
               " outcome = :outcome, fence = :new_fence WHERE id = :id AND fence = :fence")
             .use(row.state)
             .use(row.held_from)
             .use(row.attempts)
             .use(row.next_attempt)
             .use(row.last_error)
             .use(row.progress)
             .use(row.draft_id)
             .use(row.request_id)
             .use(row.needs_administrator)
             .use(row.resend_key)
             .use(row.outcome)
             .use(new_fence)
             .use(row.id)
             .use(row.fence)
             .change() == 1;
}

bool set_progress(soci::session& session, const Row& row) { return set_progress(session, row, row.fence); }

bool set_tombstone(soci::session& session, const Row& row) {
  const std::string done(name_of(EntryState::Done));
  return Query(session,
               "UPDATE entry SET state = :state, finished = :finished, outcome = :outcome, last_error = :last_error,"
               " draft_id = :draft_id, request_id = :request_id, sent_copy = :sent_copy,"
               " sent_copy_until = :sent_copy_until, needs_administrator = 0,"
               " held_from = '', fence = fence + 1,"
               " envelope = '', plan = '', progress = '' WHERE id = :id AND fence = :fence")
             .use(done)
             .use(row.finished)
             .use(row.outcome)
             .use(row.last_error)
             .use(row.draft_id)
             .use(row.request_id)
             .use(row.sent_copy)
             .use(row.sent_copy_until)
             .use(row.id)
             .use(row.fence)
             .change() == 1;
}

void shorten_waits(soci::session& session, long long latest) {
  Query(session, "UPDATE entry SET next_attempt = :latest WHERE next_attempt > :same AND state NOT IN ('done', 'held')")
      .use(latest)
      .use(latest)
      .change();
}

void set_held(soci::session& session, const std::string& id, const std::string& why) {
  Query(session,
        "UPDATE entry SET held_from = CASE state WHEN 'held' THEN held_from ELSE state END, state = 'held',"
        " last_error = :why WHERE id = :id")
      .use(why)
      .use(id)
      .change();
}

}  // namespace graph_milter::queue
