// SPDX-License-Identifier: Apache-2.0
#include "core/queue/sqlite_queue.h"

#include <cerrno>

#include "core/base/failpoint.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/queue/journal_search.h"

namespace graph_milter::queue {

namespace {

// What an entry may still write to the journal until it is done: a few rows of its plan's size.
constexpr ByteCount kJournalShare = 256 * 1024;

// Lack of something is said before anything is promised and leaves nothing uncertain. Every other failure of a disk may
// mean that what it confirmed earlier is not there.
bool is_grave(const Error& error) {
  if (error.kind != ErrorKind::System) return false;
  switch (error.status) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EINTR:
      return false;
    default:
      return true;
  }
}

// No courier ever sees it before somebody decides anew.
void keep_for_a_person(Entry& entry) {
  entry.state = EntryState::Held;
  entry.held_from = EntryState::Accepted;
  entry.last_error = format("not relayed: {}: {}", entry.plan.unplanned->reason, entry.plan.unplanned->text);
}

}  // namespace

SqliteQueue::SqliteQueue(QueueSettings settings, std::shared_ptr<Clock> clock, SpoolLock lock, SessionPointer writer,
                         SessionPointer reader, ByteCount bytes)
    : settings_(std::move(settings)),
      clock_(std::move(clock)),
      lock_(std::move(lock)),
      spool_(settings_.directory),
      ballast_(spool_, settings_.ballast_bytes),
      room_(spool_, settings_.reserve_bytes, settings_.max_bytes, bytes),
      reader_(std::move(reader), journal_path(settings_.directory)),
      writer_(std::move(writer), journal_path(settings_.directory), [this] { return ballast_.give_up(); }) {
  ballast_.restore(settings_.reserve_bytes);
}

Status SqliteQueue::fail_if_grave(Error error) {
  if (is_grave(error)) writer_.set_failed(error);
  return fail(std::move(error));
}

Result<Committed> SqliteQueue::commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                                      const plan::Plan& plan, const std::string& resend_key) {
  if (!is_entry_id(id)) return fail(ErrorKind::Usage, "queue", "not the name of an entry: " + id);
  const ByteCount still_needed = (message.is_on_disk() ? 0 : message.size()) + kJournalShare;
  const Room::Promise promise(room_, id, message.size(), still_needed);
  if (!promise.is_mine()) return fail(ErrorKind::Usage, "entry " + id, "is being committed already");
  GM_TRY(check_room(0));
  GM_TRY_ASSIGN(const std::string sha256, write_message(id, message));
  Entry entry;
  entry.id = id;
  entry.envelope = envelope;
  entry.plan = plan;
  entry.size = message.size();
  entry.sha256 = sha256;
  entry.accepted = clock_->now();
  entry.next_attempt = entry.accepted;
  if (plan.unplanned) keep_for_a_person(entry);
  if (settings_.resend_window > Duration::zero()) entry.resend_key = resend_key;
  entry.progress.awaited = waiters_.has(id);
  GM_TRY_ASSIGN(Committed committed, insert(row_of(entry)));
  GM_FAILPOINT(C9);
  leases_.signal();
  return committed;
}

// File, then its directory: durable before the row can exist.
Result<std::string> SqliteQueue::write_message(const std::string& id, mail::MessageFile& message) {
  if (writer_.failed()) return fail(ErrorKind::System, settings_.directory, "the queue stopped after a failure");
  if (spool_.message_size(id)) return fail(ErrorKind::Usage, "entry " + id, "exists already");
  GM_TRY_ASSIGN(std::string sha256, message.sha256_hex());
  Status kept = spool_.prepare_shard(id);
  if (kept) kept = message.keep(spool_.message_path(id));
  if (!kept) {
    GM_TRY(fail_if_grave(std::move(kept).error()));
  }
  return sha256;
}

// The look for the same message and the row are one transaction, so that of two that come at once one finds the other.
Result<Committed> SqliteQueue::insert(const Row& row) {
  Committed committed;
  const long long since = row.accepted - settings_.resend_window.count();
  const Status inserted = writer_.run([&](soci::session& session) -> Status {
    committed = Committed{row.id, false};
    if (auto known = find_by_resend_key(session, row.resend_key, since)) {
      committed = Committed{*std::move(known), true};
    } else {
      insert_row(session, row);
    }
    return {};
  });
  if (!inserted && writer_.failed()) return fail(inserted.error());  // the row may be there, so the file must stay
  if (!inserted || committed.adopted) GM_TRY(drop_message(row));
  if (!inserted) return fail(inserted.error());
  if (!committed.adopted) room_.add(static_cast<ByteCount>(row.size));
  return committed;
}

// The file of a message that has no entry. What is left of it the next start sweeps.
Status SqliteQueue::drop_message(const Row& row) {
  Status removed = spool_.remove_message(row.id);
  if (removed) return {};
  LogLine(LogLevel::Warning, row.queue_id, "orphan").field("entry", row.id).error(removed.error());
  return is_grave(removed.error()) ? fail_if_grave(std::move(removed).error()) : Status();
}

Result<std::optional<std::string>> SqliteQueue::find_resend(const std::string& resend_key) {
  if (resend_key.empty() || settings_.resend_window <= Duration::zero()) return std::nullopt;
  const long long since = to_unix_ms(clock_->now() - settings_.resend_window);
  return reader_.read([&](soci::session& session) { return find_by_resend_key(session, resend_key, since); });
}

Result<std::optional<TraceRecord>> SqliteQueue::find_sent(const std::string& message_id, TimePoint since) {
  if (message_id.empty()) return std::nullopt;
  return reader_.read([&](soci::session& session) { return queue::find_sent(session, message_id, to_unix_ms(since)); });
}

Result<std::unique_ptr<ByteSource>> SqliteQueue::open_message(const Entry& entry) {
  GM_TRY_ASSIGN(const ByteCount size, [&]() -> Result<ByteCount> {
    auto found = spool_.message_size(entry.id);
    if (!found && found.error().kind == ErrorKind::NotFound) {
      return fail(ErrorKind::Corrupt, found.error().where, found.error().what);
    }
    return found;
  }());
  const std::string path = spool_.message_path(entry.id);
  if (size != entry.size) {
    return fail(ErrorKind::Corrupt, path, format("the message file has {} bytes, and {} were taken", size, entry.size));
  }
  GM_TRY_ASSIGN(std::unique_ptr<ByteSource> source, FileSource::open(path));
  return source;
}

Result<std::vector<EntrySummary>> SqliteQueue::list() {
  return reader_.read([](soci::session& session) { return read_summaries(session); });
}

Result<std::optional<Entry>> SqliteQueue::find(const std::string& id) {
  GM_TRY_ASSIGN(const std::optional<Row> row,
                reader_.read([&](soci::session& session) { return read_row(session, id); }));
  if (!row) return std::nullopt;
  GM_TRY_ASSIGN(Entry entry, entry_of(*row));
  return entry;
}

Result<Totals> SqliteQueue::totals() {
  return reader_.read([](soci::session& session) { return read_totals(session); });
}

// The message file of what is Done.
Status SqliteQueue::bury(const Entry& entry) {
  GM_FAILPOINT(C28);
  room_.remove(entry.size);
  Row row;
  row.id = entry.id;
  row.queue_id = entry.envelope.queue_id;
  return drop_message(row);
}

}  // namespace graph_milter::queue
