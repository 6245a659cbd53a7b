// SPDX-License-Identifier: Apache-2.0
// Comparing the draft with the plan, sending it, and settling a send whose answer was lost.
#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/delivery/courier.h"
#include "core/delivery/events.h"

namespace graph_milter::delivery {
namespace {

constexpr int kMaxRebuilds = 1;

// The request was turned away, or never got there: the message is certainly not sent by it.
bool certainly_not_sent(ErrorKind kind) {
  return kind == ErrorKind::Transient || kind == ErrorKind::Throttled || kind == ErrorKind::Permanent ||
         kind == ErrorKind::Configuration || kind == ErrorKind::Unauthorized || kind == ErrorKind::Cancelled;
}

}  // namespace

Courier::Halt Courier::compare() {
  ByteSource* content = settings_.verify_content ? message_.get() : nullptr;
  const auto compared = heard(target_.compare(entry_.progress.draft_id, entry_.progress.listed, content));
  if (!compared) return failed(compared.error());
  if (!*compared) return record(queue::EntryState::Verified);
  const targets::Difference& difference = **compared;
  if (!difference.may_be_lag) return rebuild(difference);
  if (entry_.progress.differed == TimePoint{}) entry_.progress.differed = now();
  not_ahead(entry_.progress.differed);
  const TimePoint certain = entry_.progress.differed + settings_.look_again;
  if (now() >= certain) return rebuild(difference);
  return Park{certain, make_error(ErrorKind::Transient, "draft", difference.what + "; looking again")};
}

Courier::Halt Courier::rebuild(const targets::Difference& difference) {
  log_differs(entry_, difference, now());
  cancel_sessions();
  const Status deleted = heard(target_.delete_draft(entry_.progress.draft_id));
  if (!deleted) return failed(deleted.error());
  const auto left = heard(target_.find_draft());
  if (!left) return failed(left.error());
  if (*left) {
    return Park{now() + settings_.look_again, make_error(ErrorKind::Transient, "draft", "deleted, but still there")};
  }
  forget_draft();
  if (++entry_.progress.rebuilds > kMaxRebuilds) {
    return Hold{make_error(ErrorKind::Permanent, "draft",
                           "made anew, it still differs from what was received: " + difference.what,
                           "nothing was sent; look at what this mailbox does with attachments and recipients")};
  }
  return record(queue::EntryState::DraftIntent);
}

Courier::Halt Courier::send() {
  if (const Status booked = target_.book_send(); !booked) return wait_for_place(booked.error());
  queue::Progress& progress = entry_.progress;
  const bool again = progress.send_unresolved;  // an earlier one was seen not to have taken place, but never said so
  if (!again) progress.send_intended = now();
  ++progress.send_epoch;
  progress.send_ended = {};
  progress.seen_unsent = {};
  progress.send_unresolved = true;
  if (auto halt = record(queue::EntryState::SendIntent)) return halt;
  GM_FAILPOINT(C23);
  if (again) log_possible_duplicate(entry_, "W4", "the draft was seen unsent twice; sending it again", now());
  const auto request_id = heard(target_.send(progress.draft_id));
  GM_FAILPOINT(C24);
  if (!request_id) return send_refused(request_id.error());
  GM_FAILPOINT(C26);
  return sent({.found = false, .request_id = *request_id});
}

// It has a place of its own, behind those of its mailbox that asked before.
Courier::Halt Courier::wait_for_place(const Error& error) {
  if (!is_own_pace(error) || !error.retry_after) return failed(error);
  return Park{now() + *error.retry_after, error};
}

Courier::Halt Courier::send_refused(const Error& error) {
  queue::Progress& progress = entry_.progress;
  if (!certainly_not_sent(error.kind)) {
    GM_FAILPOINT(C25);
    progress.send_ended = now();
    return Park{now() + std::max(settings_.send_recheck, error.retry_after.value_or(Duration{0})), error};
  }
  progress.send_unresolved = false;
  // Nothing is deferred at shutdown, and the next start shall not have to ask what is known now.
  if (error.kind == ErrorKind::Cancelled) {
    if (auto halt = record(queue::EntryState::SendIntent)) return halt;
  }
  return failed(error);
}

Courier::Halt Courier::settle_send() {
  const auto whereabouts = heard(target_.look_for_sent(entry_.progress.draft_id, entry_.progress.send_intended));
  if (!whereabouts) return failed(whereabouts.error());
  switch (*whereabouts) {
    case targets::Whereabouts::Sent:
      return sent({.found = true, .request_id = {}});
    case targets::Whereabouts::Draft:
      return settle_unsent();
    case targets::Whereabouts::Unknown:
      break;
  }
  entry_.progress.seen_unsent = {};
  return settle_unknown(make_error(ErrorKind::Unclear, "send",
                                   "the answer was lost, and neither the draft nor the sent message is found so far"));
}

// Seen unsent once proves nothing, the service may still be at work. Seen twice with time between, and long enough
// after the request has ended, it is not. After a crash nobody knows when that was, so it counts from the first look.
Courier::Halt Courier::settle_unsent() {
  queue::Progress& progress = entry_.progress;
  if (progress.seen_unsent == TimePoint{}) progress.seen_unsent = now();
  not_ahead(progress.seen_unsent);
  not_ahead(progress.send_ended);
  const TimePoint ended = progress.send_ended == TimePoint{} ? progress.seen_unsent : progress.send_ended;
  const TimePoint certain = std::max(progress.seen_unsent + settings_.send_recheck, ended + 2 * settings_.send_recheck);
  if (now() >= certain && progress.seen_unsent < now()) return send();
  return Park{certain, make_error(ErrorKind::Unclear, "send", "the answer was lost, and the draft is not sent so far")};
}

Courier::Halt Courier::settle_unknown(const Error& why) {
  not_ahead(entry_.progress.send_intended);
  if (now() - entry_.progress.send_intended < settings_.send_settles) return Retry{why, now()};
  log_possible_duplicate(entry_, "W4", "whether it was sent is not known; holding it", now());
  return Hold{make_error(ErrorKind::Unclear, "send",
                         "the answer was lost, and neither the draft nor the sent message was found since",
                         "ask a recipient or trace the message, then delete the entry or return it")};
}

Courier::Halt Courier::sent(const SendProof& proof) {
  entry_.progress.request_id = proof.request_id;
  if (auto halt = record(queue::EntryState::Sent)) return halt;
  GM_FAILPOINT(C27);
  log_sent(entry_, proof, now());
  return std::nullopt;
}

}  // namespace graph_milter::delivery
