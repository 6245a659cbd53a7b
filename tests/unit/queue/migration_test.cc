// SPDX-License-Identifier: Apache-2.0
// A journal of version 1, as graph-milter 0.1 wrote it, becomes one of this version.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/base/digest.h"
#include "core/queue/entry_json.h"
#include "core/queue/journal_schema.h"
#include "core/queue/spool.h"
#include "core/queue/sql_session.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVersion1[] = {
    "CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT",
    "INSERT INTO schema_version (version) VALUES (1)",
    "CREATE TABLE entry ("
    " id TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, held_from TEXT NOT NULL, queue_id TEXT NOT NULL,"
    " sender TEXT NOT NULL, mailbox TEXT NOT NULL, message_id TEXT NOT NULL, recipients INTEGER NOT NULL,"
    " size INTEGER NOT NULL, sha256 TEXT NOT NULL, accepted INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " next_attempt INTEGER NOT NULL, fence INTEGER NOT NULL, finished INTEGER NOT NULL, last_error TEXT NOT NULL,"
    " envelope TEXT NOT NULL, plan TEXT NOT NULL, progress TEXT NOT NULL) STRICT",
    "CREATE INDEX entry_due ON entry (next_attempt, id, mailbox, state) WHERE state NOT IN ('done', 'held')",
    "CREATE INDEX entry_finished ON entry (finished) WHERE state = 'done'",
};

std::string progress_of_version_1(int sends) {
  return R"({"draft_id":"AAMk=","drafts_made":1,"rebuilds":0,"draft_intended":1,"drafted":2,"listed":[],"parts":[],)"
         R"("differed":0,"send_epoch":)" +
         std::to_string(sends) + R"(,"send_intended":0,"seen_unsent":0,"attempts_before":0})";
}

// A spool that a daemon of version 1 left.
class OldSpool {
 protected:
  OldSpool() : spool_(folder_.file("spool")), directory_(spool_.settings.directory) {
    if (!Spool::prepare(directory_)) throw std::runtime_error("no spool");
    session_ = *open_writer_session(journal());
    for (const char* statement : kVersion1) *session_ << statement;
  }

  std::string journal() const { return directory_ + "/journal.sqlite"; }

  // A row, with its message file if it is not a tombstone.
  std::string add(const std::string& state, const std::string& progress, const std::string& held_from = "") {
    std::string id = spool_.new_id();
    const bool done = state == "done";
    const std::string envelope = done ? "" : envelope_to_json(sample_envelope());
    const std::string plan = done ? "" : plan::to_json(sample_plan());
    const std::string sha256 = sha256_hex("text");
    const long long accepted = to_unix_ms(kStart);
    const long long finished = done ? accepted + 5 : 0;
    *session_ << "INSERT INTO entry VALUES (:id, :state, :held_from, '4Zx1Q', 'Scanner@contoso.com',"
                 " 'scanner@contoso.com', '<1@contoso.com>', 2, 4, :sha256, :accepted, 3, :next, 17, :finished,"
                 " 'graph: 503', :envelope, :plan, :progress)",
        soci::use(id), soci::use(state), soci::use(held_from), soci::use(sha256), soci::use(accepted),
        soci::use(accepted), soci::use(finished), soci::use(envelope), soci::use(plan), soci::use(progress);
    if (!done) {
      fs::create_directories(fs::path(message_path(directory_, id)).parent_path());
      std::ofstream(message_path(directory_, id)) << "text";
    }
    return id;
  }

  // The daemon of version 1 ends, the new one starts.
  void upgrade() {
    session_.reset();
    spool_.open();
  }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
  const std::string directory_;
  SessionPointer session_;
};

class MigrationTest : public ::testing::Test, protected OldSpool {};

TEST_F(MigrationTest, TakesEveryEntryAlong) {
  const std::string fresh = add("accepted", progress_to_json(Progress{}));
  const std::string drafted = add("draft", progress_of_version_1(0));
  const std::string sending = add("send-intent", progress_of_version_1(1));
  const std::string held = add("held", progress_of_version_1(1), "send-intent");
  const std::string done = add("done", "");
  upgrade();
  const Entry entry = spool_.find(drafted);
  EXPECT_EQ(entry.state, EntryState::Draft);
  EXPECT_EQ(entry.envelope, sample_envelope());
  EXPECT_EQ(entry.plan, sample_plan());
  EXPECT_EQ(entry.fence, 17);
  EXPECT_EQ(entry.attempts, 3);
  EXPECT_EQ(entry.last_error, "graph: 503");
  EXPECT_EQ(entry.progress.draft_id, "AAMk=");
  EXPECT_FALSE(entry.progress.send_unresolved);
  EXPECT_TRUE(spool_.find(sending).progress.send_unresolved) << "nobody knows, so it is asked for";
  EXPECT_EQ(spool_.find(held).held_from, EntryState::SendIntent);
  EXPECT_EQ(spool_.find(held).last_error, "graph: 503");
  EXPECT_EQ(spool_.find(fresh).state, EntryState::Accepted);
  EXPECT_EQ(spool_.find(done).outcome, Outcome::Sent) << "nothing else ended in version 1";
  EXPECT_EQ(spool_.queue->list()->size(), 4U);
  EXPECT_EQ(spool_.queue->trace("Anna@contoso.com")->size(), 4U);
  EXPECT_EQ(spool_.queue->trace("scanner@contoso.com")->size(), 5U);
  EXPECT_TRUE(*spool_.queue->find_sent("<1@contoso.com>", kStart));
  // They live on as any other.
  Entry next = spool_.lease();
  EXPECT_TRUE(spool_.queue->record(next));
  spool_.reopen();
  EXPECT_EQ(spool_.queue->list()->size(), 4U);
}

TEST_F(MigrationTest, KeepsTheJournalAsItWas) {
  const std::string id = add("draft", progress_of_version_1(0));
  upgrade();
  const std::string backup = backup_path(journal(), 3);
  EXPECT_EQ(backup, journal() + ".before-3");
  struct stat info {};
  ASSERT_EQ(::stat(backup.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  const SessionPointer old = *open_offline_session(backup);
  std::string found;
  long long version = 0;
  *old << "SELECT id FROM entry", soci::into(found);
  *old << "SELECT version FROM schema_version", soci::into(version);
  EXPECT_EQ(found, id);
  EXPECT_EQ(version, 1);
  // It goes with the tombstones of its time.
  const TimePoint made = from_unix_ms(static_cast<std::int64_t>(info.st_mtime) * 1000);
  ASSERT_TRUE(spool_.queue->tidy(made + std::chrono::hours(29 * 24)));
  EXPECT_TRUE(fs::exists(backup));
  ASSERT_TRUE(spool_.queue->tidy(made + std::chrono::hours(31 * 24)));
  EXPECT_FALSE(fs::exists(backup));
}

TEST_F(MigrationTest, HoldsWhatItCannotReadAndTakesTheOthersAlong) {
  const std::string hurt = add("draft", "{");
  const std::string well = add("draft", progress_of_version_1(0));
  upgrade();
  const auto list = spool_.queue->list();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  for (const EntrySummary& summary : *list) {
    EXPECT_EQ(summary.state, summary.id == hurt ? EntryState::Held : EntryState::Draft);
  }
  EXPECT_EQ(spool_.lease().id, well);
  EXPECT_TRUE(spool_.queue->administer(hurt, Command::Delete));
}

// Version 2 knew neither when a copy may go nor what was decided with a message.
TEST_F(MigrationTest, TakesVersion2Along) {
  session_.reset();
  fs::remove(journal());
  spool_.open();
  const std::string sent = spool_.send({});
  const std::string waits = spool_.put("text");
  spool_.close();
  damage(directory_, "DROP INDEX entry_sent_copy_until");
  damage(directory_, "ALTER TABLE entry DROP COLUMN sent_copy_until");
  damage(directory_, "UPDATE schema_version SET version = 2");
  spool_.open();
  EXPECT_EQ(spool_.find(waits).plan.handling, plan::Handling{}) << "as the options say";
  const TimePoint now = spool_.clock->now();
  ASSERT_EQ(spool_.queue->sent_copies(now, now, 10)->size(), 1U);
  EXPECT_EQ(spool_.queue->sent_copies(now, now, 10)->front().id, sent);
  EXPECT_TRUE(spool_.queue->sent_copies(TimePoint{}, now, 10)->empty()) << "the option keeps them";
}

TEST_F(MigrationTest, MakesNoCopyOfANewJournal) {
  session_.reset();
  fs::remove(journal());
  spool_.open();
  EXPECT_FALSE(fs::exists(backup_path(journal(), kSchemaVersion)));
}

TEST_F(MigrationTest, TellsWhoOnlyReadsToStartTheDaemonFirst) {
  add("draft", progress_of_version_1(0));
  session_.reset();
  const auto list = list_offline(directory_);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().text(), journal() +
                                     ": the journal has version 1, and this graph-milter reads version 3 (start "
                                     "graph-milter once: it converts the journal)");
}

#ifdef GM_FAILPOINTS
class CrashedMigration : public OldSpool {
 public:
  CrashedMigration() : id_(add("draft", progress_of_version_1(0))) {
    session_.reset();
    ::setenv("GM_TEST_SPOOL", directory_.c_str(), 1);
    ::setenv("GM_FAILPOINT", "C37", 1);
  }
  ~CrashedMigration() {
    ::unsetenv("GM_TEST_SPOOL");
    ::unsetenv("GM_FAILPOINT");
  }

  void expect_untouched() const {
    EXPECT_EQ(ask_number(directory_, "SELECT version FROM schema_version"), 1);
    EXPECT_TRUE(fs::exists(backup_path(journal(), kSchemaVersion)));
  }

  void expect_upgraded() {
    spool_.open();
    EXPECT_EQ(spool_.find(id_).state, EntryState::Draft);
    EXPECT_EQ(ask_number(directory_, "SELECT version FROM schema_version"), kSchemaVersion);
    EXPECT_FALSE(fs::exists(backup_path(journal(), kSchemaVersion) + ".new"));
  }

 private:
  const std::string id_;
};

// The process that is to die comes here anew, with what the environment says; it makes no spool of its own.
TEST(CrashOfAMigration, IsMendedByTheNextStart) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::optional<CrashedMigration> old;
  if (std::getenv("GM_TEST_SPOOL") == nullptr) old.emplace();
  const auto start = [] { Spooler(std::getenv("GM_TEST_SPOOL")).open(); };
  EXPECT_EXIT(start(), ::testing::KilledBySignal(SIGKILL), "");
  if (old) old->expect_untouched();
  EXPECT_EXIT(start(), ::testing::KilledBySignal(SIGKILL), "") << "a crash of the start after a crash";
  if (old) old->expect_untouched();
  if (old) old->expect_upgraded();
}
#endif

}  // namespace
}  // namespace graph_milter::queue::test
