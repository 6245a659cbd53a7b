// SPDX-License-Identifier: Apache-2.0
#include "core/queue/sqlite_queue.h"

#include <algorithm>
#include <cerrno>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/queue/journal_schema.h"
#include "core/queue/recovery.h"

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

tl::unexpected<Error> illegal(const Entry& entry, EntryState from, EntryState to, std::string_view why) {
  return fail(ErrorKind::Corrupt, "entry " + entry.id,
              format("illegal step from {} to {}: {}", name_of(from), name_of(to), why));
}

}  // namespace

// Counts what a commit in flight may still take from the disk, and keeps one id from being committed twice at a time.
class SqliteQueue::Promise {
 public:
  Promise(SqliteQueue& queue, std::string id, ByteCount bytes) : queue_(queue), id_(std::move(id)) {
    const std::lock_guard lock(queue_.promised_mutex_);
    mine_ = queue_.promised_.emplace(id_, bytes).second;
  }
  ~Promise() {
    const std::lock_guard lock(queue_.promised_mutex_);
    if (mine_) queue_.promised_.erase(id_);
  }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

  bool is_mine() const { return mine_; }

 private:
  SqliteQueue& queue_;
  const std::string id_;
  bool mine_ = false;
};

SqliteQueue::SqliteQueue(QueueSettings settings, std::shared_ptr<Clock> clock, SpoolLock lock, SessionPointer writer,
                         SessionPointer reader)
    : settings_(std::move(settings)),
      clock_(std::move(clock)),
      lock_(std::move(lock)),
      spool_(settings_.directory),
      reader_(std::move(reader)),
      writer_(std::move(writer), journal_path(settings_.directory)) {}

template <class Function>
auto SqliteQueue::read(Function function) -> Result<decltype(function(std::declval<soci::session&>()))> {
  const std::lock_guard lock(reader_mutex_);
  try {
    return function(*reader_);
  } catch (const std::exception& failure) {
    return fail(translate(failure, journal_path(settings_.directory), "reading the journal").error);
  }
}

Status SqliteQueue::fail_if_grave(Error error) {
  if (is_grave(error)) writer_.set_failed(error);
  return fail(std::move(error));
}

Status SqliteQueue::check_room(ByteCount bytes) {
  ByteCount promised = 0;
  {
    const std::lock_guard lock(promised_mutex_);
    for (const auto& [id, size] : promised_) promised += size;
  }
  return spool_.check_room(bytes + promised, settings_.reserve_bytes);
}

Status SqliteQueue::commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                           const plan::Plan& plan) {
  if (!is_entry_id(id)) return fail(ErrorKind::Usage, "queue", "not the name of an entry: " + id);
  const ByteCount still_needed = (message.is_on_disk() ? 0 : message.size()) + kJournalShare;
  const Promise promise(*this, id, still_needed);
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
  GM_TRY(insert(row_of(entry)));
  leases_.signal();
  return {};
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

Status SqliteQueue::insert(const Row& row) {
  Status inserted = writer_.run([&](soci::session& session) -> Status {
    insert_row(session, row);
    return {};
  });
  if (inserted || writer_.failed()) return inserted;  // failed: the row may be there, so the file must stay
  const Status removed = spool_.remove_message(row.id);
  if (!removed) LogLine(LogLevel::Warning, row.queue_id, "orphan").field("entry", row.id).error(removed.error());
  return inserted;
}

Result<std::optional<std::string>> SqliteQueue::choose_due(TimePoint now,
                                                           const std::vector<std::string>& busy_mailboxes) {
  return leases_.lease([&](std::size_t count, const Leases::IsLeased& is_leased) -> Result<std::optional<std::string>> {
    GM_TRY_ASSIGN(const std::vector<Due> due, read([&](soci::session& session) {
                    return read_due(session, to_unix_ms(now), busy_mailboxes, count + 1);
                  }));
    for (const Due& candidate : due) {
      if (!is_leased(candidate.id)) return candidate.id;
    }
    return std::nullopt;
  });
}

Result<std::optional<Entry>> SqliteQueue::lease_next(TimePoint now, const std::vector<std::string>& busy_mailboxes) {
  for (;;) {
    if (writer_.failed()) return fail(ErrorKind::System, settings_.directory, "the queue stopped after a failure");
    GM_TRY_ASSIGN(const std::optional<std::string> id, choose_due(now, busy_mailboxes));
    if (!id) return std::nullopt;
    auto entry = take(*id);
    if (!entry) leases_.end(*id);
    if (!entry || *entry) return entry;
    leases_.end(*id);  // it was damaged and is Held now
  }
}

// Fences a chosen entry and reads it; nullopt: it was damaged.
Result<std::optional<Entry>> SqliteQueue::take(const std::string& id) {
  GM_TRY_ASSIGN(const std::optional<Row> row, read([&](soci::session& session) { return read_row(session, id); }));
  if (!row) return fail(ErrorKind::Corrupt, "entry " + id, "vanished from the journal");
  auto entry = entry_of(*row);
  if (!entry) {
    GM_TRY(hold_damaged(id, entry.error()));
    return std::nullopt;
  }
  const std::int64_t old_fence = entry->fence;
  ++entry->fence;
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    if (set_fence(session, id, old_fence, entry->fence)) return {};
    return fail(ErrorKind::Cancelled, "entry " + id, "somebody else leased it");
  }));
  leases_.set(id, Lease{entry->fence, standing_of(*entry)});
  return *std::move(entry);
}

Status SqliteQueue::hold_damaged(const std::string& id, const Error& why) {
  LogLine(LogLevel::Error, "", "held").field("entry", id).error(why);
  return writer_.run([&](soci::session& session) -> Status {
    set_held(session, id, why.text());
    return {};
  });
}

Result<std::optional<TimePoint>> SqliteQueue::next_due() {
  Result<std::optional<TimePoint>> next = std::nullopt;
  leases_.look([&](std::size_t count, const Leases::IsLeased& is_leased) {
    const auto due = read([&](soci::session& session) { return read_due(session, std::nullopt, {}, count + 1); });
    if (!due) {
      next = fail(due.error());
      return;
    }
    const auto first = std::find_if(due->begin(), due->end(), [&](const Due& item) { return !is_leased(item.id); });
    if (first != due->end()) next = from_unix_ms(first->next_attempt);
  });
  return next;
}

void SqliteQueue::wait_for_work(TimePoint until) {
  const Duration longest = until - clock_->now();
  // A day: what is waited for is looked at again anyway, and "for ever" would overflow the clock.
  leases_.wait(std::clamp<Duration>(longest, Duration::zero(), std::chrono::hours(24)));
}

Status SqliteQueue::write(const Entry& entry, const Lease& lease) {
  if (const auto why = illegal_step(lease.standing, standing_of(entry)); !why.empty()) {
    return illegal(entry, lease.standing.state, entry.state, why);
  }
  const Row row = row_of(entry);
  return writer_.run([&](soci::session& session) -> Status {
    if (set_progress(session, row)) return {};
    return fail(ErrorKind::Cancelled, "entry " + entry.id, "its row has another fence");
  });
}

Status SqliteQueue::record(const Entry& entry) {
  GM_TRY_ASSIGN(Lease lease, leases_.find(entry.id, entry.fence));
  if (is_final(entry.state)) {
    return illegal(entry, lease.standing.state, entry.state, "the lease must end with it: use finish or hold");
  }
  GM_TRY(write(entry, lease));
  lease.standing = standing_of(entry);
  leases_.set(entry.id, lease);
  return {};
}

Status SqliteQueue::defer(const Entry& entry, TimePoint next_attempt, const Error& why) {
  GM_TRY_ASSIGN(const Lease lease, leases_.find(entry.id, entry.fence));
  Entry later = entry;
  ++later.attempts;
  later.next_attempt = next_attempt;
  later.last_error = why.text();
  if (is_final(later.state)) {
    return illegal(entry, lease.standing.state, later.state, "what is deferred must go on from somewhere");
  }
  GM_TRY(write(later, lease));
  leases_.end(entry.id);
  return {};
}

Status SqliteQueue::hold(const Entry& entry, const Error& why) {
  GM_TRY_ASSIGN(const Lease lease, leases_.find(entry.id, entry.fence));
  Entry held = entry;
  held.held_from = lease.standing.state;
  held.state = EntryState::Held;
  held.last_error = why.text();
  GM_TRY(write(held, lease));
  leases_.end(entry.id);
  return {};
}

Status SqliteQueue::release(const Entry& entry) {
  GM_TRY(leases_.find(entry.id, entry.fence));
  leases_.end(entry.id);
  return {};
}

Status SqliteQueue::finish(const Entry& entry) {
  GM_TRY_ASSIGN(const Lease lease, leases_.find(entry.id, entry.fence));
  const Standing done{EntryState::Done, lease.standing.send_epoch, lease.standing.drafts_made};
  if (const auto why = illegal_step(lease.standing, done); !why.empty()) {
    return illegal(entry, lease.standing.state, done.state, why);
  }
  const long long now = to_unix_ms(clock_->now());
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    if (set_tombstone(session, entry.id, entry.fence, now)) return {};
    return fail(ErrorKind::Cancelled, "entry " + entry.id, "its row has another fence");
  }));
  leases_.end(entry.id);
  Status removed = spool_.remove_message(entry.id);
  if (removed) return {};
  // The entry is done all the same: the next start removes what is left.
  LogLine(LogLevel::Warning, entry.envelope.queue_id, "orphan").field("entry", entry.id).error(removed.error());
  return is_grave(removed.error()) ? fail_if_grave(std::move(removed).error()) : Status{};
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
  return read([](soci::session& session) { return read_summaries(session); });
}

Result<std::optional<Entry>> SqliteQueue::find(const std::string& id) {
  GM_TRY_ASSIGN(const std::optional<Row> row, read([&](soci::session& session) { return read_row(session, id); }));
  if (!row) return std::nullopt;
  GM_TRY_ASSIGN(Entry entry, entry_of(*row));
  return entry;
}

}  // namespace graph_milter::queue
