// SPDX-License-Identifier: Apache-2.0
// Answers the questions of graph-milterctl: HTTP over a UNIX socket. It only tells; it changes nothing.
//
//   GET /status, /queue, /queue/ID     JSON; with ?form=words, text for people. 404 for an id that is not in the queue.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/queue_view.h"
#include "core/base/result.h"

namespace graph_milter::admin {

// Who answers; called from the server's threads.
struct ControlAnswers {
  std::function<DaemonFacts()> daemon;
  std::function<Result<std::vector<queue::EntrySummary>>()> list;
  std::function<Result<std::optional<queue::Entry>>(const std::string& id)> find;
};

struct ControlSettings {
  std::string path;   // of the socket; at most 107 bytes
  std::string group;  // empty: the process's
};

class ControlServer {
 public:
  // Listens when it returns, with mode 0660. A stale socket is removed only if it is ours; one in use is Configuration.
  // Changes the umask for a moment: call it before threads that create files.
  static Result<std::unique_ptr<ControlServer>> start(const ControlSettings& settings, ControlAnswers answers);

  // Waits for answers under way, then removes the socket.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct Listener;
  explicit ControlServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace graph_milter::admin
