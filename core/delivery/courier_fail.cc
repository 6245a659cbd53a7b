// SPDX-License-Identifier: Apache-2.0
// What becomes of an entry when something failed: one reaction per kind of error.
#include <algorithm>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/delivery/courier.h"
#include "core/upload/driver.h"

namespace graph_milter::delivery {
namespace {

constexpr int kMaxDrafts = 10;

}  // namespace

Courier::Halt Courier::failed(const Error& error) {
  switch (error.kind) {
    case ErrorKind::NotFound:
      return draft_missing(error);
    case ErrorKind::Transient:
    case ErrorKind::Throttled:
    case ErrorKind::Unclear:
    case ErrorKind::OutOfStep:
    case ErrorKind::SessionGone:
    case ErrorKind::Unauthorized:
    case ErrorKind::Configuration:
    case ErrorKind::System:
      return Retry{error, now()};
    case ErrorKind::Permanent:
    case ErrorKind::Corrupt:
    case ErrorKind::Usage:
      return give_up(error);
    case ErrorKind::Cancelled:
      break;
  }
  return Stopped{error};
}

// A 404 on a draft, or on its upload sessions one after the other: it is young and not visible yet, or the service is
// behind, or somebody deleted it.
Courier::Halt Courier::draft_missing(const Error& error) {
  if (may_be_sent(entry_) || entry_.progress.draft_id.empty()) return Retry{error, now()};
  const Duration age = now() - entry_.progress.drafted;
  if (age < settings_.draft_is_young) {
    return Park{now() + std::clamp<Duration>(age, std::chrono::seconds(1), std::chrono::seconds(15)), error};
  }
  const auto exists = target_.draft_exists(entry_.progress.draft_id);
  if (!exists && exists.error().kind == ErrorKind::Permanent) return give_up(exists.error());
  if (!exists || *exists) return Retry{error, now()};
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

Courier::Halt Courier::give_up(const Error& error) {
  if (!may_be_sent(entry_)) clean_up();
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

}  // namespace graph_milter::delivery
