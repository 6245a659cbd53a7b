// SPDX-License-Identifier: Apache-2.0
// What to do next with a file on its way up: a state machine without I/O. It knows what the server said, never what the
// network is; the driver does the steps and feeds back what they found out.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/upload/ports.h"
#include "core/upload/range_rules.h"
#include "core/upload/upload_state.h"

namespace graph_milter::upload {

struct Open {
  friend bool operator==(const Open&, const Open&) = default;
};
struct Send {
  ByteRange range;
  friend bool operator==(const Send&, const Send&) = default;
};
struct AskPosition {
  friend bool operator==(const AskPosition&, const AskPosition&) = default;
};
// Look whether the other side has the complete file already.
struct FindFinished {
  friend bool operator==(const FindFinished&, const FindFinished&) = default;
};
struct Wait {
  TimePoint until{};
  Error why;
  bool failed = true;  // false: nothing failed, the next look is simply not due yet
};
struct Done {
  std::string reference;
};
struct GiveUp {
  Error error;
};
using Step = std::variant<Open, Send, AskPosition, FindFinished, Wait, Done, GiveUp>;

// The rules it keeps:
// - The server's position always wins. Only its word that the file is complete, or finding the complete file, ends it:
//   a position equal to the size proves nothing.
// - An unclear answer is followed by a question for the position, never by another range.
// - A server that does not answer questions (404, 405) gets the last known range again, and its answer is obeyed; if
//   that range is out of step, the server has it already, and the next one is tried, once.
// - Once the last range may have been sent, no new session is opened before the complete file was looked for in vain
//   twice, so that a file never arrives twice.
// - A position that can't be (before what it had, beyond what was sent) costs the session, as does a lost session: a
//   new one is opened, at most kMaxSessions times.
class Session {
 public:
  static constexpr int kMaxSessions = 5;  // per call of rearm()
  static constexpr int kMaxStalls = 4;    // answers in a row that name the same position, before the session is dropped
  static constexpr int kLooks = 2;        // looks in vain for the complete file, before it counts as absent
  static constexpr Duration kLookAgain{2000};

  Session(UploadState state, RangeRules rules);

  // Asked twice it gives the same answer and changes nothing.
  Step next(TimePoint now) const;

  // The driver is about to do what next(now) said; state() must be durable before a Send is done.
  void begin(const Step& step, TimePoint now);

  // What the step found out. One of these after each begin() of Open, Send, AskPosition and FindFinished.
  void opened(const OpenedSession& session);
  void position(Position answer, TimePoint now);
  void completed(const Finished& finished);
  void not_finished(TimePoint now);
  void refused(const Error& error, TimePoint now);

  const UploadState& state() const { return state_; }

  // The URL of a session that was dropped although the server may still hold it, once: cancel it.
  std::optional<Secret> take_abandoned();

  // A fresh attempt after a GiveUp that time may have mended: the sessions count anew.
  static void rearm(UploadState& state) { state.sessions_opened = 0; }

 private:
  enum class Doing { Nothing, Opening, Sending, Asking, Finding };

  Step step_of_session() const;
  Step step_without_session() const;
  bool must_look() const;

  bool expired(TimePoint now) const;
  void begin_send(ByteRange range);
  void send_refused(const Error& error, TimePoint now);
  void ask_refused(const Error& error, TimePoint now);
  void out_of_step_unanswered(const Error& error, TimePoint now);
  void step_refused(const Error& error, TimePoint now);
  void give_up(const Error& error);
  void setback(const Error& why, TimePoint now);
  void lose_session(const Error& why, bool server_may_hold_it);

  UploadState state_;
  RangeRules rules_;
  Doing doing_ = Doing::Nothing;
  TimePoint begun_{};   // the latest step
  ByteRange sending_;   // of the last Send
  ByteCount may_have_;  // the server can't have more than this
  bool answers_questions_ = true;
  bool assumed_ = false;       // the position is ours, not the server's: the next range is a try
  bool repeat_range_ = false;  // the position is not known and can't be asked: send the last known range again
  int setbacks_ = 0;           // in a row
  TimePoint wait_until_{};
  bool wait_is_planned_ = false;
  std::optional<Error> last_error_;  // of the last setback
  std::optional<Error> gave_up_;
  std::optional<Secret> abandoned_;
};

}  // namespace graph_milter::upload
