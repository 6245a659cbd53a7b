// SPDX-License-Identifier: Apache-2.0
#include "core/upload/driver.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/log.h"

namespace graph_milter::upload {
namespace {

void cancel(RangeDoor& door, const Secret& url) {
  // A session that stays behind expires by itself, so a failure is worth no more than a word.
  if (const Status cancelled = door.cancel(url); !cancelled) {
    log_text(LogLevel::Debug, "an upload session was not cancelled: " + cancelled.error().text());
  }
}

class Driver {
 public:
  Driver(UploadState state, const RangeRules& rules, ByteSource& file, Ports ports)
      : saved_(state), session_(std::move(state), rules), file_(file), ports_(ports) {}

  Result<Outcome> run(const std::stop_token& stop) {
    for (;;) {
      const TimePoint now = ports_.clock.now();
      const Step step = session_.next(now);
      if (auto outcome = outcome_of(step)) {
        GM_TRY(save());
        return *std::move(outcome);
      }
      if (stop.stop_requested()) {
        GM_TRY(save());
        return fail(ErrorKind::Cancelled, "upload", "stopped between two ranges");
      }
      session_.begin(step, now);
      GM_TRY(perform(step));
      if (const auto url = session_.take_abandoned()) cancel(ports_.door, *url);
    }
  }

 private:
  static std::optional<Outcome> outcome_of(const Step& step) {
    if (const auto* done = std::get_if<Done>(&step)) return *done;
    if (const auto* wait = std::get_if<Wait>(&step)) return *wait;
    if (const auto* give_up = std::get_if<GiveUp>(&step)) return *give_up;
    return std::nullopt;
  }

  // Errors are those of save() alone; what the other side says goes into the session.
  Status perform(const Step& step) {
    if (std::holds_alternative<Open>(step)) {
      open();
    } else if (std::holds_alternative<FindFinished>(step)) {
      find();
    } else if (std::holds_alternative<AskPosition>(step)) {
      take(ports_.door.ask_position(*session_.state().url));
    } else if (const auto* send = std::get_if<Send>(&step)) {
      GM_TRY(save());
      take(ports_.door.put(*session_.state().url, file_, send->range));
    }
    return {};
  }

  void open() {
    if (auto opened = ports_.sessions.open()) {
      session_.opened(*opened);
    } else {
      session_.refused(opened.error(), ports_.clock.now());
    }
  }

  void find() {
    const auto found = ports_.sessions.find_finished();
    if (!found) {
      session_.refused(found.error(), ports_.clock.now());
    } else if (*found) {
      session_.completed(**found);
    } else {
      session_.not_finished(ports_.clock.now());
    }
  }

  void take(const Result<RangeAnswer>& answer) {
    if (!answer) {
      session_.refused(answer.error(), ports_.clock.now());
    } else if (const auto* finished = std::get_if<Finished>(&*answer)) {
      session_.completed(*finished);
    } else {
      session_.position(std::get<Position>(*answer), ports_.clock.now());
    }
  }

  Status save() {
    if (session_.state() == saved_) return {};
    GM_TRY(ports_.sink.save(session_.state()));
    saved_ = session_.state();
    return {};
  }

  UploadState saved_;
  Session session_;
  ByteSource& file_;
  Ports ports_;
};

}  // namespace

Result<Outcome> drive(UploadState state, const RangeRules& rules, ByteSource& file, Ports ports, std::stop_token stop) {
  return Driver(std::move(state), rules, file, ports).run(stop);
}

void abandon(const UploadState& state, RangeDoor& door) {
  if (state.url) cancel(door, *state.url);
}

}  // namespace graph_milter::upload
