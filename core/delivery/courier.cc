// SPDX-License-Identifier: Apache-2.0
// The draft and its parts. Comparing, sending and settling are in courier_send.cc, failing in courier_fail.cc.
#include "core/delivery/courier.h"

#include <algorithm>
#include <utility>

#include "core/delivery/events.h"
#include "core/mail/part_source.h"
#include "core/upload/driver.h"

namespace graph_milter::delivery {

// Writes the state of one part's upload to the journal.
class Courier::PartSink final : public upload::StateSink {
 public:
  PartSink(Courier& courier, std::size_t part) : courier_(courier), part_(part) {}

  Status save(const upload::UploadState& state) override {
    queue::PartProgress& progress = courier_.entry_.progress.parts[part_];
    progress.upload = state;
    progress.step = state.done ? queue::PartStep::Done : queue::PartStep::Uploading;
    progress.attachment_id = state.reference;
    if (state.done) courier_.entry_.progress.attempts_before = courier_.entry_.attempts;
    return courier_.queue_.record(courier_.entry_);
  }

 private:
  Courier& courier_;
  std::size_t part_;
};

Courier::Courier(const CourierSettings& settings, queue::Queue& queue, targets::Services services, queue::Entry entry)
    : settings_(settings),
      queue_(queue),
      services_(services),
      entry_(std::move(entry)),
      target_(services, entry_.plan, settings.instance + "/" + entry_.id) {}

Ending Courier::carry(std::stop_token stop) {
  if (!may_be_sent(entry_)) {
    auto message = queue_.open_message(entry_);
    if (!message) return *failed(message.error());
    message_ = *std::move(message);
  }
  for (;;) {
    if (stop.stop_requested()) return Stopped{make_error(ErrorKind::Cancelled, "delivery", "shutting down")};
    if (auto ending = step(stop)) return *std::move(ending);
  }
}

Courier::Halt Courier::step(const std::stop_token& stop) {
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
    case Task::Finish:
      return finish();
    case Task::Nothing:
      break;
  }
  return Stopped{make_error(ErrorKind::Corrupt, "delivery", "entry " + entry_.id + " is not for delivery")};
}

Courier::Halt Courier::record(queue::EntryState state) {
  // Another state is a step forward: failures count from here anew.
  if (state != entry_.state) entry_.progress.attempts_before = entry_.attempts;
  entry_.state = state;
  if (const Status written = queue_.record(entry_); !written) return Stopped{written.error()};
  return std::nullopt;
}

Courier::Halt Courier::make_draft() {
  forget_draft();
  entry_.progress.draft_intended = now();
  if (auto halt = record(queue::EntryState::DraftIntent)) return halt;
  auto draft = target_.create_draft(*message_);
  if (draft) return drafted(*std::move(draft), false);
  const ErrorKind kind = draft.error().kind;
  const bool certainly_none = kind == ErrorKind::Throttled || kind == ErrorKind::Configuration ||
                              kind == ErrorKind::Unauthorized || kind == ErrorKind::Permanent;
  if (certainly_none) entry_.progress.draft_intended = {};
  return failed(draft.error());
}

Courier::Halt Courier::find_draft() {
  auto found = target_.find_draft();
  if (!found) return failed(found.error());
  if (*found) return drafted(**std::move(found), true);
  const TimePoint certain = entry_.progress.draft_intended + settings_.draft_settles;
  if (now() >= certain) return make_draft();
  return Park{certain, make_error(ErrorKind::Transient, "draft", "the answer to its creation was lost; looking again")};
}

Courier::Halt Courier::drafted(std::string id, bool adopted) {
  entry_.progress.draft_id = std::move(id);
  entry_.progress.drafted = now();
  ++entry_.progress.drafts_made;
  if (auto halt = record(queue::EntryState::Draft)) return halt;
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
  auto ids = target_.attachment_ids(progress.draft_id);
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
  auto id = target_.post_part(entry_.progress.draft_id, part, *content);
  if (!id) return failed(id.error());
  if (auto halt = part_posted(part, *std::move(id))) return halt;
  log_uploaded(entry_, part, "post", now());
  return std::nullopt;
}

Courier::Halt Courier::find_part(std::size_t part) {
  auto id = target_.find_part(entry_.progress.draft_id, part, parts_done(), entry_.progress.listed);
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
  return record(queue::EntryState::Draft);
}

Courier::Halt Courier::upload_part(std::size_t part, const std::stop_token& stop) {
  if (auto halt = list_skeleton()) return halt;
  upload::UploadState state = entry_.progress.parts[part].upload;
  state.size = entry_.plan.parts[part].body.decoded_size;
  const auto content = mail::make_part_source(*message_, entry_.plan.parts[part].body);
  targets::PartSessions sessions(target_, entry_.progress.draft_id, part, parts_done(), entry_.progress.listed);
  targets::HttpRangeDoor door = target_.range_door();
  PartSink sink(*this, part);
  const auto outcome =
      upload::drive(std::move(state), settings_.rules, *content, {sessions, door, sink, services_.clock}, stop);
  if (!outcome) return Stopped{outcome.error()};
  if (const auto* wait = std::get_if<upload::Wait>(&*outcome)) {
    if (!wait->failed) return Park{wait->until, wait->why};
    return Retry{wait->why, wait->until};
  }
  if (const auto* gave_up = std::get_if<upload::GiveUp>(&*outcome)) return upload_failed(part, gave_up->error);
  log_uploaded(entry_, part, "session", now());
  return std::nullopt;
}

Courier::Halt Courier::upload_failed(std::size_t part, const Error& error) {
  queue::PartProgress& progress = entry_.progress.parts[part];
  // Sessions that are lost again and again may have lost their draft.
  const bool sessions_get_lost = progress.upload.sessions_opened >= upload::Session::kMaxSessions;
  upload::Session::rearm(progress.upload);
  const bool too_small_for_a_session = error.code == "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize";
  const bool fits_a_post = plan::post_body_length(entry_.plan.parts[part]) <= plan::ServiceLimits{}.request_body;
  if (sessions_get_lost && error.kind == ErrorKind::Transient) return draft_missing(error);
  if (!too_small_for_a_session || !fits_a_post) return failed(error);
  progress.step = queue::PartStep::PostIntent;
  return record(queue::EntryState::Draft);
}

}  // namespace graph_milter::delivery
