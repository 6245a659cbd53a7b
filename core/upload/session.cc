// SPDX-License-Identifier: Apache-2.0
#include "core/upload/session.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"

namespace graph_milter::upload {
namespace {

constexpr std::string_view kWhere = "upload";

// The first setback costs nothing; the following ones double from one second to 30.
Duration pause_after(int setbacks) {
  if (setbacks <= 1) return Duration{0};
  return std::min(Duration{1000} * (1 << std::min(setbacks - 2, 5)), Duration{30'000});
}

bool time_may_mend(ErrorKind kind) {
  return kind == ErrorKind::Transient || kind == ErrorKind::Throttled || kind == ErrorKind::Unclear ||
         kind == ErrorKind::OutOfStep || kind == ErrorKind::SessionGone;
}

Error out_of_step(ByteCount position, ByteCount known, ByteCount possible) {
  return make_error(
      ErrorKind::OutOfStep, std::string(kWhere),
      format("the server wants byte {}, but it had {} and can't have more than {}", position, known, possible));
}

Error too_many_sessions(ByteCount size, const std::optional<Error>& last) {
  Error error = last.value_or(Error{});
  error.what = format("{} upload sessions were lost before the file of {} bytes was complete{}{}",
                      Session::kMaxSessions, size, last ? "; the last: " : "", last ? last->what : "");
  error.kind = ErrorKind::Transient;
  error.where = kWhere;
  error.retry_after.reset();
  return error;
}

}  // namespace

Session::Session(UploadState state, RangeRules rules) : state_(std::move(state)), rules_(rules) {
  may_have_ = state_.url ? state_.size : 0;  // what was sent before a restart is not known to the byte
  if (state_.size == 0 && !state_.done) {
    gave_up_ =
        make_error(ErrorKind::Permanent, std::string(kWhere), "an empty file can't go through an upload session");
  }
}

Step Session::next(TimePoint now) const {
  if (state_.done) return Done{state_.reference};
  if (gave_up_) return GiveUp{*gave_up_};
  if (now < wait_until_) return Wait{wait_until_, last_error_.value_or(Error{}), !wait_is_planned_};
  if (state_.url && !expired(now)) return step_of_session();
  return step_without_session();
}

Step Session::step_of_session() const {
  if (repeat_range_ || state_.position == state_.size) {
    if (must_look()) return FindFinished{};
  } else if (!state_.position_known) {
    return AskPosition{};
  }
  return Send{range_at(rules_, state_.position, state_.size)};
}

Step Session::step_without_session() const {
  if (must_look()) return FindFinished{};
  if (state_.sessions_opened >= kMaxSessions) return GiveUp{too_many_sessions(state_.size, last_error_)};
  return Open{};
}

bool Session::must_look() const { return state_.last_range_sent && state_.looks < kLooks; }

bool Session::expired(TimePoint now) const { return state_.expires != TimePoint{} && now >= state_.expires; }

void Session::begin(const Step& step, TimePoint now) {
  begun_ = now;
  wait_until_ = {};
  wait_is_planned_ = false;
  if (state_.url && expired(now)) {
    lose_session(make_error(ErrorKind::SessionGone, std::string(kWhere), "the upload session expired"), false);
  }
  doing_ = Doing::Nothing;
  if (std::holds_alternative<Open>(step)) doing_ = Doing::Opening;
  if (std::holds_alternative<AskPosition>(step)) doing_ = Doing::Asking;
  if (std::holds_alternative<FindFinished>(step)) doing_ = Doing::Finding;
  if (const auto* send = std::get_if<Send>(&step)) begin_send(send->range);
}

void Session::begin_send(ByteRange range) {
  doing_ = Doing::Sending;
  sending_ = range;
  state_.position_known = false;
  may_have_ = std::max(may_have_, range.end);
  if (range.end == state_.size) {
    state_.last_range_sent = true;
    state_.looks = 0;
  }
}

void Session::opened(const OpenedSession& session) {
  state_.url = session.url;
  // A session that was over before it was asked for tells that our clock is wrong: then only the server knows its end.
  state_.expires = session.expires > begun_ ? session.expires : TimePoint{};
  ++state_.sessions_opened;
  may_have_ = 0;
  if (session.position != 0) lose_session(out_of_step(session.position, 0, 0), true);
}

void Session::position(Position answer, TimePoint now) {
  if (answer.next < state_.position || answer.next > std::min(may_have_, state_.size)) {
    lose_session(out_of_step(answer.next, state_.position, std::min(may_have_, state_.size)), true);
    return;
  }
  state_.position_known = true;
  repeat_range_ = false;
  assumed_ = false;
  if (answer.next > state_.position) {
    state_.position = answer.next;
    state_.stalls = 0;
    setbacks_ = 0;
    return;
  }
  const Error why = make_error(ErrorKind::Transient, std::string(kWhere),
                               format("the server still wants byte {} of {}", answer.next, state_.size));
  if (++state_.stalls > kMaxStalls) lose_session(why, true);
  if (doing_ == Doing::Sending) setback(why, now);
}

void Session::completed(const Finished& finished) {
  if (!state_.last_range_sent) {
    lose_session(make_error(ErrorKind::OutOfStep, std::string(kWhere),
                            format("the server ended the file after {} of {} bytes", may_have_, state_.size)),
                 false);
    return;
  }
  state_.done = true;
  state_.reference = finished.reference;
  state_.url.reset();
  state_.expires = {};
  state_.position = state_.size;
  state_.position_known = true;
  state_.stalls = 0;
  state_.looks = 0;
}

void Session::not_finished(TimePoint now) {
  ++state_.looks;
  last_error_ = make_error(ErrorKind::Transient, std::string(kWhere),
                           "the last answer was lost, and the complete file isn't listed");
  if (state_.looks < kLooks) {
    wait_until_ = now + kLookAgain;
    wait_is_planned_ = true;
    return;
  }
  if (state_.url && state_.position == state_.size) lose_session(*last_error_, true);
  if (!state_.url) {  // it never arrived: the next session starts clean
    state_.last_range_sent = false;
    state_.looks = 0;
  }
}

void Session::refused(const Error& error, TimePoint now) {
  switch (std::exchange(doing_, Doing::Nothing)) {
    case Doing::Sending:
      return send_refused(error, now);
    case Doing::Asking:
      return ask_refused(error, now);
    case Doing::Opening:
    case Doing::Finding:
    case Doing::Nothing:
      return step_refused(error, now);
  }
}

void Session::step_refused(const Error& error, TimePoint now) {
  if (time_may_mend(error.kind)) {
    ++setbacks_;  // there is no position to ask for: never at once again
    setback(error, now);
  } else {
    gave_up_ = error;
  }
}

void Session::send_refused(const Error& error, TimePoint now) {
  switch (error.kind) {
    case ErrorKind::Throttled:
      // Too many requests are turned away unread (or never left us: no status); other requests for patience may come
      // after the work was done.
      if ((error.status == 429 || error.status == 0) && !repeat_range_) state_.position_known = true;
      return setback(error, now);
    case ErrorKind::Transient:
    case ErrorKind::Unclear:
      repeat_range_ = !answers_questions_;
      return setback(error, now);
    case ErrorKind::OutOfStep:
      return answers_questions_ ? setback(error, now) : out_of_step_unanswered(error, now);
    case ErrorKind::SessionGone:
    case ErrorKind::NotFound:
    case ErrorKind::Unauthorized:
      lose_session(error, false);
      return setback(error, now);
    default:
      give_up(error);
  }
}

void Session::out_of_step_unanswered(const Error& error, TimePoint now) {
  constexpr int kConflict = 412;  // somebody else changed the item meanwhile: that says nothing of positions
  if (error.status == kConflict) {
    repeat_range_ = true;
    return setback(error, now);
  }
  if (assumed_ || sending_.end == state_.size) {
    lose_session(error, true);
    return setback(error, now);
  }
  assumed_ = true;
  repeat_range_ = true;
  state_.position = sending_.end;
  last_error_ = error;
}

void Session::ask_refused(const Error& error, TimePoint now) {
  switch (error.kind) {
    case ErrorKind::NotFound:
    case ErrorKind::Permanent:
    case ErrorKind::OutOfStep:
      answers_questions_ = false;
      repeat_range_ = true;
      last_error_ = error;
      return;
    case ErrorKind::SessionGone:
    case ErrorKind::Unauthorized:
      lose_session(error, false);
      return setback(error, now);
    case ErrorKind::Throttled:
    case ErrorKind::Transient:
    case ErrorKind::Unclear:
      return setback(error, now);
    default:
      give_up(error);
  }
}

// A URL that never worked may be what is wrong: the next attempt asks for another one.
void Session::give_up(const Error& error) {
  if (error.kind == ErrorKind::Configuration && state_.position == 0) lose_session(error, false);
  gave_up_ = error;
}

void Session::setback(const Error& why, TimePoint now) {
  ++setbacks_;
  if (why.kind == ErrorKind::Throttled) setbacks_ = std::max(setbacks_, 2);  // who asks for patience gets some
  last_error_ = why;
  const Duration pause = why.retry_after.value_or(pause_after(setbacks_));
  if (pause > Duration{0}) wait_until_ = now + pause;
}

void Session::lose_session(const Error& why, bool server_may_hold_it) {
  if (server_may_hold_it) abandoned_ = state_.url;
  state_.url.reset();
  state_.expires = {};
  state_.position = 0;
  state_.position_known = true;
  state_.stalls = 0;
  state_.looks = 0;
  may_have_ = 0;
  answers_questions_ = true;
  repeat_range_ = false;
  assumed_ = false;
  last_error_ = why;
}

std::optional<Secret> Session::take_abandoned() { return std::exchange(abandoned_, std::nullopt); }

}  // namespace graph_milter::upload
