// SPDX-License-Identifier: Apache-2.0
// What follows when a message is sent, and what when it will not be: no draft of it may be left before it goes
// elsewhere.
#include <algorithm>

#include "core/base/failpoint.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/delivery/courier.h"
#include "core/delivery/events.h"
#include "core/delivery/give_up.h"

namespace graph_milter::delivery {
namespace {

// How what was returned ended: the MTA has the original if it took it for anybody.
queue::Outcome outcome_of_return(const queue::Progress& progress) {
  if (!progress.give_up || progress.give_up->disposal != queue::Disposal::Mta) return queue::Outcome::Returned;
  const auto& fates = progress.fates;
  const bool taken = std::find(fates.begin(), fates.end(), queue::RecipientFate::Taken) != fates.end();
  return taken ? queue::Outcome::HandedBack : queue::Outcome::Returned;
}

bool nobody_is_told(const queue::GiveUp& why) {
  return why.disposal == queue::Disposal::Drop || why.disposal == queue::Disposal::Client;
}

queue::Disposal disposal_of(plan::ReturnBy choice) {
  switch (choice) {
    case plan::ReturnBy::Dsn:
      return queue::Disposal::Dsn;
    case plan::ReturnBy::Mta:
      return queue::Disposal::Mta;
    case plan::ReturnBy::Hold:
      break;
  }
  return queue::Disposal::Hold;
}

// Success is told as a favour; nothing waits longer for an MTA that is not there.
constexpr int kMaxTries = 5;

// Where nobody knows whether it was taken, once is enough.
bool may_be_told_later(ErrorKind kind) {
  return kind == ErrorKind::Transient || kind == ErrorKind::Throttled || kind == ErrorKind::System;
}

}  // namespace

Courier::Halt Courier::give_up(const Error& why, bool expired) {
  const auto& decided = entry_.plan.handling.return_by;
  queue::Disposal disposal = decided ? disposal_of(*decided) : settings_.disposal;
  if (entry_.progress.awaited) {
    // The client that waits hears it, and may send the same message again.
    disposal = queue::Disposal::Client;
    entry_.resend_key.clear();
  }
  entry_.progress.give_up = queue::GiveUp{disposal, dsn_status(why, expired), dsn_diagnostic(why), now()};
  entry_.last_error = why.text();
  if (auto halt = record(queue::EntryState::GiveUp)) return halt;
  GM_FAILPOINT(C30);
  log_gave_up(entry_, why, expired, now());
  return std::nullopt;
}

// Deleted, and then found neither by our marker nor by its id. What was not seen at all may only not be visible yet.
Courier::Halt Courier::remove_draft() {
  queue::Progress& progress = entry_.progress;
  const auto seen = heard(target_.draft_exists(progress.draft_id));
  if (!seen) return not_removed(seen.error());
  if (*seen) cancel_sessions();
  const Status deleted = heard(target_.delete_draft(progress.draft_id));
  GM_FAILPOINT(C31);
  if (!deleted) return not_removed(deleted.error());
  auto left = heard(target_.find_draft());
  if (!left) return not_removed(left.error());
  const auto there = heard(target_.draft_exists(progress.draft_id));
  if (!there) return not_removed(there.error());
  if (*left) progress.draft_id = **left;
  if (*left || *there) {
    return Park{now() + settings_.look_again, make_error(ErrorKind::Transient, "draft", "deleted, but still there")};
  }
  not_ahead(progress.drafted);
  const TimePoint visible = progress.drafted + settings_.draft_is_young;
  if (*seen || now() >= visible) return draft_gone();
  return Park{visible, make_error(ErrorKind::Transient, "draft", "not found, but it may only not be visible yet")};
}

Courier::Halt Courier::find_leftover() {
  queue::Progress& progress = entry_.progress;
  if (progress.draft_intended == TimePoint{}) return draft_gone();
  auto found = heard(target_.find_draft());
  if (!found) return not_removed(found.error());
  if (*found) {
    progress.draft_id = **std::move(found);
    progress.drafted = now();
    ++progress.drafts_made;
    return record(queue::EntryState::GiveUp);
  }
  not_ahead(progress.draft_intended);
  const TimePoint certain = progress.draft_intended + settings_.draft_settles;
  if (now() >= certain) return draft_gone();
  return Park{certain, make_error(ErrorKind::Transient, "draft", "the answer to its creation was lost; looking again")};
}

// A mailbox that does not exist holds no draft. What is no draft any more was sent or filed by somebody: whether its
// sender is to be told is for a person to decide, unless one has.
Courier::Halt Courier::not_removed(const Error& error) {
  if (says_no_mailbox(error)) return draft_gone();
  const bool no_draft_any_more = error.kind == ErrorKind::Permanent && error.status == 0;
  if (no_draft_any_more && nobody_is_told(*entry_.progress.give_up)) return draft_gone();
  return failed(error);
}

Courier::Halt Courier::draft_gone() {
  forget_draft();
  if (auto halt = record(queue::EntryState::DraftGone)) return halt;
  GM_FAILPOINT(C32);
  return std::nullopt;
}

Courier::Halt Courier::give_to_mta() {
  if (auto halt = need_message()) return halt;
  if (auto ending = returning_.give_to_mta(entry_, *message_)) return ending;
  if (entry_.state == queue::EntryState::Returned) return std::nullopt;
  return Stopped{
      make_error(ErrorKind::Corrupt, "delivery", "entry " + entry_.id + " was returned but not recorded so")};
}

Courier::Halt Courier::keep() const {
  const queue::GiveUp& why = *entry_.progress.give_up;
  return Hold{make_error(ErrorKind::Permanent, "given up", why.status + " " + why.diagnostic,
                         "return it or delete it; its draft is gone")};
}

Courier::Halt Courier::tell_relayed() {
  Status told = open_message();
  if (told) told = returning_.tell_relayed(entry_, *message_);
  if (!told && told.error().kind == ErrorKind::Cancelled) return Stopped{told.error()};
  if (!told && may_be_told_later(told.error().kind) && entry_.attempts - entry_.progress.attempts_before < kMaxTries) {
    return Retry{told.error(), now()};
  }
  if (!told) {
    log_text(LogLevel::Warning,
             format("entry {}: its sender could not be told that it was sent: {}", entry_.id, told.error().text()));
  }
  entry_.progress.success_notified = true;
  return record(queue::EntryState::Sent);
}

Courier::Halt Courier::finish() {
  if (entry_.state == queue::EntryState::Sent) entry_.outcome = queue::Outcome::Sent;
  // A start after a crash does not know what was said when it was returned.
  if (entry_.state == queue::EntryState::Returned && entry_.outcome == queue::Outcome::None) {
    entry_.outcome = outcome_of_return(entry_.progress);
  }
  if (entry_.state == queue::EntryState::DraftGone) {
    const bool is_dropped = entry_.progress.give_up->disposal == queue::Disposal::Drop;
    entry_.outcome = is_dropped ? queue::Outcome::Dropped : queue::Outcome::Withdrawn;
    if (is_dropped) log_dropped(entry_, now());
  }
  if (const Status finished = queue_.finish(entry_); !finished) return not_recorded(finished.error());
  entry_.state = queue::EntryState::Done;
  return Delivered{};
}

}  // namespace graph_milter::delivery
