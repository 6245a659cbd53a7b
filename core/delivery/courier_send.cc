// SPDX-License-Identifier: Apache-2.0
// Comparing the draft with the plan, sending it, and settling a send whose answer was lost.
#include <algorithm>
#include <utility>

#include "core/delivery/courier.h"
#include "core/delivery/events.h"

namespace graph_milter::delivery {
namespace {

constexpr int kMaxRebuilds = 1;

// The request was turned away, or never got there: the message is certainly not sent by it.
bool certainly_not_sent(ErrorKind kind) {
  return kind == ErrorKind::Transient || kind == ErrorKind::Throttled || kind == ErrorKind::Permanent ||
         kind == ErrorKind::Configuration || kind == ErrorKind::Unauthorized;
}

}  // namespace

Courier::Halt Courier::compare() {
  ByteSource* content = settings_.verify_content ? message_.get() : nullptr;
  const auto compared = target_.compare(entry_.progress.draft_id, entry_.progress.listed, content);
  if (!compared) return failed(compared.error());
  if (!*compared) return record(queue::EntryState::Verified);
  const targets::Difference& difference = **compared;
  if (!difference.may_be_lag) return rebuild(difference);
  if (entry_.progress.differed == TimePoint{}) entry_.progress.differed = now();
  const TimePoint certain = entry_.progress.differed + settings_.look_again;
  if (now() >= certain) return rebuild(difference);
  return Park{certain, make_error(ErrorKind::Transient, "draft", difference.what + "; looking again")};
}

Courier::Halt Courier::rebuild(const targets::Difference& difference) {
  log_differs(entry_, difference, now());
  cancel_sessions();
  if (const Status deleted = target_.delete_draft(entry_.progress.draft_id); !deleted) return failed(deleted.error());
  forget_draft();
  if (++entry_.progress.rebuilds > kMaxRebuilds) {
    return Hold{make_error(ErrorKind::Permanent, "draft",
                           "made anew, it still differs from what was received: " + difference.what,
                           "nothing was sent; look at what this mailbox does with attachments and recipients")};
  }
  return record(queue::EntryState::DraftIntent);
}

Courier::Halt Courier::send() {
  ++entry_.progress.send_epoch;
  entry_.progress.send_intended = now();
  entry_.progress.seen_unsent = {};
  if (auto halt = record(queue::EntryState::SendIntent)) return halt;
  const auto request_id = target_.send(entry_.progress.draft_id);
  if (!request_id) return send_refused(request_id.error());
  return sent({.found = false, .request_id = *request_id});
}

Courier::Halt Courier::send_refused(const Error& error) {
  if (certainly_not_sent(error.kind)) {
    entry_.progress.seen_unsent = now();
    return failed(error);
  }
  if (error.kind == ErrorKind::Cancelled) return failed(error);
  return Park{now() + settings_.send_recheck, error};
}

Courier::Halt Courier::settle_send() {
  const auto whereabouts = target_.look_for_sent(entry_.progress.draft_id, entry_.progress.send_intended);
  if (!whereabouts) return failed(whereabouts.error());
  switch (*whereabouts) {
    case targets::Whereabouts::Sent:
      return sent({.found = true, .request_id = {}});
    case targets::Whereabouts::Draft:
      return settle_unsent();
    case targets::Whereabouts::Unknown:
      break;
  }
  return settle_unknown();
}

// Seen unsent once proves nothing, the service may still be at work. Seen twice with time between, it is not.
Courier::Halt Courier::settle_unsent() {
  queue::Progress& progress = entry_.progress;
  if (progress.seen_unsent == TimePoint{}) progress.seen_unsent = now();
  const TimePoint certain =
      std::max(progress.seen_unsent + settings_.send_recheck, progress.send_intended + 2 * settings_.send_recheck);
  if (now() >= certain && progress.seen_unsent < now()) return send();
  return Park{certain, make_error(ErrorKind::Unclear, "send", "the answer was lost, and the draft is not sent so far")};
}

Courier::Halt Courier::settle_unknown() {
  entry_.progress.seen_unsent = {};
  if (now() - entry_.progress.send_intended >= settings_.send_settles) {
    return Hold{make_error(ErrorKind::Unclear, "send",
                           "the answer was lost, and neither the draft nor the sent message was found since",
                           "ask a recipient or trace the message, then drop the entry or send it again")};
  }
  return Retry{make_error(ErrorKind::Unclear, "send",
                          "the answer was lost, and neither the draft nor the sent message is found so far"),
               now()};
}

Courier::Halt Courier::sent(const SendProof& proof) {
  if (auto halt = record(queue::EntryState::Sent)) return halt;
  log_sent(entry_, proof, now());
  return std::nullopt;
}

Courier::Halt Courier::finish() {
  if (const Status finished = queue_.finish(entry_); !finished) return Stopped{finished.error()};
  entry_.state = queue::EntryState::Done;
  return Delivered{};
}

}  // namespace graph_milter::delivery
