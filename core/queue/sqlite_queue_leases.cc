// SPDX-License-Identifier: Apache-2.0
#include "core/queue/sqlite_queue.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

#include "core/base/failpoint.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/queue/journal_search.h"

namespace graph_milter::queue {

namespace {

tl::unexpected<Error> illegal(const Entry& entry, EntryState from, EntryState to, std::string_view why) {
  return fail(ErrorKind::Corrupt, "entry " + entry.id,
              format("illegal step from {} to {}: {}", name_of(from), name_of(to), why));
}

bool ends_well(EntryState from, Outcome outcome) {
  if (from == EntryState::Sent) return outcome == Outcome::Sent;
  if (from == EntryState::DraftGone) return outcome == Outcome::Dropped || outcome == Outcome::Withdrawn;
  return outcome == Outcome::Returned || outcome == Outcome::HandedBack;
}

constexpr std::size_t kFront = 32;  // entries that are looked at before all mailboxes are

std::map<std::string, std::size_t> leased_by_mailbox(const Leases::All& leases) {
  std::map<std::string, std::size_t> out;
  for (const auto& [id, lease] : leases) ++out[lease.mailbox];
  return out;
}

}  // namespace

// The mailbox with the fewest leased entries first, then what is due for the longest time.
Result<std::optional<Leases::Choice>> SqliteQueue::choose_due(TimePoint now,
                                                              const std::vector<std::string>& busy_mailboxes,
                                                              const Leases::All& leases) {
  GM_TRY_ASSIGN(std::optional<Leases::Choice> awaited, choose_awaited(now, busy_mailboxes, leases));
  if (awaited) return awaited;
  const long long not_after = to_unix_ms(now);
  std::map<std::string, std::size_t> leased = leased_by_mailbox(leases);
  const auto is_busy = [&](const std::string& mailbox) {
    return std::find(busy_mailboxes.begin(), busy_mailboxes.end(), mailbox) != busy_mailboxes.end();
  };
  // What is due for the longest time of all is the answer if nobody serves its mailbox, and mostly that is so.
  GM_TRY_ASSIGN(const std::vector<Due> front,
                reader_.read([&](soci::session& session) { return read_waiting(session, leases.size() + kFront); }));
  for (const Due& first : front) {
    if (first.next_attempt > not_after) break;
    if (!is_busy(first.mailbox) && leased[first.mailbox] == 0) return Leases::Choice{first.id, first.mailbox};
  }
  GM_TRY_ASSIGN(const std::vector<Due> due,
                reader_.read([&](soci::session& session) { return read_due_mailboxes(session, not_after); }));
  std::optional<std::tuple<std::size_t, long long, std::string, std::string>> best;
  for (const Due& first : due) {
    const std::size_t count = leased[first.mailbox];
    if (is_busy(first.mailbox) || (best && count > std::get<0>(*best))) continue;
    GM_TRY_ASSIGN(const std::optional<Due> next, first_unleased(first, not_after, leases, count));
    if (!next) continue;
    std::tuple candidate(count, next->next_attempt, next->id, next->mailbox);
    if (!best || candidate < *best) best = std::move(candidate);
  }
  if (!best) return std::nullopt;
  return Leases::Choice{std::get<2>(*best), std::get<3>(*best)};
}

// In the mailbox of `first`, which is due for the longest time there.
Result<std::optional<Due>> SqliteQueue::first_unleased(const Due& first, long long now, const Leases::All& leases,
                                                       std::size_t leased) {
  if (!leases.contains(first.id)) return first;
  GM_TRY_ASSIGN(const std::vector<Due> due, reader_.read([&](soci::session& session) {
    return read_due(session, first.mailbox, now, leased + 1);
  }));
  for (const Due& candidate : due) {
    if (!leases.contains(candidate.id)) return candidate;
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
  GM_TRY_ASSIGN(const std::optional<Row> row,
                reader_.read([&](soci::session& session) { return read_row(session, id); }));
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
    const auto due = reader_.read([&](soci::session& session) { return read_waiting(session, leases.size() + 1); });
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
  waiters_.tell(entry);
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
  waiters_.tell(later);
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
  waiters_.tell(held);
  leases_.end(entry.id);
  return {};
}

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
  done.state = EntryState::Done;
  const Row row = tombstone_row(done);
  GM_TRY(writer_.run([&](soci::session& session) -> Status {
    if (set_tombstone(session, row)) return {};
    return fail(ErrorKind::Cancelled, "entry " + entry.id, "its row has another fence");
  }));
  waiters_.tell(done);
  leases_.end(entry.id);
  return bury(entry);
}

}  // namespace graph_milter::queue
