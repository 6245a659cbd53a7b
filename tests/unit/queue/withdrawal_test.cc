// SPDX-License-Identifier: Apache-2.0
// What can be told to a client that waits, and what becomes of the entry when it can't wait any longer.
#include "core/queue/withdrawal.h"

#include <gtest/gtest.h>

#include "core/queue/entry_rules.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

using S = EntryState;

const GiveUp kTimeIsOver{Disposal::Client, "4.4.7", "it was not delivered within accept-deadline", {}};

Entry awaited_in(S state) {
  Entry entry;
  entry.id = "01hf3abcdejk0123456789mnpq";
  entry.state = state;
  entry.resend_key = "key";
  entry.next_attempt = kStart + std::chrono::minutes(1);
  entry.progress.awaited = true;
  if (state == S::SendIntent || state == S::Sent) entry.progress.send_epoch = 1;
  if (state >= S::GiveUp && state <= S::DraftGone) {
    entry.progress.give_up = GiveUp{Disposal::Client, "5.7.1", "403 denied", kStart};
  }
  return entry;
}

Entry held_from(S state) {
  Entry entry = awaited_in(state);
  entry.held_from = state;
  entry.state = S::Held;
  return entry;
}

Entry unresolved(Entry entry) {
  entry.progress.send_unresolved = true;
  return entry;
}

// "prospect state/disposal", or "prospect, unchanged".
std::string outcome(const Entry& entry) {
  const Withdrawal done = withdraw(entry, kTimeIsOver, kStart);
  std::string out = done.outlook.prospect == Prospect::Taken      ? "taken"
                    : done.outlook.prospect == Prospect::NotTaken ? "not taken"
                                                                  : "open";
  if (!done.after) return out + ", unchanged";
  out += " " + std::string(name_of(done.after->state));
  if (done.after->progress.give_up) out += "/" + std::string(name_of(done.after->progress.give_up->disposal));
  return out + (done.after->progress.awaited ? "" : ", ours");
}

TEST(Withdrawal, TakesBackWhatIsProvablyNotSent) {
  EXPECT_EQ(outcome(awaited_in(S::Accepted)), "not taken done/client");
  EXPECT_EQ(outcome(held_from(S::Accepted)), "not taken done/client");
  for (const S state : {S::DraftIntent, S::Draft, S::Verified, S::SendIntent}) {
    EXPECT_EQ(outcome(awaited_in(state)), "not taken give-up/client") << name_of(state);
    EXPECT_EQ(outcome(held_from(state)), "not taken give-up/client") << name_of(state);
  }
}

TEST(Withdrawal, KeepsWhatMayBeOut) {
  EXPECT_EQ(outcome(unresolved(awaited_in(S::SendIntent))), "taken send-intent, ours");
  EXPECT_EQ(outcome(unresolved(held_from(S::SendIntent))), "taken held, ours");
  EXPECT_EQ(outcome(awaited_in(S::Sent)), "taken, unchanged");
}

TEST(Withdrawal, ChangesNothingThatIsDecided) {
  EXPECT_EQ(outcome(awaited_in(S::GiveUp)), "not taken, unchanged");
  EXPECT_EQ(outcome(awaited_in(S::DraftGone)), "not taken, unchanged");
  Entry ours = awaited_in(S::Draft);
  ours.progress.awaited = false;
  EXPECT_EQ(outcome(ours), "taken, unchanged");
  Entry done = awaited_in(S::Done);
  for (const Outcome end : {Outcome::Sent, Outcome::Returned, Outcome::HandedBack, Outcome::Dropped}) {
    done.outcome = end;
    EXPECT_EQ(outcome(done), "taken, unchanged") << name_of(end);
  }
  done.outcome = Outcome::Withdrawn;
  EXPECT_EQ(outcome(done), "not taken, unchanged");
}

TEST(Withdrawal, LetsTheSameMessageComeAgainAsANewOne) {
  const Withdrawal done = withdraw(awaited_in(S::Draft), kTimeIsOver, kStart);
  ASSERT_TRUE(done.after);
  EXPECT_EQ(done.after->resend_key, "");
  EXPECT_EQ(done.after->next_attempt, kStart) << "its draft goes at once";
  EXPECT_EQ(done.after->progress.give_up, (GiveUp{Disposal::Client, "4.4.7", kTimeIsOver.diagnostic, kStart}));
  EXPECT_EQ(done.outlook.why.status, "4.4.7");
  EXPECT_EQ(withdraw(unresolved(awaited_in(S::SendIntent)), kTimeIsOver, kStart).after->resend_key, "key");
}

// Of every standing that an entry can have: the steps are legal, and never is anything withdrawn that may be out.
TEST(Withdrawal, TakesLegalStepsOnly) {
  for (const S state : kEntryStates) {
    for (const bool is_unresolved : {false, true}) {
      for (const bool is_held : {false, true}) {
        Entry entry = is_held ? held_from(state) : awaited_in(state);
        if (state == S::Held || state == S::Done || state == S::Returning || state == S::Returned) continue;
        if (is_unresolved && state != S::SendIntent) continue;
        if (is_held && !may_follow(state, S::Held)) continue;
        entry.progress.send_unresolved = is_unresolved;
        const Withdrawal done = withdraw(entry, kTimeIsOver, kStart);
        EXPECT_NE(done.outlook.prospect, Prospect::Open);
        EXPECT_EQ(done.outlook.prospect == Prospect::Taken, is_unresolved || state == S::Sent) << name_of(state);
        if (!done.after) continue;
        Standing from = standing_of(entry);
        const Standing to = standing_of(*done.after);
        if (to.state == S::Done) {  // by way of states in which nothing is to be done
          for (const S between : {S::GiveUp, S::DraftGone}) {
            Standing next = to;
            next.state = between;
            EXPECT_EQ(illegal_step(from, next), "") << name_of(state);
            from = next;
          }
        }
        EXPECT_EQ(illegal_step(from, to), "") << name_of(state) << is_held;
      }
    }
  }
}

TEST(Outlook, SaysWhatATombstoneKnows) {
  Entry tombstone;
  tombstone.state = S::Done;
  tombstone.outcome = Outcome::Withdrawn;
  tombstone.last_error = "5.7.1 403 ErrorSendAsDenied: no";
  EXPECT_EQ(outlook_of(tombstone).why.status, "5.7.1");
  EXPECT_EQ(outlook_of(tombstone).why.diagnostic, "403 ErrorSendAsDenied: no");
}

TEST(Outlook, SaysWhenNothingHappensForNow) {
  const Entry waits = awaited_in(S::Draft);
  EXPECT_EQ(outlook_of(waits).prospect, Prospect::Open);
  EXPECT_EQ(outlook_of(waits).next_attempt, waits.next_attempt);
  EXPECT_FALSE(outlook_of(waits).is_stuck);
  EXPECT_TRUE(outlook_of(held_from(S::Draft)).is_stuck);
}

TEST(Awaited, OnlyItsClientIsToldAndOnlyWhileItWaits) {
  const auto step = [](S from, bool was, S to, bool is, std::optional<Disposal> disposal) {
    Standing before{from, 0, 0, false, std::nullopt, std::nullopt, was};
    if (from >= S::GiveUp) before.disposal = disposal;
    return std::string(illegal_step(before, Standing{to, 0, 0, false, disposal, std::nullopt, is}));
  };
  EXPECT_EQ(step(S::Draft, true, S::GiveUp, true, Disposal::Client), "");
  EXPECT_EQ(step(S::Draft, true, S::Draft, false, std::nullopt), "");
  EXPECT_EQ(step(S::Draft, false, S::Draft, true, std::nullopt), "what is ours stays ours");
  EXPECT_EQ(step(S::Draft, false, S::GiveUp, false, Disposal::Client), "only a client that waits can be told");
  EXPECT_EQ(step(S::Draft, true, S::GiveUp, true, Disposal::Dsn), "its client waits, so nobody else is told");
  EXPECT_EQ(step(S::Draft, true, S::GiveUp, false, Disposal::Client), "its client was told that it was not taken");
  EXPECT_EQ(step(S::DraftGone, true, S::Returning, true, Disposal::Client), "its client still has it");
  EXPECT_EQ(step(S::DraftGone, true, S::Done, true, Disposal::Client), "");
  EXPECT_EQ(step(S::DraftGone, false, S::Done, false, Disposal::Dsn),
            "only what was deleted, or left to its client, ends without being returned");
}

}  // namespace
}  // namespace graph_milter::queue::test
