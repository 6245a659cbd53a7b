// SPDX-License-Identifier: Apache-2.0
#include "core/queue/queue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

#include "core/base/digest.h"
#include "core/queue/empty_log.h"
#include "core/queue/sqlite_queue.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

namespace fs = std::filesystem;

class QueueTest : public ::testing::Test {
 protected:
  QueueTest() : spool_(folder_.file("spool")) { spool_.open(); }
  Queue& queue() { return *spool_.queue; }
  std::string directory() const { return spool_.settings.directory; }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
};

TEST_F(QueueTest, GivesBackWhatWasCommitted) {
  const std::string id = spool_.put("the message");
  spool_.reopen();
  const Entry entry = spool_.lease();
  EXPECT_EQ(entry.id, id);
  EXPECT_EQ(entry.state, EntryState::Accepted);
  EXPECT_EQ(entry.envelope, sample_envelope());
  EXPECT_EQ(entry.plan, sample_plan());
  EXPECT_EQ(entry.size, 11U);
  EXPECT_EQ(entry.sha256, sha256_hex("the message"));
  EXPECT_EQ(entry.accepted, kStart + Duration(1));
  EXPECT_EQ(entry.attempts, 0);
  EXPECT_EQ(entry.progress, Progress{});
  const auto source = queue().open_message(entry);
  ASSERT_TRUE(source) << source.error().text();
  EXPECT_EQ(read_all(**source, 100), "the message");
}

// How often the text is in the journal or a file beside it.
int count_in_journal(const std::string& directory, const std::string& text) {
  int found = 0;
  for (const auto& item : fs::directory_iterator(directory)) {
    if (item.path().filename().string().rfind("journal.sqlite", 0) != 0) continue;
    const std::string bytes = graph_milter::test::read_file(item.path().string());
    for (auto at = bytes.find(text); at != std::string::npos; at = bytes.find(text, at + 1)) ++found;
  }
  return found;
}

TEST_F(QueueTest, KeepsNoUploadUrlInAnyOfItsFilesOnceItsLogIsEmptied) {
  const std::string canary = "authtoken=eyJcanary";
  spool_.put("the message");
  Entry entry = spool_.lease();
  const Progress before = entry.progress;
  entry.progress.parts.emplace_back();
  entry.progress.parts[0].upload.url = Secret("https://outlook.office.com/x?" + canary);
  ASSERT_TRUE(queue().record(entry));
  ASSERT_TRUE(empty_log(directory()));
  EXPECT_GE(count_in_journal(directory(), canary), 1) << "an upload under way needs it after a restart";
  entry.progress = before;
  ASSERT_TRUE(queue().record(entry));
  EXPECT_GE(count_in_journal(directory(), canary), 1) << "it is overwritten by a checkpoint and not before";
  ASSERT_TRUE(empty_log(directory()));
  EXPECT_EQ(count_in_journal(directory(), canary), 0);
  EXPECT_EQ(spool_.find(entry.id).id, entry.id) << "the queue goes on";
}

TEST_F(QueueTest, KeepsALargeMessageThatCameThroughAFile) {
  std::string text(3'000'000, 'a');
  for (std::size_t i = 0; i < text.size(); i += 77) text[i] = static_cast<char>('a' + i % 26);
  const std::string id = spool_.put(text);
  spool_.reopen();
  const Entry entry = spool_.lease();
  const auto source = queue().open_message(entry);
  ASSERT_TRUE(source);
  EXPECT_EQ(sha256_hex(**source), sha256_hex(text));
  EXPECT_EQ(entry.sha256, sha256_hex(text));
  EXPECT_EQ(files_in(directory()), std::vector<std::string>{id + ".msg"});
}

// One entry through its whole life, with a restart after every step: each start finds exactly what was recorded.
TEST_F(QueueTest, StandsWhereItStoodAfterEveryRestart) {
  const std::string id = spool_.put("text");
  Entry entry = spool_.lease();
  for (const EntryState state :
       {EntryState::DraftIntent, EntryState::Draft, EntryState::Verified, EntryState::SendIntent, EntryState::Sent}) {
    entry = spool_.advance(entry, state);
    spool_.reopen();
    const Entry found = spool_.lease();
    EXPECT_EQ(found.state, state);
    EXPECT_EQ(found.progress, entry.progress);
    EXPECT_EQ(found.outcome, entry.outcome);
    EXPECT_GT(found.fence, entry.fence);
    EXPECT_EQ(queue().record(entry).error().kind, ErrorKind::Cancelled) << "the lease of the dead daemon is void";
    entry = found;
  }
  ASSERT_TRUE(queue().finish(entry));
  spool_.reopen();
  EXPECT_FALSE(spool_.try_lease());
  const Entry tombstone = spool_.find(id);
  EXPECT_EQ(tombstone.state, EntryState::Done);
  EXPECT_EQ(tombstone.plan.message_id, "<1@contoso.com>");
  EXPECT_EQ(tombstone.plan.mailbox, "scanner@contoso.com");
  EXPECT_EQ(tombstone.envelope.queue_id, "4Zx1Q");
  EXPECT_EQ(tombstone.sha256, sha256_hex("text"));
  EXPECT_EQ(files_in(directory()), std::vector<std::string>{});
  EXPECT_EQ(queue().list()->size(), 0U);
}

TEST_F(QueueTest, ForgetsTombstonesAfterThirtyDays) {
  const std::string id = spool_.put("text");
  ASSERT_TRUE(queue().finish(spool_.advance(spool_.lease(), EntryState::Sent)));
  spool_.clock->advance(std::chrono::hours(29 * 24));
  ASSERT_TRUE(queue().tidy(spool_.clock->now()));
  EXPECT_EQ(spool_.find(id).state, EntryState::Done);
  spool_.clock->advance(std::chrono::hours(2 * 24));
  ASSERT_TRUE(queue().tidy(spool_.clock->now()));
  EXPECT_FALSE(*queue().find(id));
}

TEST_F(QueueTest, RefusesAStepAgainstTheRules) {
  spool_.put("text");
  Entry entry = spool_.lease();
  entry.state = EntryState::Sent;
  const Status status = queue().record(entry);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(status.error().text(), "entry " + entry.id + ": illegal step from accepted to sent: no arrow leads there");
  EXPECT_FALSE(queue().finish(entry)) << "what the journal says counts, not what the caller thinks";
  EXPECT_EQ(spool_.find(entry.id).state, EntryState::Accepted);
}

TEST_F(QueueTest, RefusesAnOldLease) {
  spool_.put("text");
  const Entry first = spool_.lease();
  ASSERT_TRUE(queue().release(first));
  const Entry second = spool_.lease();
  EXPECT_EQ(second.fence, first.fence + 1);
  for (const Status& status : {queue().record(first), queue().defer(first, kStart, Error{}), queue().finish(first),
                               queue().hold(first, Error{}), queue().release(first)}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::Cancelled);
    EXPECT_EQ(status.error().text(), "entry " + first.id + ": lease 1 has ended, and lease 2 is at work");
  }
  EXPECT_TRUE(queue().record(second));
}

TEST_F(QueueTest, DefersUntilItsTime) {
  const std::string id = spool_.put("text");
  const Entry entry = spool_.advance(spool_.lease(), EntryState::Draft);
  const TimePoint later = spool_.clock->now() + std::chrono::minutes(5);
  ASSERT_TRUE(queue().defer(entry, later, make_error(ErrorKind::Transient, "graph", "503")));
  spool_.reopen();
  EXPECT_FALSE(spool_.try_lease(later - Duration(1)));
  EXPECT_EQ(*queue().next_due(), std::optional(later));
  spool_.clock->advance(std::chrono::minutes(5));
  const Entry again = spool_.lease();
  EXPECT_EQ(again.id, id);
  EXPECT_EQ(again.state, EntryState::Draft);
  EXPECT_EQ(again.attempts, 1);
  EXPECT_EQ(again.last_error, "graph: 503");
  EXPECT_EQ(*queue().next_due(), std::optional<TimePoint>{}) << "it is leased";
}

TEST_F(QueueTest, HoldsForTheAdministrator) {
  const std::string id = spool_.put("text");
  const Entry entry = spool_.advance(spool_.lease(), EntryState::Verified);
  ASSERT_TRUE(queue().hold(entry, make_error(ErrorKind::Configuration, "graph", "no licence")));
  spool_.clock->advance(std::chrono::hours(1000));
  spool_.reopen();
  EXPECT_FALSE(spool_.try_lease());
  EXPECT_EQ(*queue().next_due(), std::optional<TimePoint>{});
  const Entry held = spool_.find(id);
  EXPECT_EQ(held.state, EntryState::Held);
  EXPECT_EQ(held.held_from, EntryState::Verified);
  EXPECT_EQ(held.last_error, "graph: no licence");
  EXPECT_EQ(files_in(directory()), std::vector<std::string>{id + ".msg"}) << "the message stays";
}

TEST_F(QueueTest, LeasesInOrderOfArrivalAndPastBusyMailboxes) {
  const std::string first = spool_.put("1", "a@contoso.com");
  const std::string second = spool_.put("2", "a@contoso.com");
  const std::string third = spool_.put("3", "b@contoso.com");
  const TimePoint now = spool_.clock->now();
  const auto next = [&](const std::vector<std::string>& busy) {
    const auto entry = queue().lease_next(now, busy);
    return entry && *entry ? (*entry)->id : std::string("none");
  };
  EXPECT_EQ(next({}), first);
  EXPECT_EQ(next({"a@contoso.com"}), third);
  EXPECT_EQ(next({"a@contoso.com", "b@contoso.com"}), "none");
  EXPECT_EQ(next({}), second);
  EXPECT_EQ(next({}), "none");
}

// Of mailboxes that wait, the one with the fewest couriers at work is served next; within one, arrival counts.
TEST_F(QueueTest, LetsNoMailboxStarveAnother) {
  std::map<std::string, std::string> names;
  const auto put = [&](const std::string& name, const std::string& mailbox) {
    names[spool_.put("text", mailbox)] = name;
  };
  for (const std::string name : {"a1", "a2", "a3", "a4"}) put(name, "a@contoso.com");
  put("b1", "b@contoso.com");
  put("c1", "c@contoso.com");
  put("b2", "b@contoso.com");
  std::map<std::string, Entry> leased;
  std::string order;
  while (const auto entry = spool_.try_lease()) {
    leased[names[entry->id]] = *entry;
    order += names[entry->id] + " ";
  }
  EXPECT_EQ(order, "a1 b1 c1 a2 b2 a3 a4 ");
  // Two of a are done: a has two at work and b two, so a new one of b, which came first, is as good as one of a.
  ASSERT_TRUE(queue().release(leased["c1"]));
  ASSERT_TRUE(queue().release(leased["a1"]));
  EXPECT_EQ(names[spool_.lease().id], "c1");
  EXPECT_EQ(names[spool_.lease().id], "a1");
}

// Whatever waits and whatever is leased: what comes is of a mailbox with the fewest leases, and the oldest of it.
TEST_F(QueueTest, ChoosesAsAModelDoes) {
  std::mt19937_64 random(graph_milter::test::seed());
  struct Waiting {
    std::string mailbox;
    TimePoint due;
  };
  std::map<std::string, Waiting> waiting;
  for (int i = 0; i < 80; ++i) {
    const auto letter = random() % 5 < 3 ? 0 : random() % 5;  // most of it for one
    const std::string mailbox = std::string(1, static_cast<char>('a' + letter)) + "@b";
    const std::string id = spool_.put("x", mailbox);
    waiting[id] = {mailbox, spool_.find(id).next_attempt};
  }
  std::map<std::string, Entry> leased;
  for (int step = 0; step < 300 && !waiting.empty(); ++step) {
    if (!leased.empty() && random() % 2 == 0) {
      const auto any = std::next(leased.begin(), static_cast<std::ptrdiff_t>(random() % leased.size()));
      ASSERT_TRUE(queue().release(any->second));
      if (random() % 2 == 0) {
        ASSERT_TRUE(queue().administer(any->first, Command::Hold));
        waiting.erase(any->first);
      }
      leased.erase(any);
      continue;
    }
    std::vector<std::string> busy;
    if (random() % 3 == 0) busy.push_back(std::string(1, static_cast<char>('a' + random() % 5)) + "@b");
    std::map<std::string, std::size_t> at_work;
    for (const auto& [id, entry] : leased) ++at_work[entry.plan.mailbox];
    std::set<std::tuple<std::size_t, TimePoint, std::string>> order;
    for (const auto& [id, item] : waiting) {
      if (leased.contains(id) || std::find(busy.begin(), busy.end(), item.mailbox) != busy.end()) continue;
      order.insert({at_work[item.mailbox], item.due, id});
    }
    const auto chosen = queue().lease_next(spool_.clock->now(), busy);
    ASSERT_TRUE(chosen) << chosen.error().text();
    ASSERT_EQ(chosen->has_value(), !order.empty());
    if (order.empty()) continue;
    ASSERT_EQ((*chosen)->id, std::get<2>(*order.begin())) << "step " << step;
    leased[(*chosen)->id] = **chosen;
  }
}

TEST_F(QueueTest, PutsWhatFailedBehindWhatNeverDid) {
  const std::string first = spool_.put("1");
  const std::string second = spool_.put("2");
  const std::string third = spool_.put("3");
  const TimePoint later = spool_.clock->now() + std::chrono::minutes(1);
  ASSERT_TRUE(queue().defer(spool_.lease(), later, make_error(ErrorKind::Transient, "graph", "503")));
  EXPECT_EQ(spool_.lease().id, second);
  spool_.clock->advance(std::chrono::minutes(2));
  EXPECT_EQ(spool_.lease().id, third);
  EXPECT_EQ(spool_.lease().id, first);
}

struct End {
  EntryState from;
  Outcome outcome;
  bool legal;
};

TEST_F(QueueTest, EndsOnlyWithTheOutcomeThatFits) {
  const End ends[] = {
      {EntryState::Sent, Outcome::Sent, true},           {EntryState::Sent, Outcome::None, false},
      {EntryState::Sent, Outcome::Returned, false},      {EntryState::Returned, Outcome::Returned, true},
      {EntryState::Returned, Outcome::HandedBack, true}, {EntryState::Returned, Outcome::Sent, false},
      {EntryState::DraftGone, Outcome::Dropped, true},   {EntryState::DraftGone, Outcome::Returned, false},
      {EntryState::Draft, Outcome::Dropped, false},      {EntryState::GiveUp, Outcome::Dropped, false},
  };
  for (const End& end : ends) {
    SCOPED_TRACE(std::string(name_of(end.from)) + " " + std::string(name_of(end.outcome)));
    const std::string id = spool_.put("text");
    Entry entry = spool_.lease();
    const Disposal disposal = end.from == EntryState::Returned ? Disposal::Dsn : Disposal::Drop;
    entry = end.from <= EntryState::Sent ? spool_.advance(entry, end.from) : spool_.give_up(entry, disposal, end.from);
    entry.outcome = end.outcome;
    const Status finished = queue().finish(entry);
    EXPECT_EQ(finished.has_value(), end.legal);
    if (!finished) {
      EXPECT_EQ(finished.error().kind, ErrorKind::Corrupt);
    }
    EXPECT_EQ(spool_.find(id).state == EntryState::Done, end.legal);
    EXPECT_EQ(fs::exists(message_path(directory(), id)), !end.legal);
  }
}

TEST_F(QueueTest, RemembersHowItEndedBetweenReturnedAndDone) {
  const std::string id = spool_.put("text");
  spool_.give_up(spool_.lease(), Disposal::Mta, EntryState::Returned);
  spool_.reopen();
  const Entry entry = spool_.lease();
  EXPECT_EQ(entry.state, EntryState::Returned);
  EXPECT_EQ(entry.outcome, Outcome::HandedBack);
  EXPECT_EQ(entry.progress.give_up->diagnostic, "403 ErrorSendAsDenied");
  EXPECT_EQ(entry.progress.return_epoch, 1);
  ASSERT_TRUE(queue().finish(entry));
  EXPECT_EQ(spool_.find(id).outcome, Outcome::HandedBack);
}

TEST_F(QueueTest, RefusesOneIdTwice) {
  const std::string id = spool_.put("first");
  const Status again = spool_.try_put(id, "second");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text(), "entry " + id + ": exists already");
  const auto source = queue().open_message(spool_.find(id));
  ASSERT_TRUE(source);
  EXPECT_EQ(read_all(**source, 100), "first");
}

TEST_F(QueueTest, ListsWhatWaits) {
  const std::string first = spool_.put("12345", "a@contoso.com");
  spool_.put("2");
  const auto list = queue().list();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  const EntrySummary& summary = list->front();
  EXPECT_EQ(summary.id, first);
  EXPECT_EQ(summary.state, EntryState::Accepted);
  EXPECT_EQ(summary.queue_id, "4Zx1Q");
  EXPECT_EQ(summary.sender, "scanner@contoso.com");
  EXPECT_EQ(summary.recipients, 2U);
  EXPECT_EQ(summary.mailbox, "a@contoso.com");
  EXPECT_EQ(summary.size, 5U);
  EXPECT_EQ(summary.accepted, kStart + Duration(1));
}

TEST_F(QueueTest, IsReadWithoutTheDaemonAndBesideIt) {
  const std::string id = spool_.put("text");
  const auto check = [&] {
    const auto list = list_offline(directory());
    ASSERT_TRUE(list) << list.error().text();
    ASSERT_EQ(list->size(), 1U);
    EXPECT_EQ(list->front().id, id);
    const auto entry = find_offline(directory(), id);
    ASSERT_TRUE(entry) << entry.error().text();
    EXPECT_EQ((*entry)->plan, sample_plan());
    EXPECT_FALSE(*find_offline(directory(), spool_.new_id()));
  };
  check();
  spool_.close();
  check();
  EXPECT_FALSE(fs::exists(directory() + "/journal.sqlite-wal")) << "looking leaves nothing behind";
  EXPECT_FALSE(fs::exists(directory() + "/journal.sqlite-shm"));
}

TEST(OfflineQueue, SaysWhereItLooked) {
  const graph_milter::test::TempFolder folder;
  const auto list = list_offline(folder.path());
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().text(), folder.path() +
                                     "/journal.sqlite: there is no journal here (check spool-directory, and "
                                     "run this as root or as the daemon's user)");
}

TEST_F(QueueTest, RefusesASecondDaemon) {
  const auto second = Queue::open(spool_.settings, spool_.clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Configuration);
  EXPECT_NE(second.error().what.find("another graph-milter (pid "), std::string::npos);
}

TEST_F(QueueTest, CommitsFromManyThreadsSharingTransactions) {
  constexpr int kThreads = 8, kEach = 25;
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> ids(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = spool_.new_id();
        const Status status = spool_.try_put(id, "message " + id);
        EXPECT_TRUE(status) << status.error().text();
        ids[t].push_back(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(dynamic_cast<SqliteQueue&>(queue()).transactions(), 1U * kThreads * kEach);
  spool_.reopen();
  std::set<std::string> wanted;
  for (const auto& list : ids) wanted.insert(list.begin(), list.end());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Entry entry = spool_.lease();
    EXPECT_TRUE(wanted.contains(entry.id));
    const auto source = queue().open_message(entry);
    ASSERT_TRUE(source);
    EXPECT_EQ(read_all(**source, 100), "message " + entry.id);
  }
  EXPECT_EQ(wanted.size(), 1U * kThreads * kEach);
}

// Workers that lease, record and finish at once: every entry is worked on by exactly one of them.
TEST_F(QueueTest, GivesEachEntryToOneWorker) {
  constexpr int kEntries = 60;
  for (int i = 0; i < kEntries; ++i) spool_.put("text");
  std::mutex mutex;
  std::multiset<std::string> worked;
  std::vector<std::thread> workers(4);
  for (std::thread& worker : workers) {
    worker = std::thread([&] {
      for (;;) {
        auto entry = queue().lease_next(spool_.clock->now(), {});
        ASSERT_TRUE(entry) << entry.error().text();
        if (!*entry) return;
        EXPECT_TRUE(queue().finish(spool_.advance(**entry, EntryState::Sent)));
        const std::lock_guard lock(mutex);
        worked.insert((*entry)->id);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(worked.size(), 1U * kEntries);
  EXPECT_EQ(std::set<std::string>(worked.begin(), worked.end()).size(), 1U * kEntries);
  EXPECT_EQ(files_in(directory()), std::vector<std::string>{});
}

TEST_F(QueueTest, WakesAWaitingWorkerForNewMail) {
  EXPECT_FALSE(spool_.try_lease());
  std::thread producer([&] { spool_.put("text"); });
  // Returns at once if the mail came before the wait began; blocks for ever if a signal could be missed.
  queue().wait_for_work(spool_.clock->now() + std::chrono::hours(10));
  producer.join();
  EXPECT_EQ(spool_.lease().state, EntryState::Accepted);
}

TEST_F(QueueTest, WaitsNoLongerThanToldAndUntilWoken) {
  queue().wait_for_work(spool_.clock->now() - Duration(1));
  queue().wait_for_work(spool_.clock->now() + Duration(1));
  std::promise<void> looked;
  std::thread worker([&] {
    EXPECT_FALSE(spool_.try_lease());
    looked.set_value();
    queue().wait_for_work(spool_.clock->now() + std::chrono::hours(10));
  });
  looked.get_future().wait();
  queue().wake();
  worker.join();
}

TEST_F(QueueTest, FindsWhatIsDueWithoutReadingTheTable) {
  spool_.put("text");
  spool_.close();
  const SessionPointer session = *open_offline_session(directory() + "/journal.sqlite");
  std::string plan;
  long long ignored = 0;
  *session << "EXPLAIN QUERY PLAN SELECT id, next_attempt FROM entry WHERE state NOT IN ('done', 'held') AND"
              " next_attempt <= 5 AND mailbox NOT IN ('a', 'b') ORDER BY next_attempt, id LIMIT 9",
      soci::into(ignored), soci::into(ignored), soci::into(ignored), soci::into(plan);
  EXPECT_EQ(plan, "SEARCH entry USING COVERING INDEX entry_due (next_attempt<?)");
}

// Written around the queue, in one transaction: it is the reading that is looked at here.
TEST_F(QueueTest, CarriesTenThousandEntries) {
  constexpr int kEntries = 10'000;
  const std::string sample = spool_.put("x");
  const Entry entry = spool_.find(sample);
  spool_.close();
  {
    const SessionPointer session = *open_writer_session(directory() + "/journal.sqlite");
    soci::transaction transaction(*session);
    for (int i = 1; i < kEntries; ++i) {
      Entry copy = entry;
      copy.id = spool_.new_id();
      copy.plan.mailbox = i % 2 == 0 ? "even@contoso.com" : "odd@contoso.com";
      insert_row(*session, row_of(copy));
      const std::string path = message_path(directory(), copy.id);
      fs::create_directories(fs::path(path).parent_path());
      fs::create_hard_link(message_path(directory(), sample), path);
    }
    transaction.commit();
  }
  spool_.open();
  EXPECT_EQ(queue().list()->size(), 1U * kEntries);
  for (int i = 0; i < 50; ++i) {
    const auto leased = queue().lease_next(spool_.clock->now(), {"even@contoso.com", "scanner@contoso.com"});
    ASSERT_TRUE(leased && *leased);
    EXPECT_EQ((*leased)->plan.mailbox, "odd@contoso.com");
  }
}

}  // namespace
}  // namespace graph_milter::queue::test
