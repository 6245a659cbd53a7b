// SPDX-License-Identifier: Apache-2.0
// The queue while the MTA is held for an entry: waiting, withdrawing, what goes first, and what a start makes of it.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

using S = EntryState;

const GiveUp kTimeIsOver{Disposal::Client, "4.4.7", "it took too long", {}};

class WaitsTest : public ::testing::Test {
 protected:
  WaitsTest() : spool_(folder_.file("spool")), directory_(spool_.settings.directory) { spool_.open(); }

  // Committed while somebody waits for it.
  std::string put_awaited(const std::string& text = "text", const std::string& mailbox = "scanner@contoso.com") {
    std::string id = spool_.new_id();
    EXPECT_TRUE(spool_.queue->begin_wait(id, 100));
    EXPECT_TRUE(spool_.try_put(id, text, mailbox));
    return id;
  }
  Outlook look(const std::string& id) { return spool_.queue->wait(id, spool_.clock->now()); }
  Outlook withdraw(const std::string& id) {
    auto done = spool_.queue->withdraw(id, kTimeIsOver);
    EXPECT_TRUE(done) << (done ? "" : done.error().text());
    return done ? *done : Outlook{};
  }
  bool has_file(const std::string& id) const { return std::filesystem::exists(message_path(directory_, id)); }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
  const std::string directory_;
};

TEST_F(WaitsTest, WhatIsCommittedWhileSomebodyWaitsIsNobodysPromise) {
  EXPECT_TRUE(spool_.find(put_awaited()).progress.awaited);
  EXPECT_FALSE(spool_.find(spool_.put("text")).progress.awaited);
}

TEST_F(WaitsTest, AWaitEndsWhenItIsSent) {
  const std::string id = put_awaited();
  std::atomic<bool> heard{false};
  std::thread waiter([&] {
    EXPECT_EQ(spool_.queue->wait(id, spool_.clock->now() + std::chrono::minutes(10)).prospect, Prospect::Taken);
    heard = true;
  });
  Entry entry = spool_.advance(spool_.lease(), S::SendIntent);
  EXPECT_FALSE(heard);
  entry = spool_.advance(std::move(entry), S::Sent);
  waiter.join();
  entry.outcome = Outcome::Sent;
  ASSERT_TRUE(spool_.queue->finish(entry));
  EXPECT_EQ(look(id).prospect, Prospect::Taken);
  EXPECT_EQ(withdraw(id).prospect, Prospect::Taken);
  EXPECT_EQ(spool_.find(id).outcome, Outcome::Sent);
}

TEST_F(WaitsTest, AWaitHearsWhyItWasRefused) {
  const std::string id = put_awaited();
  Entry entry = spool_.advance(spool_.lease(), S::Draft);
  entry.state = S::GiveUp;
  entry.resend_key.clear();
  entry.progress.give_up = GiveUp{Disposal::Client, "5.7.1", "403 denied", kStart};
  ASSERT_TRUE(spool_.queue->record(entry));
  EXPECT_EQ(look(id).prospect, Prospect::NotTaken);
  EXPECT_EQ(look(id).why.diagnostic, "403 denied");
  entry.state = S::DraftGone;
  ASSERT_TRUE(spool_.queue->record(entry));
  entry.outcome = Outcome::Withdrawn;
  ASSERT_TRUE(spool_.queue->finish(entry));
  EXPECT_EQ(look(id).why.status, "5.7.1");
  EXPECT_FALSE(has_file(id));
  EXPECT_EQ(spool_.find(id).last_error, "5.7.1 403 denied");
}

TEST_F(WaitsTest, AWaitHearsOfATryThatFailedAndOfAHold) {
  const std::string id = put_awaited();
  const TimePoint later = spool_.clock->now() + std::chrono::minutes(5);
  ASSERT_TRUE(spool_.queue->defer(spool_.lease(), later, make_error(ErrorKind::Transient, "graph", "503")));
  EXPECT_EQ(look(id).prospect, Prospect::Open);
  EXPECT_EQ(look(id).next_attempt, later);
  EXPECT_EQ(look(id).last_error, "graph: 503");
  spool_.clock->advance(std::chrono::minutes(6));
  ASSERT_TRUE(spool_.queue->hold(spool_.lease(), make_error(ErrorKind::Corrupt, "x", "y")));
  EXPECT_TRUE(look(id).is_stuck);
}

TEST_F(WaitsTest, AWithdrawnEntryLeavesNothingAndMayComeAgain) {
  const std::string id = put_awaited();
  EXPECT_EQ(withdraw(id).prospect, Prospect::NotTaken);
  EXPECT_EQ(spool_.find(id).outcome, Outcome::Withdrawn);
  EXPECT_EQ(spool_.find(id).last_error, "4.4.7 it took too long");
  EXPECT_FALSE(has_file(id));
  EXPECT_FALSE(spool_.try_lease());
  EXPECT_EQ(*spool_.queue->find_resend("key"), std::nullopt);
}

TEST_F(WaitsTest, ACourierThatHasItLearnsThatItIsWithdrawn) {
  const std::string id = put_awaited();
  Entry entry = spool_.advance(spool_.lease(), S::Verified);
  EXPECT_EQ(withdraw(id).prospect, Prospect::NotTaken);
  entry.state = S::SendIntent;
  entry.progress.send_epoch = 1;
  entry.progress.send_unresolved = true;
  const Status recorded = spool_.queue->record(entry);
  ASSERT_FALSE(recorded);
  EXPECT_EQ(recorded.error().kind, ErrorKind::Cancelled) << "so it never sends";
  EXPECT_FALSE(spool_.try_lease()) << "nobody gets it before that courier has let go";
  ASSERT_TRUE(spool_.queue->release(entry));
  const Entry goes_on = spool_.lease();
  EXPECT_EQ(goes_on.state, S::GiveUp);
  EXPECT_EQ(goes_on.progress.give_up->disposal, Disposal::Client);
}

TEST_F(WaitsTest, WhatMayBeOutBecomesOurs) {
  const std::string id = put_awaited();
  Entry entry = spool_.advance(spool_.lease(), S::SendIntent);
  ASSERT_TRUE(entry.progress.send_unresolved);
  EXPECT_EQ(withdraw(id).prospect, Prospect::Taken);
  EXPECT_FALSE(spool_.find(id).progress.awaited);
  EXPECT_EQ(spool_.find(id).state, S::SendIntent);
  entry.state = S::Sent;
  EXPECT_EQ(spool_.queue->record(entry).error().kind, ErrorKind::Cancelled)
      << "it knows an entry that is awaited, and could give it up to a client that is gone";
}

TEST_F(WaitsTest, TheLastOfTwoThatWaitDecides) {
  const std::string id = put_awaited();
  ASSERT_TRUE(spool_.queue->begin_wait(id, 100));
  EXPECT_EQ(withdraw(id).prospect, Prospect::Open);
  EXPECT_EQ(spool_.find(id).state, S::Accepted);
  EXPECT_EQ(withdraw(id).prospect, Prospect::NotTaken);
}

TEST_F(WaitsTest, SomebodyWhoComesLaterLearnsWhatIsKnown) {
  const std::string id = put_awaited();
  spool_.queue->end_wait(id);
  spool_.advance(spool_.lease(), S::Sent);
  ASSERT_TRUE(spool_.queue->begin_wait(id, 100));
  EXPECT_EQ(look(id).prospect, Prospect::Taken);
}

TEST_F(WaitsTest, OnlySoManyWait) {
  const std::string first = spool_.new_id();
  spool_.clock->advance(std::chrono::milliseconds(1));
  const std::string second = spool_.new_id();
  EXPECT_TRUE(spool_.queue->begin_wait(first, 1));
  EXPECT_FALSE(spool_.queue->begin_wait(second, 1));
  spool_.queue->end_wait(first);
  EXPECT_TRUE(spool_.queue->begin_wait(second, 1));
}

TEST_F(WaitsTest, WhoWaitsGoesFirst) {
  const std::string queued = spool_.put("text");
  spool_.clock->advance(std::chrono::seconds(1));
  const std::string other_box = put_awaited("text", "second@contoso.com");
  spool_.clock->advance(std::chrono::seconds(1));
  const std::string awaited = put_awaited();
  EXPECT_EQ(spool_.lease().id, other_box);
  EXPECT_EQ(spool_.lease().id, awaited);
  EXPECT_EQ(spool_.lease().id, queued);
}

TEST_F(WaitsTest, WhoWaitsForABusyMailboxHoldsNobodyUp) {
  const std::string queued = spool_.put("text");
  put_awaited("text", "second@contoso.com");
  const auto leased = spool_.queue->lease_next(spool_.clock->now(), {"second@contoso.com"});
  ASSERT_TRUE(leased && *leased);
  EXPECT_EQ((*leased)->id, queued);
}

TEST_F(WaitsTest, AnOrderOfTheAdministratorMakesItOurs) {
  const std::string id = put_awaited();
  ASSERT_TRUE(spool_.queue->administer(id, Command::Hold));
  EXPECT_EQ(look(id).prospect, Prospect::Taken);
  EXPECT_FALSE(spool_.find(id).progress.awaited);
  const std::string dropped = put_awaited("other");
  ASSERT_TRUE(spool_.queue->administer(dropped, Command::Delete));
  EXPECT_EQ(look(dropped).prospect, Prospect::Taken) << "nobody is told";
}

TEST_F(WaitsTest, WhatIsLeftToItsClientCanOnlyGo) {
  const std::string id = put_awaited();
  spool_.advance(spool_.lease(), S::Draft);
  withdraw(id);
  EXPECT_EQ(spool_.queue->administer(id, Command::Return).error().text(),
            "entry " + id + ": was not taken, as its client was told; it goes once its draft is gone");
  EXPECT_EQ(spool_.queue->administer(id, Command::Hold).error().kind, ErrorKind::Usage);
}

TEST_F(WaitsTest, StoppingEndsAllWaits) {
  const std::string id = put_awaited();
  std::thread waiter(
      [&] { EXPECT_TRUE(spool_.queue->wait(id, spool_.clock->now() + std::chrono::minutes(10)).is_stopping); });
  spool_.queue->stop_waits();
  waiter.join();
  EXPECT_FALSE(spool_.queue->begin_wait(spool_.new_id(), 100));
}

// The client heard nothing, whatever the state: it has the message still.
TEST_F(WaitsTest, AStartWithdrawsWhatNobodyWasAnsweredForAndKeepsWhatMayBeOut) {
  std::vector<std::pair<std::string, S>> entries;
  for (const S state : {S::Accepted, S::DraftIntent, S::Draft, S::Verified, S::SendIntent, S::Sent}) {
    const std::string id = put_awaited("text", std::string(name_of(state)) + "@contoso.com");
    Entry entry = spool_.lease();
    ASSERT_EQ(entry.id, id);
    if (state != S::Accepted) spool_.advance(std::move(entry), state);
    entries.emplace_back(id, state);
    spool_.clock->advance(std::chrono::milliseconds(1));
  }
  for (int starts = 0; starts < 2; ++starts) {
    spool_.reopen();
    for (const auto& [id, state] : entries) {
      const Entry entry = spool_.find(id);
      SCOPED_TRACE(name_of(state));
      if (state == S::Accepted) {
        EXPECT_EQ(entry.outcome, Outcome::Withdrawn);
        EXPECT_FALSE(has_file(id));
      } else if (state < S::SendIntent) {
        EXPECT_EQ(entry.state, S::GiveUp);
        EXPECT_EQ(entry.progress.give_up->disposal, Disposal::Client);
        EXPECT_EQ(entry.progress.give_up->status, "4.3.2");
        EXPECT_TRUE(entry.resend_key.empty());
      } else {
        EXPECT_EQ(entry.state, state);
        EXPECT_EQ(entry.progress.awaited, state == S::Sent);
        EXPECT_TRUE(has_file(id));
      }
    }
  }
}

TEST_F(WaitsTest, AStartWithdrawsAlsoWhatItsCourierHeld) {
  const std::string id = put_awaited();
  ASSERT_TRUE(spool_.queue->hold(spool_.lease(), make_error(ErrorKind::Corrupt, "x", "y")));
  spool_.reopen();
  EXPECT_EQ(spool_.find(id).outcome, Outcome::Withdrawn);
}

TEST_F(WaitsTest, AnEntryOfBeforeIsNotAwaited) {
  const std::string id = put_awaited();
  spool_.queue->end_wait(id);
  spool_.close();
  damage(directory_, "UPDATE entry SET progress = json_remove(progress, '$.awaited')");
  spool_.open();
  EXPECT_EQ(spool_.find(id).state, S::Accepted);
  EXPECT_FALSE(spool_.find(id).progress.awaited);
}

// Many wait, are delivered, withdrawn or joined at once: whoever hears "not taken" never finds his message sent.
TEST_F(WaitsTest, NobodyHearsNotTakenOfWhatIsSent) {
  constexpr int kMessages = 60;
  std::vector<std::string> ids;
  ids.reserve(kMessages);
  for (int i = 0; i < kMessages; ++i) {
    ids.push_back(put_awaited("text", "box" + std::to_string(i % 5) + "@contoso.com"));
    spool_.clock->advance(std::chrono::milliseconds(1));
  }
  std::atomic<bool> done{false};
  std::vector<std::thread> couriers(3);
  for (std::thread& courier : couriers) {
    courier = std::thread([&] {
      while (!done) {
        const auto leased = spool_.queue->lease_next(spool_.clock->now(), {});
        if (!leased || !*leased) continue;
        Entry entry = **leased;
        const auto step = [&](S state) {
          entry.state = state;
          if (state == S::SendIntent) {
            entry.progress.send_epoch = 1;
            entry.progress.send_unresolved = true;
          }
          return spool_.queue->record(entry).has_value();
        };
        const bool resumed = entry.state != S::Accepted;
        if (resumed || !step(S::DraftIntent) || !step(S::Draft) || !step(S::Verified) || !step(S::SendIntent) ||
            !step(S::Sent)) {
          static_cast<void>(spool_.queue->release(entry));
          if (resumed) static_cast<void>(spool_.queue->administer(entry.id, Command::Hold));
        } else {
          entry.outcome = Outcome::Sent;
          static_cast<void>(spool_.queue->finish(entry));
        }
      }
    });
  }
  std::vector<Prospect> heard;
  heard.reserve(ids.size());
  for (const std::string& id : ids) heard.push_back(withdraw(id).prospect);
  done = true;
  for (std::thread& courier : couriers) courier.join();
  for (int i = 0; i < kMessages; ++i) {
    const Entry entry = spool_.find(ids[static_cast<std::size_t>(i)]);
    const bool may_be_sent = entry.outcome == Outcome::Sent || entry.progress.send_epoch > 0;
    EXPECT_EQ(heard[static_cast<std::size_t>(i)], may_be_sent ? Prospect::Taken : Prospect::NotTaken) << i;
  }
}

}  // namespace
}  // namespace graph_milter::queue::test
