// SPDX-License-Identifier: Apache-2.0
// A client of a UNIX socket that sends what it is told, and reads or does not read.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "core/base/file.h"

namespace graph_milter::admin {

class RawClient {
 public:
  explicit RawClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  // All until the other side closes.
  std::string read_to_end() {
    std::string out;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(socket_.get(), buffer, sizeof buffer)) > 0;) {
      out.append(buffer, static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  FileDescriptor socket_;
  bool connected_ = false;
};

}  // namespace graph_milter::admin
