// SPDX-License-Identifier: Apache-2.0
#include "core/service/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/temp_folder.h"

namespace graph_milter::service {
namespace {

using test::TempFolder;

TEST(Instance, IsMadeOnceAndKept) {
  const TempFolder spool;
  const auto first = find_instance("", spool.path());
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_TRUE(is_instance_name(*first));
  EXPECT_EQ(*find_instance("", spool.path()), *first);
  EXPECT_EQ(test::read_file(spool.file("instance")), *first + "\n");
  EXPECT_FALSE(std::filesystem::exists(spool.file("instance.new")));
}

TEST(Instance, IsAnotherOneInAnotherSpool) {
  const TempFolder here;
  const TempFolder there;
  EXPECT_NE(*find_instance("", here.path()), *find_instance("", there.path()));
}

TEST(Instance, IsTheConfiguredOneIfThereIsOne) {
  const TempFolder spool;
  EXPECT_EQ(*find_instance("mx1.contoso", spool.path()), "mx1.contoso");
  EXPECT_FALSE(std::filesystem::exists(spool.file("instance")));
}

TEST(Instance, IsAPlainName) {
  const TempFolder spool;
  const auto refused = find_instance("a/b", spool.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "instance: \"a/b\" is not a name (use 1 to 64 letters, digits, '-', '_' or '.')");
  EXPECT_FALSE(is_instance_name(""));
  EXPECT_FALSE(is_instance_name(std::string(65, 'a')));
  EXPECT_TRUE(is_instance_name(std::string(64, 'a')));
  EXPECT_FALSE(is_instance_name("a b"));
}

TEST(Instance, IsNeverReplacedWhenItsFileIsDamaged) {
  const TempFolder spool;
  spool.write("instance", "not a name!\n");
  const auto refused = find_instance("", spool.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(test::read_file(spool.file("instance")), "not a name!\n");
}

TEST(Instance, NeedsASpoolThatCanBeWritten) {
  const auto refused = find_instance("", "/nonexistent");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, ENOENT);
}

}  // namespace
}  // namespace graph_milter::service
