// SPDX-License-Identifier: Apache-2.0
// What the queue does when there is no room, and what it keeps free so that it can finish.
#include "core/queue/room.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "core/queue/ballast.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

namespace fs = std::filesystem;

constexpr ByteCount kMegabyte = 1024 * 1024;

// --- what the queue may have

TEST(Room, CountsWhatWaitsAndWhatIsPromised) {
  const graph_milter::test::TempFolder folder;
  const Spool spool(folder.path());
  Room room(spool, 0, 1000, 600);
  EXPECT_TRUE(room.check(400));
  EXPECT_FALSE(room.check(401));
  {
    const Room::Promise promise(room, "id", 300, 0);
    EXPECT_TRUE(promise.is_mine());
    EXPECT_FALSE(Room::Promise(room, "id", 1, 0).is_mine()) << "one id, one commit";
    EXPECT_TRUE(room.check(100));
    const Status full = room.check(101);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, ErrorKind::System);
    EXPECT_EQ(full.error().status, ENOSPC);
    EXPECT_EQ(full.error().text(), folder.path() +
                                       ": no room for 101 B: the queue holds 900 B of 1.0 kB (see why mail waits "
                                       "(graph-milterctl queue list), or raise max-queue-size)");
  }
  room.add(300);
  EXPECT_FALSE(room.check(101));
  room.remove(900);
  EXPECT_TRUE(room.check(1000));
  room.remove(5);
  EXPECT_TRUE(room.check(1000)) << "never less than nothing";
  EXPECT_FALSE(room.check(~ByteCount{0}));
}

TEST(Room, CountsWhatThePromisedStillNeedOnTheDisk) {
  const graph_milter::test::TempFolder folder;
  const Spool spool(folder.path());
  Room room(spool, 0, 0, 0);
  EXPECT_TRUE(room.check(1));
  const Room::Promise promise(room, "id", 1, ByteCount{1} << 60);
  EXPECT_FALSE(room.check(1));
}

TEST(QueueRoom, HasALimit) {
  const graph_milter::test::TempFolder folder;
  Spooler spool(folder.file("spool"));
  spool.settings.max_bytes = 10;
  spool.open();
  const std::string id = spool.put("123456");
  EXPECT_TRUE(spool.queue->check_room(4));
  EXPECT_FALSE(spool.queue->check_room(5));
  const Status status = spool.try_put(spool.new_id(), "12345");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().status, ENOSPC);
  EXPECT_FALSE(spool.queue->failed());
  spool.reopen();
  EXPECT_FALSE(spool.queue->check_room(5)) << "counted anew at a start";
  ASSERT_TRUE(spool.queue->hold(spool.lease(), Error{}));
  EXPECT_FALSE(spool.queue->check_room(5)) << "what is held counts";
  ASSERT_TRUE(spool.queue->administer(id, Command::Delete));
  EXPECT_TRUE(spool.queue->check_room(10));
  spool.send({});
  EXPECT_TRUE(spool.queue->check_room(10));
}

// --- the ballast

class BallastTest : public ::testing::Test {
 protected:
  BallastTest() : spool_(folder_.path()) {}
  ByteCount size() const {
    struct stat info {};
    if (::lstat(path().c_str(), &info) != 0) return 0;
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    EXPECT_GE(static_cast<ByteCount>(info.st_blocks) * 512, static_cast<ByteCount>(info.st_size)) << "no hole";
    return static_cast<ByteCount>(info.st_size);
  }
  std::string path() const { return folder_.file("ballast"); }

  graph_milter::test::TempFolder folder_;
  const Spool spool_;
};

TEST_F(BallastTest, TakesUpRoomAndGivesItUpOnce) {
  Ballast ballast(spool_, kMegabyte);
  EXPECT_FALSE(ballast.give_up()) << "there is none";
  ballast.restore(0);
  EXPECT_EQ(size(), kMegabyte);
  ballast.restore(0);
  EXPECT_TRUE(ballast.give_up());
  EXPECT_FALSE(fs::exists(path()));
  EXPECT_FALSE(ballast.give_up());
}

TEST_F(BallastTest, IsNotMadeWhereTwiceItsSizeIsNotFree) {
  Ballast ballast(spool_, kMegabyte);
  ballast.restore(ByteCount{1} << 60);
  EXPECT_EQ(size(), 0U);
}

TEST_F(BallastTest, BecomesWhatIsConfigured) {
  std::ofstream(path()) << "half of it, when the power failed";
  Ballast(spool_, kMegabyte).restore(0);
  EXPECT_EQ(size(), kMegabyte);
  Ballast(spool_, 2 * kMegabyte).restore(0);
  EXPECT_EQ(size(), 2 * kMegabyte);
  Ballast(spool_, 0).restore(0);
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(BallastTest, IsNeverWrittenThroughALink) {
  std::ofstream(folder_.file("precious")) << "data";
  fs::create_symlink(folder_.file("precious"), path());
  Ballast(spool_, kMegabyte).restore(0);
  EXPECT_EQ(size(), kMegabyte);
  EXPECT_EQ(graph_milter::test::read_file(folder_.file("precious")), "data");
}

// --- a disk that is full

// A small file system of its own, filled to the brim by somebody else.
class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount a small file system";
    fs::create_directory(folder_.file("disk"));
    if (!mount_disk("size=3m,mode=0700")) GTEST_SKIP() << "cannot mount a tmpfs here: errno " << errno;
  }
  void TearDown() override {
    if (mounted_) ::umount2(folder_.file("disk").c_str(), MNT_DETACH);
  }

  bool mount_disk(const char* options, unsigned long flags = 0) {
    if (::mount("tmpfs", folder_.file("disk").c_str(), "tmpfs", flags, options) != 0) return false;
    mounted_ = true;
    return true;
  }

  // Leaves at most `bytes` free.
  void fill(ByteCount bytes) const {
    const fs::space_info space = fs::space(folder_.file("disk"));
    if (space.available <= bytes) return;
    std::ofstream(filler(), std::ios::binary | std::ios::app) << std::string(space.available - bytes, 'f');
  }
  std::string filler() const { return folder_.file("disk/filler"); }

  graph_milter::test::TempFolder folder_;
  bool mounted_ = false;
};

TEST_F(FullDisk, RefusesNewMailBelowTheReserveAndKeepsTheOld) {
  Spooler spool(folder_.file("disk/spool"), kMegabyte);
  spool.open();
  const std::string id = spool.put("old mail");
  EXPECT_TRUE(spool.queue->check_room(1000));
  fill(kMegabyte + 100 * 1024);
  const Status room = spool.queue->check_room(1000 * 1024);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().status, ENOSPC);
  const Status status = spool.try_put(spool.new_id(), "new mail");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().status, ENOSPC);
  EXPECT_FALSE(spool.queue->failed());
  EXPECT_EQ(files_in(spool.settings.directory), std::vector<std::string>{id + ".msg"});
  // The reserve is there so that what was taken can be finished.
  EXPECT_TRUE(spool.queue->finish(spool.advance(spool.lease(), EntryState::Sent)));
  fs::remove(filler());
  EXPECT_FALSE(spool.put("new mail").empty());
}

TEST_F(FullDisk, SaysSoWhenTheJournalFindsNoRoomAndGoesOnLater) {
  Spooler spool(folder_.file("disk/spool"));
  spool.open();
  const std::string id = spool.put("old mail");
  Entry entry = spool.lease();
  fill(0);
  entry.state = EntryState::DraftIntent;
  const Status status = spool.queue->record(entry);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::System);
  EXPECT_EQ(status.error().status, ENOSPC);
  ASSERT_FALSE(spool.queue->failed());
  EXPECT_EQ(spool.find(id).state, EntryState::Accepted);
  const auto refused = spool.queue->administer(id, Command::Hold);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, ENOSPC);
  fs::remove(filler());
  EXPECT_TRUE(spool.queue->record(entry)) << "the lease is still ours";
  spool.reopen();
  EXPECT_EQ(spool.find(id).state, EntryState::DraftIntent);
}

TEST_F(FullDisk, FinishesWhatWasTakenWithItsBallast) {
  Spooler spool(folder_.file("disk/spool"));
  spool.settings.ballast_bytes = 512 * 1024;
  spool.open();
  const std::string ballast = spool.settings.directory + "/ballast";
  ASSERT_TRUE(fs::exists(ballast));
  const std::string id = spool.put("old mail");
  fill(0);
  EXPECT_TRUE(spool.queue->finish(spool.advance(spool.lease(), EntryState::Sent)));
  EXPECT_EQ(spool.find(id).state, EntryState::Done);
  EXPECT_FALSE(fs::exists(ballast));
  EXPECT_FALSE(spool.queue->failed());
  ASSERT_TRUE(spool.queue->tidy(spool.clock->now()));
  EXPECT_FALSE(fs::exists(ballast)) << "not as long as it is tight";
  fs::remove(filler());
  ASSERT_TRUE(spool.queue->tidy(spool.clock->now()));
  EXPECT_TRUE(fs::exists(ballast));
}

TEST_F(FullDisk, StartsWithItsBallast) {
  Spooler spool(folder_.file("disk/spool"));
  spool.settings.ballast_bytes = 512 * 1024;
  spool.open();
  const std::string id = spool.put("old mail");
  spool.close();
  fill(0);
  spool.open();
  EXPECT_TRUE(spool.queue->finish(spool.advance(spool.lease(), EntryState::Sent)));
  EXPECT_EQ(spool.find(id).state, EntryState::Done);
  EXPECT_FALSE(fs::exists(spool.settings.directory + "/ballast"));
}

TEST_F(FullDisk, SaysWhyItDoesNotStart) {
  Spooler spool(folder_.file("disk/spool"));
  spool.open();
  const std::string id = spool.put("old mail");
  spool.close();
  fill(0);
  auto opened = Queue::open(spool.settings, spool.clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(opened.error().hint,
            "free some space where the spool is, then start graph-milter again; queued mail is kept");
  fs::remove(filler());
  spool.open();
  EXPECT_EQ(spool.lease().id, id);
}

TEST_F(FullDisk, SaysWhyItDoesNotStartForTheFirstTime) {
  fill(0);
  const Spooler spool(folder_.file("disk/spool"));
  const auto opened = Queue::open(spool.settings, spool.clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Configuration) << opened.error().text();
}

TEST_F(FullDisk, RefusesNewMailWhenInodesRunOut) {
  ::umount2(folder_.file("disk").c_str(), MNT_DETACH);
  ASSERT_TRUE(mount_disk("size=30m,nr_inodes=200,mode=0700"));
  Spooler spool(folder_.file("disk/spool"));
  spool.open();
  EXPECT_TRUE(spool.queue->check_room(1));
  for (int i = 0; i < 185; ++i) std::ofstream(folder_.file("disk/" + std::to_string(i)));
  const Status room = spool.queue->check_room(1);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().status, ENOSPC);
  EXPECT_NE(room.error().what.find("of 200 inodes are free"), std::string::npos) << room.error().what;
}

TEST_F(FullDisk, SaysThatItCannotWriteToAReadOnlyDisk) {
  Spooler spool(folder_.file("disk/spool"));
  spool.open();
  const std::string id = spool.put("old mail");
  spool.close();
  const std::string disk = folder_.file("disk");
  ASSERT_EQ(::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, "size=3m"), 0);
  const auto opened = Queue::open(spool.settings, spool.clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(opened.error().text(), spool.settings.directory +
                                       ": cannot be written: Read-only file system (make it writable for the user that "
                                       "runs graph-milter)");
  EXPECT_EQ(list_offline(spool.settings.directory)->size(), 1U) << "looking is still possible";
  ASSERT_EQ(::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT, "size=3m"), 0);
  spool.open();
  EXPECT_EQ(spool.lease().id, id);
}

}  // namespace
}  // namespace graph_milter::queue::test
