// SPDX-License-Identifier: Apache-2.0
// From step to step; the draft and the parts that are posted. Uploads are in courier_upload.cc; comparing, sending and
// settling in courier_send.cc; failing in courier_fail.cc; giving up and what follows in courier_end.cc.
#include "core/delivery/courier.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/delivery/events.h"
#include "core/delivery/other_way.h"
#include "core/mail/part_source.h"

namespace graph_milter::delivery {
namespace {

// The request was turned away, or never got there.
bool certainly_not_made(const Error& error) {
  const ErrorKind kind = error.kind;
  return kind == ErrorKind::Throttled || kind == ErrorKind::Configuration || kind == ErrorKind::Unauthorized ||
         kind == ErrorKind::Permanent || kind == ErrorKind::Cancelled ||
         (kind == ErrorKind::Transient && error.status == 0);
}

}  // namespace

Courier::Courier(const CourierSettings& settings, queue::Queue& queue, targets::Services services, Returning& returning,
                 queue::Entry entry)
    : settings_(settings),
      queue_(queue),
      services_(services),
      returning_(returning),
      entry_(std::move(entry)),
      target_(services, entry_.plan, settings.instance + "/" + entry_.id) {}

Ending Courier::carry(std::stop_token stop) {
  for (;;) {
    if (stop.stop_requested()) return Stopped{make_error(ErrorKind::Cancelled, "delivery", "shutting down")};
    Halt halt = step(stop);
    if (halt) halt = come_back(*std::move(halt));
    if (halt) return *std::move(halt);
  }
}

Courier::Halt Courier::step(const std::stop_token& stop) {
  // Whatever leads to a send needs the message whole, so that what is damaged here never gets so far.
  if (entry_.state < queue::EntryState::SendIntent) {
    if (auto halt = need_message()) return halt;
  }
  const DueStep due = due_step(entry_);
  switch (due.task) {
    case Task::MakeDraft:
      return make_draft();
    case Task::FindDraft:
      return find_draft();
    case Task::PostPart:
      return post_part(due.part);
    case Task::FindPart:
      return find_part(due.part);
    case Task::UploadPart:
      return upload_part(due.part, stop);
    case Task::Compare:
      return compare();
    case Task::Send:
      return send();
    case Task::SettleSend:
      return settle_send();
    case Task::TellRelayed:
      return tell_relayed();
    case Task::RemoveDraft:
      return remove_draft();
    case Task::FindLeftover:
      return find_leftover();
    case Task::GiveToMta:
      return give_to_mta();
    case Task::Keep:
      return keep();
    case Task::Finish:
      return finish();
    case Task::Nothing:
      break;
  }
  return Stopped{make_error(ErrorKind::Corrupt, "delivery", "entry " + entry_.id + " is not for delivery")};
}

Courier::Halt Courier::need_message() {
  if (const Status opened = open_message(); !opened) return failed(opened.error());
  return std::nullopt;
}

Status Courier::open_message() {
  if (message_) return {};
  GM_TRY_ASSIGN(message_, queue_.open_message(entry_));
  return {};
}

void Courier::note(const Error* error) {
  const Finding found = error == nullptr ? Finding::Works : finding_of(*error);
  // One answer in the journey shows that the service is there, whatever became of the requests after it.
  if (found != Finding::Fails || finding_ != Finding::Works) {
    finding_ = found;
    finding_error_ = error == nullptr ? Error{} : *error;
  }
  queue::Progress& progress = entry_.progress;
  if (found != Finding::Works || progress.needs_administrator == TimePoint{}) return;
  progress.administrator_wait += std::max(Duration{0}, now() - progress.needs_administrator);
  progress.needs_administrator = {};
}

void Courier::not_ahead(TimePoint& time) const { time = std::min(time, now()); }

Courier::Halt Courier::record(queue::EntryState state) {
  // Another state is a step forward: failures count from here anew.
  if (state != entry_.state) entry_.progress.attempts_before = entry_.attempts;
  entry_.state = state;
  if (const Status written = queue_.record(entry_); !written) return not_recorded(written.error());
  return std::nullopt;
}

Courier::Halt Courier::not_recorded(const Error& error) {
  if (error.kind == ErrorKind::Cancelled) return TakenAway{};
  return Stopped{error};
}

Courier::Halt Courier::make_draft() {
  forget_draft();
  entry_.progress.draft_intended = now();
  if (auto halt = record(queue::EntryState::DraftIntent)) return halt;
  GM_FAILPOINT(C13);
  auto draft = heard(target_.create_draft(*message_));
  GM_FAILPOINT(C14);
  if (draft) return drafted(*std::move(draft), false);
  if (certainly_not_made(draft.error())) entry_.progress.draft_intended = {};
  return failed(draft.error());
}

Courier::Halt Courier::find_draft() {
  auto found = heard(target_.find_draft());
  if (!found) return failed(found.error());
  if (*found) return drafted(**std::move(found), true);
  not_ahead(entry_.progress.draft_intended);
  const TimePoint certain = entry_.progress.draft_intended + settings_.draft_settles;
  if (now() >= certain) {
    log_possible_duplicate(entry_, "W3", "a draft whose creation was not answered is not found; making another", now());
    return make_draft();
  }
  return Park{certain, make_error(ErrorKind::Transient, "draft", "the answer to its creation was lost; looking again")};
}

Courier::Halt Courier::drafted(std::string id, bool adopted) {
  entry_.progress.draft_id = std::move(id);
  entry_.progress.drafted = now();
  ++entry_.progress.drafts_made;
  GM_FAILPOINT(C15);
  if (auto halt = record(queue::EntryState::Draft)) return halt;
  GM_FAILPOINT(C16);
  log_drafted(entry_, adopted, now());
  return list_skeleton();
}

// What the service lists before the first part came with the skeleton. Not listed: nothing that could be mistaken.
Courier::Halt Courier::list_skeleton() {
  queue::Progress& progress = entry_.progress;
  progress.parts.resize(entry_.plan.parts.size());
  const auto waits = [](const queue::PartProgress& part) { return part.step == queue::PartStep::Waiting; };
  const bool untouched = std::all_of(progress.parts.begin(), progress.parts.end(), waits);
  if (entry_.plan.in_skeleton.empty() || !untouched || !progress.listed.empty()) return std::nullopt;
  auto ids = heard(target_.attachment_ids(progress.draft_id));
  if (!ids) return failed(ids.error());
  progress.listed = *std::move(ids);
  return std::nullopt;
}

std::vector<std::size_t> Courier::parts_done() const {
  std::vector<std::size_t> done;
  for (std::size_t part = 0; part < entry_.progress.parts.size(); ++part) {
    if (entry_.progress.parts[part].step == queue::PartStep::Done) done.push_back(part);
  }
  return done;
}

Courier::Halt Courier::post_part(std::size_t part) {
  if (auto halt = list_skeleton()) return halt;
  entry_.progress.parts[part].step = queue::PartStep::PostIntent;
  if (auto halt = record(queue::EntryState::Draft)) return halt;
  const auto content = mail::make_part_source(*message_, entry_.plan.parts[part].body);
  auto id = heard(target_.post_part(entry_.progress.draft_id, part, *content));
  GM_FAILPOINT(C17);
  if (!id) return post_failed(part, id.error());
  if (auto halt = part_posted(part, *std::move(id))) return halt;
  log_uploaded(entry_, part, "post", now());
  return std::nullopt;
}

Courier::Halt Courier::post_failed(std::size_t part, const Error& error) {
  queue::PartProgress& progress = entry_.progress.parts[part];
  if (!should_go_by_session(error, progress)) return failed(error);
  turn_to_session(progress, entry_.plan.parts[part].body.decoded_size);
  if (auto halt = record(queue::EntryState::Draft)) return halt;
  log_turned(entry_, part, "session", error, now());
  return std::nullopt;
}

Courier::Halt Courier::find_part(std::size_t part) {
  auto id = heard(target_.find_part(entry_.progress.draft_id, part, parts_done(), entry_.progress.listed));
  if (!id) return failed(id.error());
  if (!*id) return post_part(part);
  if (auto halt = part_posted(part, **std::move(id))) return halt;
  log_uploaded(entry_, part, "found", now());
  return std::nullopt;
}

Courier::Halt Courier::part_posted(std::size_t part, std::string attachment_id) {
  entry_.progress.parts[part].step = queue::PartStep::Done;
  entry_.progress.parts[part].attachment_id = std::move(attachment_id);
  entry_.progress.attempts_before = entry_.attempts;
  if (auto halt = record(queue::EntryState::Draft)) return halt;
  return std::nullopt;
}

}  // namespace graph_milter::delivery
