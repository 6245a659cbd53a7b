// SPDX-License-Identifier: Apache-2.0
#include "core/queue/sqlite_queue.h"

#include <sys/stat.h>

#include "core/base/failpoint.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/queue/journal_schema.h"
#include "core/queue/journal_search.h"

namespace graph_milter::queue {

namespace {

constexpr std::size_t kTombstonesAtOnce = 200;  // so that no commit waits long behind them
constexpr Duration kCheckInterval = std::chrono::hours(7 * 24);
constexpr const char* kCheckedNote = "journal.checked";

}  // namespace

Result<std::string> SqliteQueue::administer(const std::string& id, Command command) {
  bool leased = false;
  leases_.look([&](const Leases::All& leases) { leased = leases.contains(id); });
  Verdict verdict;
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    GM_TRY_ASSIGN(verdict, apply(session, id, command, leased));
    return {};
  }));
  leases_.revoke(id, verdict.after.fence);
  leases_.signal();
  waiters_.tell(verdict.after);
  if (verdict.after.state == EntryState::Done) GM_TRY(bury(verdict.after));
  return verdict.words;
}

Result<std::string> SqliteQueue::plan_anew(const std::string& id, const plan::Plan& plan) {
  Verdict verdict;
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    const auto row = read_row(session, id);
    if (!row) return fail(ErrorKind::NotFound, "entry " + escape_for_log(id, 40), "there is no such entry");
    GM_TRY_ASSIGN(const Entry entry, entry_of(*row));
    GM_TRY_ASSIGN(verdict, decide_anew(entry, plan, clock_->now()));
    Row planned = row_of(verdict.after);
    ++planned.fence;
    replace_row(session, planned);
    GM_FAILPOINT(C41);
    return {};
  }));
  GM_FAILPOINT(C42);
  leases_.signal();
  return verdict.words;
}

Result<Verdict> SqliteQueue::apply(soci::session& session, const std::string& id, Command command, bool leased) const {
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
                                              const Error& why) const {
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
  verdict.after.fence = row.fence;
  verdict.after.state = EntryState::Done;
  verdict.after.envelope.queue_id = row.queue_id;
  verdict.after.size = spool_.message_size(row.id).value_or(0);
  verdict.words = "is deleted; what Graph may have of it is left to the sweeper";
  return verdict;
}

Result<std::vector<TraceRecord>> SqliteQueue::trace(const std::string& what) {
  return reader_.read_aside([&](soci::session& session) { return queue::trace(session, what); });
}

Result<std::vector<std::string>> SqliteQueue::mailboxes() {
  return reader_.read_aside([](soci::session& session) { return read_mailboxes(session); });
}

Result<std::vector<SentCopy>> SqliteQueue::sent_copies(TimePoint before, TimePoint now, std::size_t limit) {
  return reader_.read(
      [&](soci::session& session) { return read_sent_copies(session, to_unix_ms(before), to_unix_ms(now), limit); });
}

Status SqliteQueue::forget_sent_copy(const std::string& id) {
  return writer_.run([&](soci::session& session) -> Status {
    queue::forget_sent_copy(session, id);
    return {};
  });
}

Result<std::string> SqliteQueue::note(const std::string& name) {
  return reader_.read([&](soci::session& session) { return read_note(session, name); });
}

Status SqliteQueue::set_note(const std::string& name, const std::string& value) {
  return writer_.run([&](soci::session& session) -> Status {
    write_note(session, name, value);
    return {};
  });
}

Status SqliteQueue::tidy(TimePoint now) {
  ballast_.restore(settings_.reserve_bytes);
  GM_TRY(forget_tombstones(now));
  GM_TRY(forget_backup(journal_path(settings_.directory), now - settings_.tombstone_age));
  return check_now_and_then(now);
}

Status SqliteQueue::forget_tombstones(TimePoint now) {
  const long long before = to_unix_ms(now - settings_.tombstone_age);
  long long removed = 0;
  do {
    GM_TRY(writer_.run([&](soci::session& session) -> Status {
      removed = remove_tombstones(session, before, kTombstonesAtOnce);
      return {};
    }));
  } while (removed == static_cast<long long>(kTombstonesAtOnce));
  return {};
}

Status SqliteQueue::check_now_and_then(TimePoint now) {
  GM_TRY_ASSIGN(const std::string checked, note(kCheckedNote));
  const auto last = parse_unsigned(checked);
  // A clock that was set back must not put the check off for years.
  if (last) {
    const TimePoint then = from_unix_ms(static_cast<std::int64_t>(*last));
    if (then <= now && now - then < kCheckInterval) return {};
  }
  const std::string path = journal_path(settings_.directory);
  GM_TRY_ASSIGN(const Status sound,
                reader_.read_aside([&](soci::session& session) { return check_whole_integrity(session, path); }));
  if (!sound) log_text(LogLevel::Error, sound.error().text());
  return set_note(kCheckedNote, format("{}", to_unix_ms(now)));
}

}  // namespace graph_milter::queue
