// SPDX-License-Identifier: Apache-2.0
#include "core/queue/sqlite_queue.h"

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "core/base/failpoint.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/base/text.h"
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

tl::unexpected<Error> illegal(const Entry& entry, EntryState from, EntryState to, std::string_view why) {
  return fail(ErrorKind::Corrupt, "entry " + entry.id,
              format("illegal step from {} to {}: {}", name_of(from), name_of(to), why));
}

}  // namespace

// Counts what a commit in flight may still take from the disk, and keeps one id from being committed twice at a time.
class SqliteQueue::Promise {
 public:
  Promise(SqliteQueue& queue, std::string id, const Promised& bytes) : queue_(queue), id_(std::move(id)) {
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
                         SessionPointer reader, ByteCount bytes)
    : settings_(std::move(settings)),
      clock_(std::move(clock)),
      lock_(std::move(lock)),
      spool_(settings_.directory),
      bytes_(bytes),
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

template <class Function>
auto SqliteQueue::read_aside(Function function) const -> Result<decltype(function(std::declval<soci::session&>()))> {
  const std::string path = journal_path(settings_.directory);
  GM_TRY_ASSIGN(const SessionPointer session, open_reader_session(path));
  try {
    return function(*session);
  } catch (const std::exception& failure) {
    return fail(translate(failure, path, "reading the journal").error);
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
    for (const auto& [id, item] : promised_) promised += item.still_needed;
  }
  GM_TRY(check_limit(bytes));
  return spool_.check_room(bytes + promised, settings_.reserve_bytes);
}

Status SqliteQueue::check_limit(ByteCount bytes) const {
  if (settings_.max_bytes == 0) return {};
  ByteCount used = 0;
  {
    const std::lock_guard lock(promised_mutex_);
    used = bytes_;
    for (const auto& [id, item] : promised_) used += item.message;
  }
  if (used <= settings_.max_bytes && bytes <= settings_.max_bytes - used) return {};
  Error error = make_error(ErrorKind::System, settings_.directory,
                           format("no room for {}: the queue has {}, and may have {}", human_size(bytes),
                                  human_size(used), human_size(settings_.max_bytes)),
                           "see why mail waits (graph-milterctl queue list), or raise max-queue-size");
  error.status = ENOSPC;
  return fail(std::move(error));
}

Result<Committed> SqliteQueue::commit(const std::string& id, mail::MessageFile& message, const mail::Envelope& envelope,
                                      const plan::Plan& plan, const std::string& resend_key) {
  if (!is_entry_id(id)) return fail(ErrorKind::Usage, "queue", "not the name of an entry: " + id);
  const Promised needed{message.size(), (message.is_on_disk() ? 0 : message.size()) + kJournalShare};
  const Promise promise(*this, id, needed);
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
  if (settings_.resend_window > Duration::zero()) entry.resend_key = resend_key;
  GM_TRY_ASSIGN(Committed committed, insert(row_of(entry)));
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
  if (!inserted || committed.adopted) drop_message(row);
  if (!inserted) return fail(inserted.error());
  if (!committed.adopted) {
    const std::lock_guard lock(promised_mutex_);
    bytes_ += static_cast<ByteCount>(row.size);
  }
  return committed;
}

// The file of a message that has no entry.
void SqliteQueue::drop_message(const Row& row) {
  const Status removed = spool_.remove_message(row.id);
  if (!removed) LogLine(LogLevel::Warning, row.queue_id, "orphan").field("entry", row.id).error(removed.error());
}

// The fewest leased entries first, then what is due for the longest time.
Result<std::optional<Leases::Choice>> SqliteQueue::choose_due(TimePoint now,
                                                              const std::vector<std::string>& busy_mailboxes,
                                                              const Leases::All& leases) {
  const long long not_after = to_unix_ms(now);
  GM_TRY_ASSIGN(std::vector<Due> due,
                read([&](soci::session& session) { return read_due_mailboxes(session, not_after); }));
  std::map<std::string, std::size_t> working;
  for (const auto& [id, lease] : leases) ++working[lease.mailbox];
  const auto order = [&](const Due& item) {
    const auto found = working.find(item.mailbox);
    return std::tuple(found == working.end() ? 0U : found->second, item.next_attempt, item.id);
  };
  std::sort(due.begin(), due.end(), [&](const Due& a, const Due& b) { return order(a) < order(b); });
  for (const Due& box : due) {
    if (std::find(busy_mailboxes.begin(), busy_mailboxes.end(), box.mailbox) != busy_mailboxes.end()) continue;
    if (!leases.contains(box.id)) return Leases::Choice{box.id, box.mailbox};
    GM_TRY_ASSIGN(const std::vector<Due> further, read([&](soci::session& session) {
                    return read_due(session, box.mailbox, not_after, working[box.mailbox] + 1);
                  }));
    for (const Due& candidate : further) {
      if (!leases.contains(candidate.id)) return Leases::Choice{candidate.id, candidate.mailbox};
    }
  }
  return std::nullopt;
}

Result<std::optional<Entry>> SqliteQueue::lease_next(TimePoint now, const std::vector<std::string>& busy_mailboxes) {
  for (;;) {
    if (writer_.failed()) return fail(ErrorKind::System, settings_.directory, "the queue stopped after a failure");
    GM_TRY_ASSIGN(const std::optional<std::string> id,
                  leases_.lease([&](const Leases::All& leases) { return choose_due(now, busy_mailboxes, leases); }));
    if (!id) return std::nullopt;
    auto entry = take(*id);
    if (!entry) leases_.end(*id);
    if (!entry && entry.error().kind == ErrorKind::Cancelled) continue;  // the administrator came first
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
  if (is_final(entry->state)) return fail(ErrorKind::Cancelled, "entry " + id, "is not for delivery any more");
  ++entry->fence;
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    if (set_fence(session, id, old_fence, entry->fence)) return {};
    return fail(ErrorKind::Cancelled, "entry " + id, "somebody else took it");
  }));
  GM_FAILPOINT(C12);
  leases_.set(id, Lease{entry->plan.mailbox, entry->fence, standing_of(*entry), false});
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
  leases_.look([&](const Leases::All& leases) {
    const auto due = read([&](soci::session& session) { return read_waiting(session, leases.size() + 1); });
    if (!due) {
      next = fail(due.error());
      return;
    }
    const auto first =
        std::find_if(due->begin(), due->end(), [&](const Due& item) { return !leases.contains(item.id); });
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

Status SqliteQueue::release(const Entry& entry) { return leases_.end(entry.id, entry.fence); }

namespace {

bool ends_well(EntryState from, Outcome outcome) {
  if (from == EntryState::Sent) return outcome == Outcome::Sent;
  if (from == EntryState::DraftGone) return outcome == Outcome::Dropped;
  return outcome == Outcome::Returned || outcome == Outcome::HandedBack;
}

}  // namespace

Status SqliteQueue::finish(const Entry& entry) {
  GM_TRY_ASSIGN(const Lease lease, leases_.find(entry.id, entry.fence));
  Standing standing = lease.standing;
  standing.state = EntryState::Done;
  if (const auto why = illegal_step(lease.standing, standing); !why.empty()) {
    return illegal(entry, lease.standing.state, EntryState::Done, why);
  }
  if (!ends_well(lease.standing.state, entry.outcome)) {
    return illegal(entry, lease.standing.state, EntryState::Done,
                   format("it cannot have the outcome {}", name_of(entry.outcome)));
  }
  Entry done = entry;
  done.finished = clock_->now();
  const Row row = tombstone_row(done);
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    if (set_tombstone(session, row)) return {};
    return fail(ErrorKind::Cancelled, "entry " + entry.id, "its row has another fence");
  }));
  leases_.end(entry.id);
  return bury(entry);
}

// The message file of what is Done.
Status SqliteQueue::bury(const Entry& entry) {
  GM_FAILPOINT(C28);
  {
    const std::lock_guard lock(promised_mutex_);
    bytes_ -= std::min(bytes_, entry.size);
  }
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

Result<Totals> SqliteQueue::totals() {
  return read([](soci::session& session) { return read_totals(session); });
}

Result<std::optional<std::string>> SqliteQueue::find_resend(const std::string& resend_key) {
  if (resend_key.empty() || settings_.resend_window <= Duration::zero()) return std::nullopt;
  const long long since = to_unix_ms(clock_->now() - settings_.resend_window);
  return read([&](soci::session& session) { return find_by_resend_key(session, resend_key, since); });
}

Result<std::optional<TraceRecord>> SqliteQueue::find_sent(const std::string& message_id, TimePoint since) {
  return read([&](soci::session& session) { return queue::find_sent(session, message_id, to_unix_ms(since)); });
}

Result<std::vector<TraceRecord>> SqliteQueue::trace(const std::string& what) {
  return read_aside([&](soci::session& session) { return queue::trace(session, what); });
}

Result<std::vector<std::string>> SqliteQueue::mailboxes() {
  return read_aside([](soci::session& session) { return read_mailboxes(session); });
}

Result<std::vector<SentCopy>> SqliteQueue::sent_copies(TimePoint before, std::size_t limit) {
  return read([&](soci::session& session) { return read_sent_copies(session, to_unix_ms(before), limit); });
}

Status SqliteQueue::forget_sent_copy(const std::string& id) {
  return writer_.run([&](soci::session& session) -> Status {
    queue::forget_sent_copy(session, id);
    return {};
  });
}

Result<std::string> SqliteQueue::note(const std::string& name) {
  return read([&](soci::session& session) { return read_note(session, name); });
}

Status SqliteQueue::set_note(const std::string& name, const std::string& value) {
  return writer_.run([&](soci::session& session) -> Status {
    write_note(session, name, value);
    return {};
  });
}

Result<std::string> SqliteQueue::administer(const std::string& id, Command command) {
  bool leased = false;
  leases_.look([&](const Leases::All& leases) { leased = leases.contains(id); });
  Verdict verdict;
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    GM_TRY_ASSIGN(verdict, apply(session, id, command, leased));
    return {};
  }));
  leases_.revoke(id);
  leases_.signal();
  if (verdict.after.state == EntryState::Done) GM_TRY(bury(verdict.after));
  return verdict.words;
}

Result<Verdict> SqliteQueue::apply(soci::session& session, const std::string& id, Command command, bool leased) {
  const auto row = read_row(session, id);
  if (!row) return fail(ErrorKind::NotFound, "entry " + escape_for_log(id, 40), "there is no such entry");
  const auto entry = entry_of(*row);
  if (!entry) return apply_to_damaged(session, *row, command, entry.error());
  GM_TRY_ASSIGN(Verdict verdict, decide(*entry, command, {settings_.returns, leased, clock_->now()}));
  if (verdict.after.state == EntryState::Done) {
    set_tombstone(session, tombstone_row(verdict.after));
  } else {
    set_progress(session, row_of(verdict.after), row->fence + 1);
  }
  return verdict;
}

// Nothing can be known of it but its name.
Result<Verdict> SqliteQueue::apply_to_damaged(soci::session& session, const Row& row, Command command,
                                              const Error& why) {
  if (row.state == name_of(EntryState::Done)) {
    return fail(ErrorKind::NotFound, "entry " + escape_for_log(row.id, 40), "has ended");
  }
  if (command != Command::Delete || !is_entry_id(row.id)) {
    return fail(ErrorKind::Usage, why.where, why.what,
                format("the message is in {}; delete the entry once you have what you need of it",
                       is_entry_id(row.id) ? spool_.message_path(row.id) : settings_.directory));
  }
  Row done = row;
  done.outcome = name_of(Outcome::Dropped);
  done.finished = to_unix_ms(clock_->now());
  done.last_error = "deleted by the administrator; " + why.text();
  set_tombstone(session, done);
  Verdict verdict;
  verdict.after.id = row.id;
  verdict.after.state = EntryState::Done;
  verdict.after.envelope.queue_id = row.queue_id;
  verdict.after.size = row.size < 0 ? 0 : static_cast<ByteCount>(row.size);
  verdict.words = "is deleted; what Graph may have of it is left to the sweeper";
  return verdict;
}

Status SqliteQueue::tidy(TimePoint now) {
  constexpr std::size_t kBatch = 200;
  const long long before = to_unix_ms(now - settings_.tombstone_age);
  for (long long removed = kBatch; removed == kBatch;) {
    GM_TRY(writer_.run([&](soci::session& session) -> Status {
      removed = remove_tombstones(session, before, kBatch);
      return {};
    }));
  }
  return {};
}

}  // namespace graph_milter::queue
