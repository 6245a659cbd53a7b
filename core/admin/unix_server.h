// SPDX-License-Identifier: Apache-2.0
// An HTTP server on a UNIX socket that knows who asks and lets nobody keep it waiting. Only control_server.cc and tests
// include it.
#pragma once

#include <httplib.h>
#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "core/base/clock.h"

namespace graph_milter::admin {

// The process at the other end, as the kernel says it.
struct Asker {
  std::string user;  // empty: no such name
  uid_t uid = static_cast<uid_t>(-1);
};

// One request a connection. A client has `patience` to send its request and as long again to take the answer; then it
// is cut off. Headers are bounded.
class UnixServer : public httplib::Server {
 public:
  explicit UnixServer(Duration patience);

  // httplib listens with room for 5 who have not been accepted yet; a UNIX socket refuses the sixth.
  void widen_backlog();

  // Who sent this request. Only from within a handler.
  static Asker asker_of(const httplib::Request& request);

  // After stop(): requests that have not come in are cut off at once, answers under way after `grace`.
  void end_connections(Duration grace);

 private:
  bool process_and_close_socket(socket_t socket) override;
  bool enter(int socket);
  void leave(int socket);
  void shut_all(int how);

  const Duration patience_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::set<int> open_;
  bool ending_ = false;
};

}  // namespace graph_milter::admin
