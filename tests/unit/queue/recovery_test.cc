// SPDX-License-Identifier: Apache-2.0
// What a start makes of a spool that a crash, a disk or a person has damaged.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/file.h"
#include "core/queue/queue.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

namespace fs = std::filesystem;

class RecoveryTest : public ::testing::Test {
 protected:
  RecoveryTest() : spool_(folder_.file("spool")), directory_(spool_.settings.directory) { spool_.open(); }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
  const std::string directory_;
};

TEST_F(RecoveryTest, HoldsAnEntryWhoseFileIsMissing) {
  const std::string hurt = spool_.put("first message");
  spool_.close();
  const std::string path = message_path(directory_, hurt);
  fs::remove(path);
  spool_.reopen();
  const Entry held = spool_.find(hurt);
  EXPECT_EQ(held.state, EntryState::Held);
  EXPECT_EQ(held.held_from, EntryState::Accepted);
  EXPECT_EQ(held.last_error, path + ": the message file is missing");
}

TEST_F(RecoveryTest, HoldsAnEntryWhoseFileIsShort) {
  const std::string hurt = spool_.put("first message");
  spool_.close();
  const std::string path = message_path(directory_, hurt);
  fs::resize_file(path, 5);
  spool_.reopen();
  EXPECT_EQ(spool_.find(hurt).last_error, path + ": the message file has 5 bytes, and 13 were taken");
}

TEST_F(RecoveryTest, HoldsAnEntryWhoseFileBecameALink) {
  const std::string hurt = spool_.put("first message");
  spool_.close();
  const std::string path = message_path(directory_, hurt);
  fs::rename(path, folder_.file("moved"));
  fs::create_symlink(folder_.file("moved"), path);
  spool_.reopen();
  const Entry entry = spool_.find(hurt);
  EXPECT_EQ(entry.state, EntryState::Held);
  EXPECT_EQ(entry.last_error, path + ": the message file is not a regular file");
  EXPECT_FALSE(spool_.queue->open_message(entry));
  EXPECT_TRUE(fs::is_symlink(path));
}

TEST_F(RecoveryTest, NothingWaitsForDaysBecauseTheClockWasAhead) {
  spool_.settings.longest_wait = std::chrono::hours(1);
  const std::string id = spool_.put("text");
  spool_.clock->advance(std::chrono::hours(48));
  ASSERT_TRUE(spool_.queue->defer(spool_.lease(), spool_.clock->now() + std::chrono::minutes(5), Error{}));
  spool_.close();
  spool_.clock->advance(-std::chrono::hours(48));
  const TimePoint restart = spool_.clock->now();
  spool_.open();
  EXPECT_EQ(spool_.find(id).next_attempt, restart + std::chrono::hours(1));
}

TEST_F(RecoveryTest, AWaitThatIsNotTooLongStaysAsItIs) {
  const std::string id = spool_.put("text");
  const TimePoint later = kStart + std::chrono::hours(2);
  ASSERT_TRUE(spool_.queue->defer(spool_.lease(), later, Error{}));
  spool_.close();
  spool_.open();
  EXPECT_EQ(spool_.find(id).next_attempt, later);
}

struct RowDamage {
  const char* change;  // SQL
  const char* why;
};

TEST_F(RecoveryTest, HoldsDamagedRowsAndGoesOnWithTheOthers) {
  const RowDamage cases[] = {
      {"state = 'frozen'", "unknown state \"frozen\""},
      {"envelope = '{'", "envelope: "},
      {"envelope = '{}'", "envelope: no usable value for queue_id"},
      {"plan = ''", "plan: "},
      {"progress = '[]'", "progress: not a JSON object"},
      {"size = -1", "a number is out of range"},
      {"size = 9000000000000000000", "a number is out of range"},
      {"attempts = 9000000000000", "a number is out of range"},
  };
  for (const RowDamage& item : cases) {
    SCOPED_TRACE(item.change);
    const std::string hurt = spool_.put("first message");
    const std::string well = spool_.put("second message");
    spool_.close();
    damage(directory_, std::string("UPDATE entry SET ") + item.change + " WHERE id = '" + hurt + "'");
    for (int start = 0; start < 2; ++start) {
      spool_.reopen();
      const auto list = spool_.queue->list();
      ASSERT_TRUE(list) << list.error().text();
      EXPECT_EQ((*list)[0].id, hurt);
      EXPECT_EQ((*list)[0].state, EntryState::Held);
      const std::string words = "entry " + hurt + ": damaged row in the journal: " + item.why;
      EXPECT_EQ((*list)[0].last_error.substr(0, words.size()), words);
      EXPECT_EQ(spool_.lease().id, well);
      EXPECT_TRUE(fs::exists(message_path(directory_, hurt))) << "the message is the administrator's now";
    }
    spool_.close();
    damage(directory_, "DELETE FROM entry");
    spool_.open();
  }
}

// The row went bad after the start: it is found when its turn comes.
TEST_F(RecoveryTest, HoldsARowThatIsDamagedWhileTheQueueIsOpen) {
  const std::string hurt = spool_.put("first message");
  const std::string well = spool_.put("second message");
  damage(directory_, "UPDATE entry SET plan = '{}' WHERE id = '" + hurt + "'");
  EXPECT_EQ(spool_.lease().id, well);
  const auto found = spool_.queue->find(hurt);
  const auto list = spool_.queue->list();
  ASSERT_TRUE(list);
  EXPECT_EQ((*list)[0].state, EntryState::Held);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::Corrupt);
}

// One damaged number must not close the queue to new mail, nor hide the sums.
TEST_F(RecoveryTest, DoesNotCountWhatADamagedRowSaysOfItsSize) {
  spool_.settings.max_bytes = 100;
  const std::string first = spool_.put("12345");
  const std::string second = spool_.put("12345");
  spool_.close();
  damage(directory_, "UPDATE entry SET size = 9000000000000000000");
  spool_.open();
  EXPECT_TRUE(spool_.queue->check_room(90));
  EXPECT_FALSE(spool_.queue->check_room(91));
  const auto totals = spool_.queue->totals();
  ASSERT_TRUE(totals) << totals.error().text();
  EXPECT_EQ(totals->held, 2U);
  EXPECT_EQ(totals->bytes, 0U);
  EXPECT_EQ(spool_.queue->list()->front().size, 0U);
  ASSERT_TRUE(spool_.queue->administer(first, Command::Delete));
  EXPECT_TRUE(spool_.queue->check_room(95));
  EXPECT_FALSE(spool_.queue->check_room(96));
}

TEST_F(RecoveryTest, LeavesWhatGraphHasSentAlone) {
  const std::string id = spool_.put("text");
  spool_.advance(spool_.lease(), EntryState::Sent);
  spool_.close();
  fs::remove(message_path(directory_, id));
  spool_.reopen();
  const Entry entry = spool_.lease();
  EXPECT_EQ(entry.state, EntryState::Sent);
  EXPECT_TRUE(spool_.queue->finish(entry));
}

// The state after a crash between the tombstone and the unlink.
TEST_F(RecoveryTest, RemovesTheFileOfADoneEntry) {
  const std::string id = spool_.put("text");
  const std::string path = message_path(directory_, id);
  fs::copy_file(path, folder_.file("copy"));
  ASSERT_TRUE(spool_.queue->finish(spool_.advance(spool_.lease(), EntryState::Sent)));
  spool_.close();
  fs::rename(folder_.file("copy"), path);
  spool_.reopen();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(spool_.find(id).state, EntryState::Done);
}

TEST_F(RecoveryTest, RemovesFilesThatNoEntryNames) {
  const std::string kept = spool_.put("text");
  const std::string orphan = spool_.new_id();
  fs::create_directories(fs::path(message_path(directory_, orphan)).parent_path());
  std::ofstream(message_path(directory_, orphan)) << "never answered";
  std::ofstream(directory_ + "/incoming/.tmp-1-x") << "half";
  spool_.reopen();
  EXPECT_EQ(files_in(directory_), std::vector<std::string>{kept + ".msg"});
}

TEST_F(RecoveryTest, RefusesADamagedJournalAndKeepsTheMail) {
  const std::string id = spool_.put("text");
  for (int i = 0; i < 30; ++i) spool_.put("more");
  spool_.close();
  {
    std::fstream file(directory_ + "/journal.sqlite", std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 1; page < 8; ++page) {  // the headers of pages
      file.seekp(page * 4096);
      file.write(std::string(16, '\xEE').data(), 16);
    }
  }
  const auto opened = Queue::open(spool_.settings, spool_.clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(opened.error().where, directory_ + "/journal.sqlite");
  EXPECT_TRUE(fs::exists(message_path(directory_, id)));
}

TEST_F(RecoveryTest, RefusesAJournalOfANewerVersion) {
  spool_.close();
  damage(directory_, "UPDATE schema_version SET version = 7");
  const auto opened = Queue::open(spool_.settings, spool_.clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().text(), directory_ +
                                       "/journal.sqlite: the journal has version 7, and this graph-milter knows "
                                       "up to 3 (use the graph-milter that wrote it, or a newer one)");
}

TEST_F(RecoveryTest, FinishesASchemaThatWasNeverWritten) {
  spool_.close();
  fs::remove(directory_ + "/journal.sqlite");
  ASSERT_TRUE(open_file(directory_ + "/journal.sqlite", O_CREAT | O_RDWR, 0600))
      << "all a crash in the first start left";
  spool_.open();
  EXPECT_FALSE(spool_.put("text").empty());
}

TEST_F(RecoveryTest, LeavesWhatNeedsNoMessageAnyMoreAlone) {
  const std::string returned = spool_.put("text");
  spool_.give_up(spool_.lease(), Disposal::Dsn, EntryState::Returned);
  const std::string dropped = spool_.put("text");
  spool_.give_up(spool_.lease(), Disposal::Drop, EntryState::GiveUp);
  const std::string owed = spool_.put("text");
  spool_.give_up(spool_.lease(), Disposal::Dsn, EntryState::GiveUp);
  spool_.close();
  for (const std::string& id : {returned, dropped, owed}) fs::remove(message_path(directory_, id));
  spool_.open();
  EXPECT_EQ(spool_.find(returned).state, EntryState::Returned);
  EXPECT_EQ(spool_.find(dropped).state, EntryState::GiveUp);
  EXPECT_EQ(spool_.find(owed).state, EntryState::Held) << "its sender must get it back";
}

TEST_F(RecoveryTest, HoldsWhatLiesBehindALinkOutOfTheSpool) {
  const std::string id = spool_.put("text");
  spool_.close();
  const std::string shard = fs::path(message_path(directory_, id)).parent_path();
  fs::rename(shard, folder_.file("elsewhere"));
  fs::create_directory_symlink(folder_.file("elsewhere"), shard);
  spool_.open();
  const Entry held = spool_.find(id);
  EXPECT_EQ(held.state, EntryState::Held);
  EXPECT_EQ(held.last_error, shard + ": is not a directory of the spool");
  EXPECT_FALSE(spool_.queue->open_message(held));
  EXPECT_TRUE(spool_.queue->administer(id, Command::Delete));
  EXPECT_TRUE(fs::exists(folder_.file("elsewhere") + "/" + id + ".msg")) << "nothing outside of the spool is touched";
}

TEST_F(RecoveryTest, HoldsAnUnknownOutcome) {
  const std::string id = spool_.put("text");
  spool_.close();
  damage(directory_, "UPDATE entry SET outcome = 'lost' WHERE id = '" + id + "'");
  spool_.open();
  const auto list = spool_.queue->list();
  ASSERT_TRUE(list && list->size() == 1);
  EXPECT_EQ(list->front().state, EntryState::Held);
  EXPECT_EQ(list->front().last_error, "entry " + id + ": damaged row in the journal: unknown outcome \"lost\"");
}

}  // namespace
}  // namespace graph_milter::queue::test
