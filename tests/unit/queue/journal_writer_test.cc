// SPDX-License-Identifier: Apache-2.0
#include "core/queue/journal_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "core/queue/sql_query.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::queue {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

class JournalWriterTest : public ::testing::Test {
 protected:
  JournalWriterTest() : path_(folder_.file("journal.sqlite")) {
    auto session = open_writer_session(path_);
    if (!session) throw std::runtime_error(session.error().text());
    **session << "CREATE TABLE t (n INTEGER NOT NULL PRIMARY KEY) STRICT";
    writer_ = std::make_unique<JournalWriter>(*std::move(session), path_);
  }

  static JournalWriter::Job insert(long long number) {
    return [number](soci::session& session) -> Status {
      session << "INSERT INTO t VALUES (:n)", soci::use(number);
      return {};
    };
  }

  long long count() {
    auto session = open_reader_session(path_);
    long long rows = -1;
    **session << "SELECT count(*) FROM t", soci::into(rows);
    return rows;
  }

  test::TempFolder folder_;
  std::string path_;
  std::unique_ptr<JournalWriter> writer_;
};

TEST_F(JournalWriterTest, IsDurableInTheSenseOfItsPragmas) {
  // Read back by open_writer_session itself; here is what the file says to a stranger.
  auto session = open_reader_session(path_);
  ASSERT_TRUE(session) << session.error().text();
  std::string mode;
  **session << "PRAGMA journal_mode", soci::into(mode);
  EXPECT_EQ(mode, "wal");
}

TEST_F(JournalWriterTest, LetsJobsThatArriveDuringATransactionShareTheNext) {
  std::promise<void> entered, go_on;
  std::thread first([&] {
    EXPECT_TRUE(writer_->run([&](soci::session& session) -> Status {
      entered.set_value();
      go_on.get_future().wait();
      return insert(0)(session);
    }));
  });
  entered.get_future().wait();
  constexpr int kOthers = 20;
  std::vector<std::thread> others;
  for (int i = 1; i <= kOthers; ++i) {
    others.emplace_back([&, i] { EXPECT_TRUE(writer_->run(insert(i))); });
  }
  while (writer_->waiting() < kOthers) std::this_thread::yield();
  go_on.set_value();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(count(), 1 + kOthers);
  EXPECT_EQ(writer_->transactions(), 2U);
}

TEST_F(JournalWriterTest, UndoesOnlyTheJobThatBreaksAConstraint) {
  EXPECT_TRUE(writer_->run(insert(1)));
  const Status again = writer_->run(insert(1));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(again.error().text(), path_ + ": writing to the journal: constraint failed");
  EXPECT_TRUE(writer_->run(insert(2)));
  EXPECT_EQ(count(), 2);
  EXPECT_FALSE(writer_->failed());
}

TEST_F(JournalWriterTest, UndoesAllThatAFailingJobChanged) {
  const Status status = writer_->run([](soci::session& session) -> Status {
    GM_TRY(insert(1)(session));
    GM_TRY(insert(2)(session));
    return fail(ErrorKind::Usage, "job", "thought better of it");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "thought better of it");
  const Status broken = writer_->run([](soci::session& session) -> Status {
    GM_TRY(insert(3)(session));
    return insert(3)(session);
  });
  EXPECT_FALSE(broken);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(writer_->run(insert(4)));
  EXPECT_FALSE(writer_->failed());
}

// SQLite's own words for a full disk, without one.
class LittleRoom : public JournalWriterTest {
 protected:
  void limit_pages(long long pages) {
    EXPECT_TRUE(writer_->run([&](soci::session& session) -> Status {
      session << "PRAGMA max_page_count = " + std::to_string(pages);
      return {};
    }));
  }
  static JournalWriter::Job large() {
    return [](soci::session& session) -> Status {
      session << "INSERT INTO b VALUES (zeroblob(100000))";
      return {};
    };
  }
  void use_writer(std::function<bool()> make_room) {
    writer_.reset();
    auto session = open_writer_session(path_);
    if (!session) throw std::runtime_error(session.error().text());
    **session << "CREATE TABLE b (bytes BLOB NOT NULL) STRICT";
    writer_ = std::make_unique<JournalWriter>(*std::move(session), path_, std::move(make_room));
    limit_pages(10);
  }
};

TEST_F(LittleRoom, TriesOnceMoreWhenRoomWasMade) {
  int asked = 0;
  use_writer([&] {
    ++asked;
    return true;
  });
  int runs = 0;
  const Status status = writer_->run([&](soci::session& session) -> Status {
    // The second time there is room.
    if (++runs == 2) session << "PRAGMA max_page_count = 1000";
    return large()(session);
  });
  EXPECT_TRUE(status) << status.error().text();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(asked, 1);
}

TEST_F(LittleRoom, TriesNoThirdTime) {
  int asked = 0;
  use_writer([&] {
    ++asked;
    return true;
  });
  const Status status = writer_->run(large());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().status, ENOSPC);
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(writer_->failed());
  EXPECT_TRUE(writer_->run(insert(1)));
}

TEST_F(LittleRoom, GivesUpWhereNoRoomCanBeMade) {
  int asked = 0;
  use_writer([&] {
    ++asked;
    return false;
  });
  EXPECT_FALSE(writer_->run(large()));
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(writer_->failed());
}

TEST_F(JournalWriterTest, MakesNoRoomForAFailureThatIsNoLackOfIt) {
  int asked = 0;
  writer_.reset();
  writer_ = std::make_unique<JournalWriter>(*open_writer_session(path_), path_, [&] {
    ++asked;
    return true;
  });
  EXPECT_FALSE(writer_->run([](soci::session&) -> Status { throw soci::soci_error("lost"); }));
  EXPECT_TRUE(writer_->failed());
  EXPECT_EQ(asked, 0) << "nothing is tried again after it";
}

TEST_F(JournalWriterTest, RefusesEverythingAfterAFailureThatLeavesTheDiskUnknown) {
  const Status status = writer_->run([](soci::session&) -> Status { throw soci::soci_error("lost"); });
  ASSERT_FALSE(status);
  EXPECT_TRUE(writer_->failed());
  const Status next = writer_->run(insert(1));
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().kind, ErrorKind::System);
  EXPECT_EQ(next.error().hint, "restart graph-milter; what was taken is on disk");
  EXPECT_EQ(count(), 0);
}

TEST_F(JournalWriterTest, WritesTheLogBackSoThatItStopsGrowing) {
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(writer_->run(insert(i)));
  EXPECT_LT(test::read_file(path_ + "-wal").size(), 4U * 1024 * 1024);
  EXPECT_EQ(count(), 600);
}

TEST_F(JournalWriterTest, MakesItsFilesReadableForItsOwnerOnly) {
  ASSERT_TRUE(writer_->run(insert(1)));
  for (const std::string name : {"journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"}) {
    EXPECT_EQ(mode_of(folder_.file(name)), 0600U) << name;
  }
}

TEST(SqlSession, RefusesAJournalThatOthersCanRead) {
  const test::TempFolder folder;
  const std::string path = folder.write("journal.sqlite", "");
  ::chmod(path.c_str(), 0640);
  const auto session = open_writer_session(path);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(
      session.error().text(),
      path + ": the journal holds upload URLs and has mode 0640, so others can read it (chmod 0600 " + path + "*)");
}

TEST(SqlSession, OpensPathsOfAnyCharacters) {
  const test::TempFolder folder;
  const std::string path = folder.file("a b?c=d#e%41'\"ü.sqlite");
  const auto writer = open_writer_session(path);
  ASSERT_TRUE(writer) << writer.error().text();
  **writer << "CREATE TABLE t (n INTEGER NOT NULL) STRICT";
  EXPECT_TRUE(open_reader_session(path));
  EXPECT_FALSE(test::read_file(path).empty());
}

TEST(SqlSession, RefusesAFileThatIsNoJournal) {
  const test::TempFolder folder;
  const auto session = open_writer_session(folder.write("journal.sqlite", std::string(8192, 'x')));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::Corrupt);
}

}  // namespace
}  // namespace graph_milter::queue
