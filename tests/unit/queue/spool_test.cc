// SPDX-License-Identifier: Apache-2.0
#include "core/queue/spool.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "core/base/format.h"
#include "core/base/id.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::queue {
namespace {

namespace fs = std::filesystem;

const std::string kId = "01hf3abcdejk0123456789mnpq";

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() : directory_(folder_.file("spool")), spool_(directory_) {
    if (const Status made = Spool::prepare(directory_); !made) throw std::runtime_error(made.error().text());
  }

  void write(const std::string& path, std::string_view text = "x") const {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }

  test::TempFolder folder_;
  std::string directory_;
  Spool spool_;
};

TEST_F(SpoolTest, MakesItsDirectoriesForItsOwnerOnly) {
  for (const char* name : {"", "/incoming", "/messages"}) {
    EXPECT_EQ(fs::status(directory_ + name).permissions(), fs::perms::owner_all) << name;
  }
  EXPECT_TRUE(Spool::prepare(directory_)) << "a second start finds them";
}

TEST_F(SpoolTest, NamesAMessageByItsIdOnly) {
  ASSERT_TRUE(is_entry_id(kId));
  EXPECT_EQ(spool_.message_path(kId), directory_ + "/messages/jk/" + kId + ".msg");
  ASSERT_TRUE(spool_.prepare_shard(kId));
  EXPECT_TRUE(fs::is_directory(directory_ + "/messages/jk"));
  EXPECT_TRUE(spool_.prepare_shard(kId));
}

TEST_F(SpoolTest, RemovesAMessageAsOftenAsAsked) {
  EXPECT_TRUE(spool_.remove_message(kId)) << "not even its directory is there";
  write(spool_.message_path(kId));
  EXPECT_TRUE(spool_.remove_message(kId));
  EXPECT_FALSE(fs::exists(spool_.message_path(kId)));
  EXPECT_TRUE(spool_.remove_message(kId));
}

TEST_F(SpoolTest, SweepsOrphansAndLeftoversAndNothingElse) {
  const std::string wanted = make_entry_id(from_unix_ms(1));
  const std::string orphan = make_entry_id(from_unix_ms(2));
  const std::string misplaced = make_entry_id(from_unix_ms(3));
  write(spool_.message_path(wanted));
  write(spool_.message_path(orphan));
  write(directory_ + "/messages/00/.tmp-17-x");
  write(directory_ + "/incoming/.tmp-17-y");
  write(directory_ + "/messages/00/notes.txt");
  write(directory_ + "/messages/README");
  write(directory_ + "/incoming/" + misplaced + ".msg");
  fs::create_symlink("/etc/passwd", directory_ + "/messages/00/" + kId + ".msg");
  const auto swept = spool_.sweep([&](const std::string& id) { return id == wanted; });
  ASSERT_TRUE(swept) << swept.error().text();
  EXPECT_EQ(swept->removed, 4U);
  EXPECT_EQ(swept->strange, 3U);
  EXPECT_TRUE(fs::exists(spool_.message_path(wanted)));
  EXPECT_FALSE(fs::exists(spool_.message_path(orphan)));
  EXPECT_TRUE(fs::exists(directory_ + "/messages/00/notes.txt"));
  EXPECT_TRUE(fs::is_symlink(directory_ + "/messages/00/" + kId + ".msg"));
  EXPECT_TRUE(fs::exists("/etc/passwd"));
}

TEST_F(SpoolTest, DoesNotFollowALinkInPlaceOfAMessage) {
  write(folder_.file("elsewhere"), "secret");
  fs::create_directories(directory_ + "/messages/jk");
  fs::create_symlink(folder_.file("elsewhere"), spool_.message_path(kId));
  const auto size = spool_.message_size(kId);
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(size.error().what, "the message file is not a regular file");
}

TEST_F(SpoolTest, RefusesADirectoryThatOthersMayEnter) {
  ::chmod(directory_.c_str(), 0750);
  const Status status = Spool::prepare(directory_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(status.error().text(),
            directory_ + ": has mode 0750, so others can see or change mail (chmod 0700 " + directory_ + ")");
}

TEST_F(SpoolTest, RefusesALinkInPlaceOfTheDirectory) {
  fs::create_directory_symlink(directory_, folder_.file("link"));
  const Status status = Spool::prepare(folder_.file("link"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "is not a directory");
}

TEST_F(SpoolTest, RefusesAPlaceThatCannotBeWritten) {
  const std::string nowhere = "/proc/graph-milter-spool";
  const Status status = Spool::prepare(nowhere);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(status.error().where, nowhere);
  EXPECT_EQ(status.error().hint, "make it, owned by the user that runs graph-milter and with mode 0700");
}

TEST_F(SpoolTest, RefusesADirectoryOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a directory away";
  ASSERT_EQ(::chown(directory_.c_str(), 12345, 12345), 0);
  const Status status = Spool::prepare(directory_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text(),
            directory_ + ": belongs to uid 12345, and graph-milter runs as uid 0 (chown -R it to uid 0)");
}

TEST_F(SpoolTest, IsLockedForOneDaemonAndNamesIt) {
  const auto first = SpoolLock::take(directory_);
  ASSERT_TRUE(first) << first.error().text();
  const auto second = SpoolLock::take(directory_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(second.error().text(),
            format("{}: another graph-milter (pid {}) uses this spool (stop it first, or give each "
                   "its own spool-directory)",
                   directory_, ::getpid()));
}

TEST_F(SpoolTest, IsFreeAgainWhenTheLockGoes) {
  { const auto first = SpoolLock::take(directory_); }
  EXPECT_TRUE(SpoolLock::take(directory_));
}

TEST_F(SpoolTest, KeepsTheReserveFree) {
  EXPECT_TRUE(spool_.check_room(1, 1));
  const Status status = spool_.check_room(ByteCount{1} << 60, 1);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::System);
  EXPECT_EQ(status.error().status, ENOSPC);
  EXPECT_EQ(status.error().hint, "free some space, or lower spool-reserve");
  EXPECT_FALSE(spool_.check_room(0, ByteCount{1} << 62));
  EXPECT_FALSE(spool_.check_room(~ByteCount{0}, 1)) << "a sum that overflows is no room";
}

}  // namespace
}  // namespace graph_milter::queue
