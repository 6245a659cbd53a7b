// SPDX-License-Identifier: Apache-2.0
// Answers the questions of graph-milterctl and takes its orders: HTTP over a UNIX socket.
//
//   GET /status, /queue, /queue/ID, /trace?what=WHAT   JSON; with ?form=words, text for people. 404 for an id that is
//                                                      not in the queue. X-Needs-A-Person: yes with /status if so.
//   GET /queue?form=ids&which=held|waiting             ids, one a line
//   POST /queue/ID/COMMAND                             {"id", "command", "done", "words"}; 404 as above, 409 if it is
//                                                      refused
//   POST /reload                                       what was taken; X-Needs-A-Person: yes if nothing was
//
// Each order is in the log twice: event `admin` with result=begun before it is done, with result=done or refused after
// it. The user is the one at the other end of the socket, as the kernel says it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/queue_view.h"
#include "core/admin/reload_view.h"
#include "core/admin/status_view.h"
#include "core/base/result.h"
#include "core/queue/queue.h"

namespace graph_milter::admin {

// Who answers; called from the server's threads.
struct ControlAnswers {
  std::function<DaemonFacts()> daemon;
  std::function<Result<std::vector<queue::EntrySummary>>()> list;
  std::function<Result<std::optional<queue::Entry>>(const std::string& id)> find;
  std::function<Result<queue::Totals>()> totals;
  std::function<std::vector<queue::ServiceReport>()> troubles;
  std::function<std::optional<CredentialFacts>()> credential;  // may be unset
  std::function<Result<std::vector<queue::TraceRecord>>(const std::string& what)> trace;
  std::function<Result<std::string>(const std::string& id, queue::Command command)> administer;
  std::function<ReloadReport()> reload;
};

struct ControlSettings {
  std::string path;                             // of the socket; at most 107 bytes
  std::string group;                            // empty: the process's
  Duration patience = std::chrono::seconds(5);  // with a client that sends or reads slowly
};

class ControlServer {
 public:
  // Listens when it returns, with mode 0660. A stale socket is removed only if it is ours; one in use is Configuration.
  // Changes the umask for a moment: call it before threads that create files.
  static Result<std::unique_ptr<ControlServer>> start(const ControlSettings& settings, ControlAnswers answers);

  // Waits for orders under way, and a moment for their answers to be read; then removes the socket.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct Listener;
  explicit ControlServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace graph_milter::admin
