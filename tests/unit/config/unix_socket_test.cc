// SPDX-License-Identifier: Apache-2.0
#include "core/config/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "core/base/file.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::config {
namespace {

FileDescriptor listen_at(const std::string& path) {
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const void* generic = &address;
  EXPECT_EQ(::bind(fd.get(), static_cast<const sockaddr*>(generic), sizeof address), 0);
  EXPECT_EQ(::listen(fd.get(), 1), 0);
  return fd;
}

class StaleSocket : public ::testing::Test {
 protected:
  std::string remove(std::array<uid_t, 1> ours) {
    const Status removed = remove_stale_socket(path_, ours, "control-socket");
    return removed ? "removed" : removed.error().text();
  }
  bool is_there() const { return ::access(path_.c_str(), F_OK) == 0; }

  const test::TempFolder folder_;
  const std::string path_ = folder_.file("s");
};

TEST_F(StaleSocket, IsRemovedIfItIsOurs) {
  EXPECT_EQ(remove({::geteuid()}), "removed") << "nothing there";
  listen_at(path_).close();
  ASSERT_TRUE(is_there());
  EXPECT_EQ(remove({::geteuid()}), "removed");
  EXPECT_FALSE(is_there());
}

TEST_F(StaleSocket, StaysIfItIsAnotherUsers) {
  listen_at(path_).close();
  EXPECT_EQ(remove({::geteuid() + 1}), "control-socket: " + path_ + " is left over from another user (uid " +
                                           std::to_string(::geteuid()) + ") (remove it)");
  EXPECT_TRUE(is_there());
}

TEST_F(StaleSocket, StaysIfSomebodyListens) {
  const FileDescriptor other = listen_at(path_);
  EXPECT_EQ(remove({::geteuid()}),
            "control-socket: " + path_ + " is in use by another process (stop it, or choose another path)");
  EXPECT_TRUE(is_there());
}

TEST_F(StaleSocket, StaysIfItIsNoSocket) {
  folder_.write("s", "precious");
  EXPECT_EQ(remove({::geteuid()}), "control-socket: " + path_ + " exists and is not a socket (choose another path)");
  EXPECT_EQ(test::read_file(path_), "precious");
}

}  // namespace
}  // namespace graph_milter::config
