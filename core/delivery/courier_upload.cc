// SPDX-License-Identifier: Apache-2.0
// The parts that go by upload session.
#include <utility>

#include "core/base/failpoint.h"
#include "core/delivery/courier.h"
#include "core/delivery/events.h"
#include "core/delivery/other_way.h"
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
    Status written = courier_.queue_.record(courier_.entry_);
    courier_.lease_lost_ = !written && written.error().kind == ErrorKind::Cancelled;
    return written;
  }

 private:
  Courier& courier_;
  std::size_t part_;
};

// The part's sessions and the door for its ranges; the courier hears what they answer.
class Courier::WatchedSessions final : public upload::SessionPort {
 public:
  WatchedSessions(Courier& courier, std::size_t part)
      : courier_(courier),
        sessions_(courier.target_, courier.entry_.progress.draft_id, part, courier.parts_done(),
                  courier.entry_.progress.listed) {}

  Result<upload::OpenedSession> open() override {
    auto opened = courier_.heard(sessions_.open());
    GM_FAILPOINT(C19);
    return opened;
  }
  Result<std::optional<upload::Finished>> find_finished() override { return courier_.heard(sessions_.find_finished()); }

 private:
  Courier& courier_;
  targets::PartSessions sessions_;
};

class Courier::WatchedDoor final : public upload::RangeDoor {
 public:
  explicit WatchedDoor(Courier& courier) : courier_(courier), door_(courier.target_.range_door()) {}

  Result<upload::RangeAnswer> put(const Secret& url, ByteSource& file, ByteRange range) override {
    auto answer = courier_.heard(door_.put(url, file, range));
    if (range.end < file.size()) {
      GM_FAILPOINT(C20);
    } else {
      GM_FAILPOINT(C21);
    }
    return answer;
  }
  Result<upload::RangeAnswer> ask_position(const Secret& url) override {
    return courier_.heard(door_.ask_position(url));
  }
  Status cancel(const Secret& url) override { return door_.cancel(url); }

 private:
  Courier& courier_;
  targets::HttpRangeDoor door_;
};

Courier::Halt Courier::upload_part(std::size_t part, const std::stop_token& stop) {
  if (auto halt = list_skeleton()) return halt;
  upload::UploadState state = entry_.progress.parts[part].upload;
  state.size = entry_.plan.parts[part].body.decoded_size;
  const auto content = mail::make_part_source(*message_, entry_.plan.parts[part].body);
  PartSink sink(*this, part);
  if (entry_.progress.parts[part].step == queue::PartStep::Waiting) {
    if (const Status written = sink.save(state); !written) return not_recorded(written.error());
    GM_FAILPOINT(C18);
  }
  WatchedSessions sessions(*this, part);
  WatchedDoor door(*this);
  const auto outcome =
      upload::drive(std::move(state), settings_.rules, *content, {sessions, door, sink, services_.clock}, stop);
  if (!outcome) {
    if (lease_lost_) return TakenAway{};
    return Stopped{outcome.error()};
  }
  if (const auto* wait = std::get_if<upload::Wait>(&*outcome)) {
    if (!wait->failed) return Park{wait->until, wait->why};
    if (is_own_pace(wait->why)) return Park{wait->until, wait->why, true};
    return Retry{wait->why, wait->until};
  }
  if (const auto* gave_up = std::get_if<upload::GiveUp>(&*outcome)) return upload_failed(part, gave_up->error);
  GM_FAILPOINT(C22);
  log_uploaded(entry_, part, "session", now());
  return std::nullopt;
}

Courier::Halt Courier::upload_failed(std::size_t part, const Error& error) {
  queue::PartProgress& progress = entry_.progress.parts[part];
  if (should_go_by_post(error, entry_.plan.parts[part], progress)) {
    WatchedDoor door(*this);
    upload::abandon(progress.upload, door);
    turn_to_post(progress);
    if (auto halt = record(queue::EntryState::Draft)) return halt;
    log_turned(entry_, part, "post", error, now());
    return std::nullopt;
  }
  // Sessions that are lost again and again may have lost their draft.
  const bool sessions_get_lost = progress.upload.sessions_opened >= upload::Session::kMaxSessions;
  upload::Session::rearm(progress.upload);
  if (sessions_get_lost && error.kind == ErrorKind::Transient) return draft_missing(error);
  return failed(error);
}

}  // namespace graph_milter::delivery
