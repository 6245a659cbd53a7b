// SPDX-License-Identifier: Apache-2.0
#include "core/queue/administration.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/queue/entry_rules.h"

namespace graph_milter::queue {

namespace {

constexpr const char* kHeld = "held by the administrator";
constexpr const char* kReturned = "returned by the administrator";
constexpr const char* kDeleted = "deleted by the administrator";

tl::unexpected<Error> refuse(const Entry& entry, std::string why, std::string hint = {}) {
  return fail(ErrorKind::Usage, "entry " + entry.id, std::move(why), std::move(hint));
}

Status take(Entry& entry, EntryState state) {
  Entry next = entry;
  next.state = state;
  if (state != EntryState::Held) next.held_from.reset();
  if (const auto why = illegal_step(standing_of(entry), standing_of(next)); !why.empty()) {
    return fail(ErrorKind::Corrupt, "entry " + entry.id,
                format("illegal step from {} to {}: {}", name_of(entry.state), name_of(state), why));
  }
  entry = std::move(next);
  return {};
}

class Decision {
 public:
  Decision(const Entry& entry, const Circumstances& circumstances)
      : entry_(entry), circumstances_(circumstances), now_(circumstances.now) {}

  Result<std::string> make(Command command) {
    if (entry_.state == EntryState::Done) {
      return fail(ErrorKind::NotFound, "entry " + entry_.id, format("has ended: {}", name_of(entry_.outcome)));
    }
    if (entry_.state == EntryState::Sent) return refuse(entry_, "was sent already");
    if (entry_.state == EntryState::Returned) return refuse(entry_, "was returned already");
    GM_TRY(settle_with_client(command));
    switch (command) {
      case Command::Retry:
        return retry();
      case Command::Hold:
        return hold();
      case Command::Release:
        return release();
      case Command::Return:
        return give_back(returns());
      case Command::HandBack:
        return give_back(Disposal::Mta);
      case Command::Delete:
        return drop();
    }
    return refuse(entry_, "unknown command");
  }

  Entry take_entry() { return std::move(entry_); }

 private:
  // What he decides about is ours, whoever waits for it; to go on, and at once, is no decision. What a client was told
  // that it still has can only go.
  Status settle_with_client(Command command) {
    if (command == Command::Retry || command == Command::Release) return {};
    const auto& given_up = entry_.progress.give_up;
    if (given_up && given_up->disposal == Disposal::Client && command != Command::Delete) {
      return refuse(entry_, "was not taken, as its client was told; it goes once its draft is gone");
    }
    entry_.progress.awaited = false;
    return {};
  }

  bool is_held() const { return entry_.state == EntryState::Held; }
  // Where it stands, or stood before it was held; nullopt: nobody knows.
  std::optional<EntryState> place() const { return is_held() ? entry_.held_from : entry_.state; }
  Disposal returns() const {
    const auto& decided = entry_.plan.handling.return_by;
    const bool to_mta = decided ? *decided == plan::ReturnBy::Mta : circumstances_.returns == Disposal::Mta;
    return to_mta ? Disposal::Mta : Disposal::Dsn;
  }

  Status go_on() {
    if (!entry_.held_from || !may_follow(*entry_.held_from, EntryState::Held)) {
      return refuse(entry_, "it is not known where it stood before it was held", "return it or delete it");
    }
    if (entry_.plan.unplanned) {
      return refuse(entry_, "was kept without a plan: " + entry_.plan.unplanned->text,
                    "return it, hand it back or delete it");
    }
    if (entry_.progress.give_up && entry_.progress.give_up->disposal == Disposal::Hold) {
      return refuse(entry_, "was given up: " + words_of(*entry_.progress.give_up), "return it or delete it");
    }
    return take(entry_, *entry_.held_from);
  }

  // In its place by age: what came later does not go before it.
  void make_due() { entry_.next_attempt = std::min(entry_.accepted, now_); }

  Result<std::string> retry() {
    if (is_held()) {
      GM_TRY(go_on());
      make_due();
      return format("goes on from {}, now", name_of(entry_.state));
    }
    if (circumstances_.leased) return refuse(entry_, "is being delivered right now");
    if (entry_.next_attempt <= now_) return refuse(entry_, "is due already");
    make_due();
    return "is due now";
  }

  Result<std::string> release() {
    if (!is_held()) return refuse(entry_, "is not held");
    GM_TRY(go_on());
    return entry_.next_attempt <= now_
               ? format("goes on from {}, now", name_of(entry_.state))
               : format("goes on from {} at {}", name_of(entry_.state), iso8601(entry_.next_attempt));
  }

  Result<std::string> hold() {
    if (is_held()) return refuse(entry_, "is held already");
    const EntryState from = entry_.state;
    entry_.held_from = from;
    GM_TRY(take(entry_, EntryState::Held));
    entry_.last_error = kHeld;
    return format("is held where it stood, in {}", name_of(from));
  }

  Status refuse_unresolved() const {
    if (is_held() || !entry_.progress.send_unresolved) return {};
    return refuse(entry_, "its send has no answer yet, so it may be on its way",
                  "wait until that is settled; or hold it, if you know that it was not sent, and try again");
  }

  void decide_on(Disposal disposal, const char* words) {
    if (!entry_.progress.give_up) entry_.progress.give_up = GiveUp{disposal, "5.0.0", words, now_};
    entry_.progress.give_up->disposal = disposal;
    if (disposal == Disposal::Drop) entry_.progress.give_up->diagnostic = words;
  }

  Result<std::string> give_back(Disposal disposal) {
    const auto where = place();
    const auto& given_up = entry_.progress.give_up;
    if (!is_held() && given_up && given_up->disposal != Disposal::Hold) {
      return refuse(entry_,
                    given_up->disposal == Disposal::Drop ? "is being deleted already" : "is being returned already");
    }
    GM_TRY(refuse_unresolved());
    entry_.next_attempt = now_;
    // What may be in the MTA's hands goes on there, the way it began.
    if (where == EntryState::Returning && given_up && given_up->disposal != Disposal::Drop) {
      GM_TRY(take(entry_, EntryState::Returning));
      return "goes on being returned";
    }
    decide_on(disposal, kReturned);
    GM_TRY(take(entry_, where == EntryState::DraftGone ? EntryState::DraftGone : EntryState::GiveUp));
    return disposal == Disposal::Mta ? "goes back to the MTA once its draft is gone"
                                     : "is returned to its sender once its draft is gone";
  }

  // No draft is there to be removed, or that is the administrator's business now.
  bool ends_at_once() const {
    const auto where = place();
    if (where == EntryState::Accepted || where == EntryState::DraftGone || where == EntryState::Returning) return true;
    return is_held() && entry_.progress.send_unresolved;
  }

  Result<std::string> drop() {
    if (entry_.state == EntryState::Returning) {
      return refuse(entry_, "may be in the MTA's hands right now", "hold it, then delete it");
    }
    if (entry_.state == EntryState::GiveUp && entry_.progress.give_up &&
        entry_.progress.give_up->disposal == Disposal::Drop) {
      return refuse(entry_, "is being deleted already");
    }
    GM_TRY(refuse_unresolved());
    const bool at_once = ends_at_once();
    decide_on(Disposal::Drop, kDeleted);
    entry_.resend_key.clear();
    entry_.next_attempt = now_;
    if (!at_once) {
      GM_TRY(take(entry_, EntryState::GiveUp));
      return "is deleted once its draft is gone";
    }
    if (entry_.state == EntryState::Accepted) {
      GM_TRY(take(entry_, EntryState::GiveUp));
      GM_TRY(take(entry_, EntryState::DraftGone));
    }
    GM_TRY(take(entry_, EntryState::Done));
    entry_.outcome = Outcome::Dropped;
    entry_.finished = now_;
    return "is deleted";
  }

  Entry entry_;
  const Circumstances circumstances_;
  const TimePoint now_;
};

}  // namespace

std::string_view name_of(Command command) {
  switch (command) {
    case Command::Retry:
      return "retry";
    case Command::Hold:
      return "hold";
    case Command::Release:
      return "release";
    case Command::Return:
      return "return";
    case Command::HandBack:
      return "hand-back";
    case Command::Delete:
      return "delete";
  }
  return "unknown";
}

std::string words_of(const GiveUp& give_up) {
  if (give_up.disposal == Disposal::Drop || give_up.status.empty()) return give_up.diagnostic;
  return give_up.diagnostic.empty() ? give_up.status : give_up.status + " " + give_up.diagnostic;
}

Result<Verdict> decide(const Entry& entry, Command command, const Circumstances& circumstances) {
  Decision decision(entry, circumstances);
  GM_TRY_ASSIGN(std::string words, decision.make(command));
  return Verdict{decision.take_entry(), std::move(words)};
}

Result<Verdict> decide_anew(const Entry& entry, const plan::Plan& plan, TimePoint now) {
  if (entry.state != EntryState::Held || !entry.plan.unplanned || plan.unplanned) {
    return refuse(entry, "is not held for want of a plan");
  }
  if (entry.progress.give_up) return refuse(entry, "was given up: " + words_of(*entry.progress.give_up));
  Entry after = entry;
  after.plan = plan;
  after.progress.administrator_wait += std::max(Duration{0}, now - entry.accepted);
  after.next_attempt = now;
  after.last_error.clear();
  GM_TRY(take(after, EntryState::Accepted));
  return Verdict{std::move(after), format("goes on by rule {} from the mailbox {}, now", plan.rule, plan.mailbox)};
}

}  // namespace graph_milter::queue
