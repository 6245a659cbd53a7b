// SPDX-License-Identifier: Apache-2.0
#include "core/admin/socket_reach.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace graph_milter::admin {
namespace {

class SocketReach : public ::testing::Test {
 protected:
  void SetUp() override {
    ::chmod(folder_.path().c_str(), 0755);
    folder_.write("sock", "");
    ::chmod(socket_.c_str(), 0666);
  }
  std::string why(const std::string& user = "nobody") const {
    const auto error = why_closed(socket_, user);
    return error ? error->text() : std::string();
  }

  const test::TempFolder folder_;
  const std::string socket_ = folder_.file("sock");
};

TEST_F(SocketReach, IsKnownFromThePermissions) {
  EXPECT_EQ(why(), "");
  ::chmod(folder_.path().c_str(), 0700);
  EXPECT_EQ(why().substr(0, 30 + folder_.path().size()),
            (folder_.path() + ": nobody may not enter " + folder_.path()).substr(0, 30 + folder_.path().size()));
  EXPECT_NE(why().find("(chmod g+x " + folder_.path() + ")"), std::string::npos) << why();
  ::chmod(folder_.path().c_str(), 0750);
  EXPECT_NE(why().find("(adduser nobody "), std::string::npos) << why();
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(socket_.c_str(), 0644);
  EXPECT_NE(why().find(": nobody may not write to " + socket_ + " (mode 0644, group "), std::string::npos) << why();
}

TEST_F(SocketReach, RootComesEverywhere) {
  ::chmod(folder_.path().c_str(), 0700);
  EXPECT_EQ(why("root"), "");
}

TEST_F(SocketReach, WhatIsNotThereIsNotJudged) {
  EXPECT_EQ(why("no-such-user"), "");
  EXPECT_FALSE(why_closed(folder_.file("none"), "nobody"));
}

TEST_F(SocketReach, SendmailWantsFoldersThatOnlyTheirOwnersWrite) {
  EXPECT_FALSE(why_unsafe("/usr/bin/sock"));
  EXPECT_FALSE(why_unsafe("/no/such/folder/sock"));
  ASSERT_TRUE(why_unsafe("/tmp/sock"));
  EXPECT_EQ(
      why_unsafe("/tmp/sock")->text(),
      "/tmp/sock: Sendmail takes no socket below /tmp, which everybody may write (mode 1777) (chmod go-w /tmp, or "
      "another folder for the socket)");
}

}  // namespace
}  // namespace graph_milter::admin
