// SPDX-License-Identifier: Apache-2.0
// What becomes of an entry when something failed: one reaction per kind of error.
#include <algorithm>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/delivery/courier.h"
#include "core/delivery/give_up.h"
#include "core/upload/driver.h"

namespace graph_milter::delivery {
namespace {

constexpr int kMaxDrafts = 10;

const Error* reason_to_wait(const Ending& ending) {
  if (const auto* park = std::get_if<Park>(&ending)) return &park->why;
  if (const auto* retry = std::get_if<Retry>(&ending)) return &retry->why;
  return nullptr;
}

}  // namespace

Courier::Halt Courier::failed(const Error& error) {
  switch (error.kind) {
    case ErrorKind::NotFound:
      return draft_missing(error);
    case ErrorKind::Throttled:
      if (is_own_pace(error)) return Park{now() + error.retry_after.value_or(std::chrono::seconds(1)), error, true};
      return Retry{error, now()};
    case ErrorKind::Transient:
    case ErrorKind::Unclear:
    case ErrorKind::OutOfStep:
    case ErrorKind::SessionGone:
    case ErrorKind::Unauthorized:
    case ErrorKind::Configuration:
    case ErrorKind::System:
      return Retry{error, now()};
    case ErrorKind::Permanent:
      return refused(error);
    case ErrorKind::Corrupt:
    case ErrorKind::Usage:
      return hold(error);
    case ErrorKind::Cancelled:
      break;
  }
  return Stopped{error};
}

Courier::Halt Courier::refused(const Error& error) {
  if (entry_.progress.send_unresolved) return settle_unknown(error);
  // Our draft stands there, so the service is mistaken, or the mailbox has just gone; its lifetime ends that.
  if (says_no_mailbox(error) && !entry_.progress.draft_id.empty()) return Retry{error, now()};
  if (may_be_given_up(entry_) && is_refusal(error)) return give_up(error, false);
  return hold(error);
}

// A 404 on a draft, or on its upload sessions one after the other: it is young and not visible yet, or the service is
// behind, or somebody deleted it.
Courier::Halt Courier::draft_missing(const Error& error) {
  if (may_be_sent(entry_) || entry_.progress.draft_id.empty()) return Retry{error, now()};
  not_ahead(entry_.progress.drafted);
  const Duration age = now() - entry_.progress.drafted;
  if (age < settings_.draft_is_young) {
    return Park{now() + std::clamp<Duration>(age, std::chrono::seconds(1), std::chrono::seconds(15)), error};
  }
  const auto exists = heard(target_.draft_exists(entry_.progress.draft_id));
  if (!exists && exists.error().kind == ErrorKind::Permanent) return refused(exists.error());
  if (!exists || *exists) return Retry{error, now()};
  // One wrong 404 must not leave a draft behind.
  const auto found = heard(target_.find_draft());
  if (!found || *found) return Retry{error, now()};
  return start_over();
}

Courier::Halt Courier::start_over() {
  log_text(LogLevel::Warning, format("entry {}: its draft is gone from the mailbox; making it anew", entry_.id));
  forget_draft();
  if (entry_.progress.drafts_made >= kMaxDrafts) {
    return Hold{make_error(ErrorKind::Permanent, "draft",
                           format("{} drafts have vanished from the mailbox before they were complete", kMaxDrafts),
                           "look for what deletes drafts there: a rule, a policy, another program")};
  }
  return record(queue::EntryState::DraftIntent);
}

Courier::Halt Courier::hold(const Error& error) {
  if (entry_.state < queue::EntryState::SendIntent) clean_up();
  return Hold{error};
}

// Best effort: a session expires by itself, and a draft that stays harms nobody.
void Courier::clean_up() {
  cancel_sessions();
  if (entry_.progress.draft_id.empty()) return;
  if (const Status deleted = target_.delete_draft(entry_.progress.draft_id); !deleted) {
    log_text(LogLevel::Warning,
             format("entry {}: its draft stays in the mailbox: {}", entry_.id, deleted.error().text()));
    return;
  }
  forget_draft();
}

void Courier::cancel_sessions() {
  targets::HttpRangeDoor door = target_.range_door();
  for (queue::PartProgress& part : entry_.progress.parts) {
    upload::abandon(part.upload, door);
    part.upload.url.reset();
  }
}

void Courier::forget_draft() {
  queue::Progress& progress = entry_.progress;
  progress.draft_id.clear();
  progress.draft_intended = {};
  progress.drafted = {};
  progress.differed = {};
  progress.listed.clear();
  progress.parts.assign(entry_.plan.parts.size(), {});
}

Courier::Halt Courier::come_back(Ending ending) {
  const Error* why = reason_to_wait(ending);
  if (why == nullptr || !is_for_graph(entry_)) return ending;
  if (needs_administrator(*why)) {
    if (entry_.progress.needs_administrator == TimePoint{}) entry_.progress.needs_administrator = now();
  } else if (is_expired(*why)) {
    return give_up(*why, true);
  }
  warn_of_delay();
  return ending;
}

bool Courier::is_expired(const Error& why) const {
  return may_be_given_up(entry_) && !needs_administrator(why) && age_of(entry_, now()) >= settings_.lifetime;
}

void Courier::warn_of_delay() {
  const bool due = settings_.delay_warning > Duration{0} && now() - entry_.accepted >= settings_.delay_warning;
  if (!due || entry_.progress.awaited || !may_be_given_up(entry_) || entry_.progress.delay_warned != TimePoint{})
    return;
  if (!open_message()) return;  // is dealt with when the entry goes on
  const Status warned = returning_.warn_of_delay(entry_, *message_);
  // Where nobody knows whether it was taken, one warning is enough.
  if (!warned && warned.error().kind != ErrorKind::Unclear) {
    log_text(LogLevel::Warning,
             format("entry {}: its sender could not be told of the delay: {}", entry_.id, warned.error().text()));
    return;
  }
  entry_.progress.delay_warned = now();
}

}  // namespace graph_milter::delivery
