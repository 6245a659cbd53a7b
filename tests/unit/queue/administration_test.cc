// SPDX-License-Identifier: Apache-2.0
#include "core/queue/administration.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "core/queue/entry_rules.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

using S = EntryState;

Entry entry_in(S state) {
  Entry entry;
  entry.id = "01hf3abcdejk0123456789mnpq";
  entry.state = state;
  entry.resend_key = "key";
  entry.accepted = kStart - std::chrono::hours(1);
  entry.next_attempt = kStart + std::chrono::hours(1);
  if (state >= S::SendIntent && state <= S::Sent) entry.progress.send_epoch = 1;
  if (state > S::Sent && state != S::Done && state != S::Held) {
    entry.progress.give_up = GiveUp{Disposal::Dsn, "5.7.1", "403 denied", kStart};
  }
  return entry;
}

Entry held_from(S state) {
  Entry entry = entry_in(state);
  entry.held_from = state;
  entry.state = S::Held;
  return entry;
}

Entry unresolved(Entry entry) {
  entry.progress.send_epoch = 1;
  entry.progress.send_unresolved = true;
  return entry;
}

Entry with(Entry entry, Disposal disposal) {
  entry.progress.give_up = GiveUp{disposal, "5.7.1", "403 denied", kStart};
  return entry;
}

// "state: words", "state/disposal: words", or what it refuses with.
std::string outcome(const Entry& entry, Command command, bool leased = false, Disposal returns = Disposal::Dsn) {
  const auto verdict = decide(entry, command, {returns, leased, kStart});
  if (!verdict) {
    const std::string words = verdict.error().text().substr(("entry " + entry.id + ": ").size());
    return std::string(verdict.error().kind == ErrorKind::Usage ? "no: " : name_of(verdict.error().kind)) + words;
  }
  std::string out(name_of(verdict->after.state));
  if (verdict->after.progress.give_up) out += "/" + std::string(name_of(verdict->after.progress.give_up->disposal));
  return out + ": " + verdict->words;
}

TEST(Retry, MakesItDueNowInItsPlaceByAge) {
  const auto verdict = decide(entry_in(S::Draft), Command::Retry, {Disposal::Dsn, false, kStart});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->after.next_attempt, kStart - std::chrono::hours(1));
  EXPECT_EQ(verdict->after.state, S::Draft);
  EXPECT_EQ(verdict->words, "is due now");
  EXPECT_EQ(outcome(held_from(S::Verified), Command::Retry), "verified: goes on from verified, now");
  EXPECT_EQ(outcome(with(entry_in(S::Returning), Disposal::Mta), Command::Retry), "returning/mta: is due now");
}

TEST(Retry, IsRefusedWhereItChangesNothing) {
  Entry due = entry_in(S::Draft);
  due.next_attempt = kStart;
  EXPECT_EQ(outcome(due, Command::Retry), "no: is due already");
  EXPECT_EQ(outcome(entry_in(S::Draft), Command::Retry, true), "no: is being delivered right now");
  EXPECT_EQ(outcome(entry_in(S::Sent), Command::Retry), "no: was sent already");
  EXPECT_EQ(outcome(entry_in(S::Returned), Command::Retry), "no: was returned already");
}

TEST(Hold, StopsItWhereItStands) {
  for (const S state : kEntryStates) {
    const auto verdict = decide(entry_in(state), Command::Hold, {Disposal::Dsn, true, kStart});
    const bool may = may_follow(state, S::Held) && state != S::Held;
    EXPECT_EQ(verdict.has_value(), may) << name_of(state);
    if (!verdict) continue;
    EXPECT_EQ(verdict->after.state, S::Held);
    EXPECT_EQ(verdict->after.held_from, state);
    EXPECT_EQ(verdict->after.last_error, "held by the administrator");
  }
  EXPECT_EQ(outcome(unresolved(entry_in(S::SendIntent)), Command::Hold),
            "held: is held where it stood, in send-intent");
  EXPECT_EQ(outcome(held_from(S::Draft), Command::Hold), "no: is held already");
}

TEST(Release, LetsItGoOnByItsSchedule) {
  const auto verdict = decide(held_from(S::Draft), Command::Release, {Disposal::Dsn, false, kStart});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->after.state, S::Draft);
  EXPECT_EQ(verdict->after.held_from, std::nullopt);
  EXPECT_EQ(verdict->after.next_attempt, kStart + std::chrono::hours(1));
  EXPECT_EQ(verdict->words, "goes on from draft at " + iso8601(kStart + std::chrono::hours(1)));
  EXPECT_EQ(outcome(entry_in(S::Draft), Command::Release), "no: is not held");
  EXPECT_EQ(outcome(with(held_from(S::DraftGone), Disposal::Hold), Command::Release),
            "no: was given up: 5.7.1 403 denied (return it or delete it)");
  Entry lost = held_from(S::Draft);
  lost.held_from.reset();
  EXPECT_EQ(outcome(lost, Command::Release),
            "no: it is not known where it stood before it was held (return it or delete it)");
}

TEST(Return, GivesUpWhatIsNotOnItsWay) {
  for (const S state : {S::Accepted, S::DraftIntent, S::Draft, S::Verified, S::SendIntent}) {
    EXPECT_EQ(outcome(entry_in(state), Command::Return),
              "give-up/dsn: is returned to its sender once its draft is gone");
    EXPECT_EQ(outcome(held_from(state), Command::Return), outcome(entry_in(state), Command::Return));
    EXPECT_EQ(outcome(entry_in(state), Command::Return, true, Disposal::Mta),
              "give-up/mta: goes back to the MTA once its draft is gone");
    EXPECT_EQ(outcome(entry_in(state), Command::Return, true, Disposal::Hold),
              outcome(entry_in(state), Command::Return));
  }
  const auto verdict = decide(entry_in(S::Draft), Command::Return, {Disposal::Dsn, false, kStart});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->after.next_attempt, kStart);
  EXPECT_EQ(verdict->after.progress.give_up, (GiveUp{Disposal::Dsn, "5.0.0", "returned by the administrator", kStart}));
  EXPECT_EQ(verdict->after.resend_key, "key") << "its sender hears of it, so the client's resend needs no second entry";
}

TEST(HandBack, GivesTheMtaTheOriginalWhateverReturnMeans) {
  for (const S state : {S::Accepted, S::DraftIntent, S::Draft, S::Verified, S::SendIntent}) {
    EXPECT_EQ(outcome(entry_in(state), Command::HandBack), "give-up/mta: goes back to the MTA once its draft is gone");
    EXPECT_EQ(outcome(held_from(state), Command::HandBack), outcome(entry_in(state), Command::HandBack));
  }
  EXPECT_EQ(outcome(with(held_from(S::DraftGone), Disposal::Hold), Command::HandBack),
            "draft-gone/mta: goes back to the MTA once its draft is gone");
  EXPECT_EQ(outcome(entry_in(S::Returning), Command::HandBack), "no: is being returned already");
}

TEST(Return, TakesUpWhatWasKeptAfterItWasGivenUp) {
  EXPECT_EQ(outcome(with(held_from(S::DraftGone), Disposal::Hold), Command::Return),
            "draft-gone/dsn: is returned to its sender once its draft is gone");
  EXPECT_EQ(outcome(with(entry_in(S::GiveUp), Disposal::Hold), Command::Return),
            "give-up/dsn: is returned to its sender once its draft is gone");
  EXPECT_EQ(outcome(with(held_from(S::Returning), Disposal::Mta), Command::Return),
            "returning/mta: goes on being returned");
  const auto verdict =
      decide(with(held_from(S::DraftGone), Disposal::Hold), Command::Return, {Disposal::Dsn, false, kStart});
  EXPECT_EQ(verdict->after.progress.give_up->diagnostic, "403 denied") << "the reason stays";
}

TEST(Return, IsRefusedForWhatMayBeOutOrHasAnEndAlready) {
  EXPECT_EQ(
      outcome(unresolved(entry_in(S::SendIntent)), Command::Return),
      "no: its send has no answer yet, so it may be on its way (wait until that is settled; or hold it, if you know "
      "that it was not sent, and try again)");
  EXPECT_EQ(outcome(unresolved(held_from(S::SendIntent)), Command::Return),
            "give-up/dsn: is returned to its sender once its draft is gone")
      << "the administrator knows";
  EXPECT_EQ(outcome(entry_in(S::GiveUp), Command::Return), "no: is being returned already");
  EXPECT_EQ(outcome(entry_in(S::Returning), Command::Return), "no: is being returned already");
  EXPECT_EQ(outcome(with(entry_in(S::GiveUp), Disposal::Drop), Command::Return), "no: is being deleted already");
  EXPECT_EQ(outcome(entry_in(S::Returned), Command::Return), "no: was returned already");
  EXPECT_EQ(outcome(entry_in(S::Sent), Command::Return), "no: was sent already");
}

TEST(Delete, LeavesTheDraftToTheCourier) {
  for (const S state : {S::DraftIntent, S::Draft, S::Verified, S::SendIntent, S::GiveUp}) {
    EXPECT_EQ(outcome(entry_in(state), Command::Delete), "give-up/drop: is deleted once its draft is gone");
    EXPECT_EQ(outcome(held_from(state), Command::Delete), "give-up/drop: is deleted once its draft is gone");
  }
  const auto verdict = decide(entry_in(S::Draft), Command::Delete, {Disposal::Dsn, true, kStart});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->after.resend_key, "") << "sent again on purpose it is a new message";
  EXPECT_EQ(verdict->after.outcome, Outcome::None);
}

TEST(Delete, EndsAtOnceWhatHasNoDraft) {
  for (const Entry& entry : {entry_in(S::Accepted), held_from(S::Accepted), entry_in(S::DraftGone),
                             held_from(S::DraftGone), held_from(S::Returning), unresolved(held_from(S::SendIntent))}) {
    const auto verdict = decide(entry, Command::Delete, {Disposal::Dsn, true, kStart});
    ASSERT_TRUE(verdict) << verdict.error().text();
    EXPECT_EQ(verdict->after.state, S::Done);
    EXPECT_EQ(verdict->after.outcome, Outcome::Dropped);
    EXPECT_EQ(verdict->after.finished, kStart);
    EXPECT_EQ(verdict->words, "is deleted");
    EXPECT_EQ(words_of(*verdict->after.progress.give_up), "deleted by the administrator");
  }
}

TEST(Delete, IsRefusedForWhatMayBeOut) {
  EXPECT_EQ(outcome(unresolved(entry_in(S::SendIntent)), Command::Delete).substr(0, 27), "no: its send has no answer ");
  EXPECT_EQ(outcome(entry_in(S::Returning), Command::Delete),
            "no: may be in the MTA's hands right now (hold it, then delete it)");
  EXPECT_EQ(outcome(with(entry_in(S::GiveUp), Disposal::Drop), Command::Delete), "no: is being deleted already");
  EXPECT_EQ(outcome(entry_in(S::Sent), Command::Delete), "no: was sent already");
}

TEST(Commands, FindWhatHasEndedGone) {
  Entry done = entry_in(S::Done);
  done.outcome = Outcome::Sent;
  for (const Command command :
       {Command::Retry, Command::Hold, Command::Release, Command::Return, Command::HandBack, Command::Delete}) {
    EXPECT_EQ(outcome(done, command), "not-foundhas ended: sent") << name_of(command);
  }
}

// Whatever is asked of whatever entry: it stays where it may be, and never is an open send ended without a hold.
TEST(Commands, AskedAtRandomKeepTheFences) {
  std::mt19937_64 random(graph_milter::test::seed());
  for (int round = 0; round < 20'000; ++round) {
    const S state = kEntryStates[random() % kEntryStates.size()];
    Entry entry = random() % 2 == 0 || state == S::Held ? entry_in(state) : held_from(state);
    if (random() % 3 == 0) entry = with(entry, static_cast<Disposal>(random() % 4));
    if (random() % 3 == 0) entry = unresolved(entry);
    const auto command = static_cast<Command>(random() % 6);
    const auto verdict = decide(entry, command, {static_cast<Disposal>(random() % 4), random() % 2 == 0, kStart});
    if (!verdict) {
      EXPECT_NE(verdict.error().kind, ErrorKind::System);
      continue;
    }
    const Entry& after = verdict->after;
    const bool ends = after.state == S::GiveUp || after.state == S::Done;
    const bool was_ending = entry.state == S::GiveUp;
    ASSERT_TRUE(!ends || !entry.progress.send_unresolved || entry.state == S::Held || was_ending);
    ASSERT_EQ(after.state == S::Done, after.outcome == Outcome::Dropped);
    ASSERT_EQ(after.progress.draft_id, entry.progress.draft_id);
    ASSERT_EQ(after.fence, entry.fence);
    ASSERT_TRUE(after.state != S::Held || command == Command::Hold);
  }
}

// --- in the journal

class AdministerTest : public ::testing::Test {
 protected:
  AdministerTest() : spool_(folder_.file("spool")) { spool_.open(); }
  Queue& queue() { return *spool_.queue; }
  std::string ask(const std::string& id, Command command) {
    const auto words = queue().administer(id, command);
    return words ? *words : std::string(name_of(words.error().kind)) + ": " + words.error().what;
  }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
};

TEST_F(AdministerTest, TakesTheEntryOutOfACouriersHands) {
  const std::string id = spool_.put("text");
  Entry entry = spool_.advance(spool_.lease(), S::Draft);
  EXPECT_EQ(ask(id, Command::Hold), "is held where it stood, in draft");
  entry.state = S::Verified;
  for (const Status& status : {queue().record(entry), queue().defer(entry, kStart, Error{}), queue().finish(entry),
                               queue().hold(entry, Error{})}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::Cancelled);
    EXPECT_EQ(status.error().what, "the administrator took it out of delivery's hands");
  }
  EXPECT_EQ(spool_.find(id).state, S::Held);
  EXPECT_EQ(ask(id, Command::Release), "goes on from draft, now");
  EXPECT_FALSE(spool_.try_lease()) << "the courier may still be at work on it";
  ASSERT_TRUE(queue().release(entry));
  const Entry again = spool_.lease();
  EXPECT_EQ(again.state, S::Draft);
  EXPECT_GT(again.fence, entry.fence);
  EXPECT_TRUE(queue().record(again));
}

// The journal itself refuses, also a courier whom nobody could tell.
TEST_F(AdministerTest, FencesTheRow) {
  const std::string id = spool_.put("text");
  const Entry entry = spool_.lease();
  const auto before = spool_.find(id).fence;
  EXPECT_EQ(before, entry.fence);
  ask(id, Command::Hold);
  EXPECT_EQ(spool_.find(id).fence, before + 1);
  ask(id, Command::Delete);
  EXPECT_EQ(spool_.find(id).state, S::Done);
  EXPECT_EQ(queue().record(entry).error().kind, ErrorKind::Cancelled);
  EXPECT_EQ(spool_.find(id).state, S::Done);
}

TEST_F(AdministerTest, DeletesAtOnceWhatNobodyTouchedYet) {
  const std::string id = spool_.put("text");
  EXPECT_EQ(ask(id, Command::Delete), "is deleted");
  const Entry tombstone = spool_.find(id);
  EXPECT_EQ(tombstone.state, S::Done);
  EXPECT_EQ(tombstone.outcome, Outcome::Dropped);
  EXPECT_EQ(tombstone.last_error, "deleted by the administrator");
  EXPECT_EQ(files_in(spool_.settings.directory), std::vector<std::string>{});
  EXPECT_EQ(ask(id, Command::Delete), "not-found: has ended: dropped");
  EXPECT_FALSE(spool_.try_lease());
}

TEST_F(AdministerTest, DeletesThroughTheCourierWhatHasADraft) {
  const std::string id = spool_.put("text");
  const Entry first = spool_.advance(spool_.lease(), S::Verified);
  EXPECT_EQ(ask(id, Command::Delete), "is deleted once its draft is gone");
  ASSERT_TRUE(queue().release(first));
  Entry entry = spool_.lease();
  EXPECT_EQ(entry.state, S::GiveUp);
  EXPECT_EQ(entry.progress.give_up->disposal, Disposal::Drop);
  EXPECT_EQ(entry.progress.draft_id, "AAMk=");
  entry.state = S::DraftGone;
  ASSERT_TRUE(queue().record(entry));
  EXPECT_FALSE(queue().finish(entry)) << "an end without an outcome";
  entry.outcome = Outcome::Dropped;
  ASSERT_TRUE(queue().finish(entry));
  EXPECT_EQ(spool_.find(id).outcome, Outcome::Dropped);
  EXPECT_EQ(files_in(spool_.settings.directory), std::vector<std::string>{});
}

TEST_F(AdministerTest, ReturnsAsConfigured) {
  spool_.settings.returns = Disposal::Mta;
  spool_.reopen();
  const std::string id = spool_.put("text");
  EXPECT_EQ(ask(id, Command::Return), "goes back to the MTA once its draft is gone");
  spool_.reopen();
  const Entry entry = spool_.lease();
  EXPECT_EQ(entry.state, S::GiveUp);
  EXPECT_EQ(entry.progress.give_up->disposal, Disposal::Mta);
}

TEST_F(AdministerTest, RetriesBeforeItsTime) {
  const std::string id = spool_.put("text");
  const TimePoint later = spool_.clock->now() + std::chrono::hours(2);
  ASSERT_TRUE(queue().defer(spool_.lease(), later, make_error(ErrorKind::Transient, "graph", "503")));
  EXPECT_FALSE(spool_.try_lease());
  EXPECT_EQ(ask(id, Command::Retry), "is due now");
  EXPECT_EQ(spool_.lease().attempts, 1);
  EXPECT_EQ(ask(id, Command::Retry), "usage: is being delivered right now");
}

TEST_F(AdministerTest, WakesAWorkerThatWaits) {
  const std::string id = spool_.put("text");
  const TimePoint later = spool_.clock->now() + std::chrono::hours(2);
  ASSERT_TRUE(queue().defer(spool_.lease(), later, Error{}));
  EXPECT_FALSE(spool_.try_lease());
  ask(id, Command::Retry);
  queue().wait_for_work(spool_.clock->now() + std::chrono::hours(10));  // for ever, if nobody wakes it
  EXPECT_EQ(spool_.lease().id, id);
}

TEST_F(AdministerTest, FindsNoEntryThatIsNotThere) {
  EXPECT_EQ(ask(spool_.new_id(), Command::Hold), "not-found: there is no such entry");
  EXPECT_EQ(ask("'; DROP TABLE entry", Command::Delete), "not-found: there is no such entry");
}

TEST_F(AdministerTest, DeletesARowThatCannotBeRead) {
  const std::string id = spool_.put("text");
  spool_.close();
  damage(spool_.settings.directory, "UPDATE entry SET plan = '{', size = -1 WHERE id = '" + id + "'");
  spool_.open();
  for (const Command command : {Command::Retry, Command::Hold, Command::Release, Command::Return}) {
    const auto words = queue().administer(id, command);
    ASSERT_FALSE(words);
    EXPECT_EQ(words.error().kind, ErrorKind::Usage);
    EXPECT_EQ(words.error().hint, "the message is in " + message_path(spool_.settings.directory, id) +
                                      "; delete the entry once you have what you need of it");
  }
  EXPECT_EQ(ask(id, Command::Delete), "is deleted; what Graph may have of it is left to the sweeper");
  EXPECT_EQ(queue().list()->size(), 0U);
  EXPECT_EQ(files_in(spool_.settings.directory), std::vector<std::string>{});
  spool_.reopen();
  EXPECT_EQ(queue().list()->size(), 0U);
}

// Couriers and an administrator at once: no two couriers ever have the same entry, and what a courier writes after a
// command is refused.
TEST_F(AdministerTest, KeepsCouriersApartWhateverIsOrdered) {
  std::vector<std::string> ids(4);
  for (std::string& id : ids) id = spool_.put("text");
  std::mutex mutex;
  std::set<std::string> at_work;
  std::atomic<bool> stop{false};
  const auto work = [&] {
    while (!stop) {
      auto entry = queue().lease_next(spool_.clock->now(), {});
      ASSERT_TRUE(entry) << entry.error().text();
      if (!*entry) {
        std::this_thread::yield();
        continue;
      }
      {
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(at_work.insert((*entry)->id).second) << "two couriers have one entry";
      }
      const Status written = queue().record(**entry);
      EXPECT_TRUE(written || written.error().kind == ErrorKind::Cancelled) << written.error().text();
      {
        const std::lock_guard lock(mutex);
        at_work.erase((*entry)->id);
      }
      EXPECT_TRUE(queue().release(**entry));
    }
  };
  std::vector<std::thread> couriers(3);
  for (std::thread& courier : couriers) courier = std::thread(work);
  std::mt19937_64 random(graph_milter::test::seed());
  for (int round = 0; round < 100; ++round) {
    const auto done =
        queue().administer(ids[random() % ids.size()], random() % 2 == 0 ? Command::Hold : Command::Release);
    EXPECT_TRUE(done || done.error().kind == ErrorKind::Usage) << done.error().text();
  }
  stop = true;
  for (std::thread& courier : couriers) courier.join();
  for (const std::string& id : ids) {
    const Entry entry = spool_.find(id);
    EXPECT_TRUE(entry.state == S::Accepted || entry.state == S::Held);
  }
  EXPECT_EQ(queue().list()->size(), ids.size());
}

}  // namespace
}  // namespace graph_milter::queue::test
