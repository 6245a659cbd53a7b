// SPDX-License-Identifier: Apache-2.0
#include "core/service/loop_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/temp_folder.h"

namespace graph_milter::service {
namespace {

using test::TempFolder;

TEST(LoopKey, IsMadeOnceAndKept) {
  const TempFolder spool;
  const auto first = find_loop_key("", spool.path());
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->reveal().size(), 64U);
  EXPECT_EQ(first->reveal().find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(*find_loop_key("", spool.path()), *first);
  EXPECT_EQ(test::read_file(spool.file("loop-key")), first->reveal() + "\n");
  struct stat info {};
  ASSERT_EQ(stat(spool.file("loop-key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(spool.file("loop-key.new")));
}

TEST(LoopKey, IsAnotherOneInAnotherSpool) {
  const TempFolder here;
  const TempFolder there;
  EXPECT_FALSE(*find_loop_key("", here.path()) == *find_loop_key("", there.path()));
}

TEST(LoopKey, IsMadeAlthoughACrashLeftHalfOfOne) {
  const TempFolder spool;
  spool.write("loop-key.new", "abc");
  ASSERT_EQ(chmod(spool.file("loop-key.new").c_str(), 0644), 0);
  const auto key = find_loop_key("", spool.path());
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(key->reveal().size(), 64U);
  EXPECT_EQ(*find_loop_key("", spool.path()), *key) << "its mode is right too";
}

TEST(LoopKey, IsTheConfiguredOneIfThereIsOne) {
  const TempFolder spool;
  const std::string file = spool.write("shared", "0123456789abcdef\r\n");
  EXPECT_EQ(find_loop_key(file, spool.path())->reveal(), "0123456789abcdef");
  EXPECT_FALSE(std::filesystem::exists(spool.file("loop-key")));
}

TEST(LoopKey, ThatIsTooShortIsNone) {
  const TempFolder spool;
  const std::string file = spool.write("shared", "0123456789abcde\n");
  const auto refused = find_loop_key(file, spool.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(refused.error().text(), "loop-key-file " + file +
                                        ": holds a key of 15 bytes, and at least 16 are needed (make one: openssl rand "
                                        "-hex 32)");
  const std::string kept = spool.write("loop-key", "short\n");
  const auto damaged = find_loop_key("", spool.path());
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().text(), kept +
                                        ": holds a key of 5 bytes, and at least 16 are needed (remove it: the next "
                                        "start makes another one)");
  EXPECT_EQ(test::read_file(kept), "short\n") << "nothing is replaced unasked";
}

TEST(LoopKey, ThatOthersCanReadIsRefused) {
  const TempFolder spool;
  const std::string file = spool.write("shared", "0123456789abcdef\n");
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  const auto refused = find_loop_key(file, spool.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().text(),
      "loop-key-file " + file + ": holds a secret and has mode 0640, so others can read it (chmod 0600 " + file + ")");
}

TEST(LoopKey, ThatIsNamedMustBeThere) {
  const TempFolder spool;
  const auto refused = find_loop_key(spool.file("nothing"), spool.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(refused.error().status, ENOENT);
  EXPECT_FALSE(std::filesystem::exists(spool.file("loop-key")));
}

TEST(LoopKey, IsNotReadThroughALink) {
  const TempFolder spool;
  const std::string file = spool.write("elsewhere", "0123456789abcdef\n");
  ASSERT_EQ(symlink(file.c_str(), spool.file("loop-key").c_str()), 0);
  const auto refused = find_loop_key("", spool.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, ELOOP);
}

TEST(LoopKey, NeedsASpoolThatCanBeWritten) {
  const auto refused = find_loop_key("", "/nonexistent");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, ENOENT);
}

}  // namespace
}  // namespace graph_milter::service
