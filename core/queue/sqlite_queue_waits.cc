// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/queue/journal_search.h"
#include "core/queue/sqlite_queue.h"

namespace graph_milter::queue {

bool SqliteQueue::begin_wait(const std::string& id, std::size_t most) {
  if (!waiters_.begin(id, most)) return false;
  const auto entry = find(id);
  if (entry && *entry) waiters_.tell(**entry, true);
  return true;
}

Outlook SqliteQueue::wait(const std::string& id, TimePoint until) {
  const Duration longest = until - clock_->now();
  return waiters_.wait(id, std::clamp<Duration>(longest, Duration::zero(), std::chrono::hours(1)));
}

Result<Outlook> SqliteQueue::withdraw(const std::string& id, const GiveUp& why) {
  if (!waiters_.end(id)) return Outlook{};
  Withdrawal done;
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    const auto row = read_row(session, id);
    if (!row) return fail(ErrorKind::NotFound, "entry " + id, "there is no such entry");
    GM_TRY_ASSIGN(const Entry entry, entry_of(*row));
    done = queue::withdraw(entry, why, clock_->now());
    if (!done.after) return {};
    if (done.after->state == EntryState::Done) {
      set_tombstone(session, tombstone_row(*done.after));
    } else {
      set_progress(session, row_of(*done.after), row->fence + 1);
    }
    return {};
  }));
  if (!done.after) return done.outlook;
  GM_FAILPOINT(C39);
  leases_.revoke(id, done.after->fence);
  leases_.signal();
  waiters_.tell(*done.after);
  if (done.after->state == EntryState::Done) GM_TRY(bury(*done.after));
  return done.outlook;
}

// Of the mailbox that has the fewest leased entries, the one that came first.
Result<std::optional<Leases::Choice>> SqliteQueue::choose_awaited(TimePoint now,
                                                                  const std::vector<std::string>& busy_mailboxes,
                                                                  const Leases::All& leases) {
  std::optional<std::pair<std::size_t, Leases::Choice>> best;
  for (const std::string& id : waiters_.open()) {
    if (leases.contains(id)) continue;
    GM_TRY_ASSIGN(const std::optional<Due> due,
                  reader_.read([&](soci::session& session) { return read_due_entry(session, id, to_unix_ms(now)); }));
    if (!due || std::find(busy_mailboxes.begin(), busy_mailboxes.end(), due->mailbox) != busy_mailboxes.end()) continue;
    const auto leased = static_cast<std::size_t>(std::count_if(
        leases.begin(), leases.end(), [&](const auto& lease) { return lease.second.mailbox == due->mailbox; }));
    if (!best || leased < best->first) best.emplace(leased, Leases::Choice{id, due->mailbox});
  }
  if (!best) return std::nullopt;
  return std::move(best->second);
}

}  // namespace graph_milter::queue
