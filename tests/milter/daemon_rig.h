// SPDX-License-Identifier: Apache-2.0
// The real daemon as a child process, with a conf file and a spool in a folder of its own and a Graph that does not
// answer: what it takes stays in the queue, where a test can look at it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/queue/queue.h"
#include "tests/milter/milter_driver.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::test {

// Polls until it is true; false after a minute, which only a hang needs.
bool eventually(const std::function<bool()>& condition);

struct RigOptions {
  std::vector<std::string> conf_lines;  // before the rules; a later line of the same option beats an earlier one
  std::string rules =
      "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 100K\naction = relay\n";
  std::string socket;                    // empty: a UNIX socket in the folder
  std::string spool;                     // empty: in the folder
  std::vector<std::string> environment;  // "NAME=VALUE", more of it
  std::optional<std::string> runs_as;    // who the child is before it starts; else whoever runs the test
};

struct Ran {
  int status = 0;
  std::string words;  // of both streams
};

class DaemonRig {
 public:
  explicit DaemonRig(RigOptions options = {});
  ~DaemonRig();  // kills it
  DaemonRig(const DaemonRig&) = delete;
  DaemonRig& operator=(const DaemonRig&) = delete;

  // Starts it in the foreground and waits until the socket answers. Throws with its words if it ends.
  void start();
  // Starts it and waits until it has ended.
  int run_to_end(const std::vector<std::string>& more_arguments = {});
  // One of our programs, with the daemon's conf file: run("graph-milterctl", "reload").
  Ran run(const std::string& program, const std::string& words) const;
  // SIGTERM, then waits; the exit status, or 128 + the signal that ended it.
  int stop();
  int wait_for_end();
  void signal(int number) const;
  void forget_environment() { options_.environment.clear(); }  // for the next start
  // Stops every thread where it is, until SIGCONT; returns when all of them stand still.
  void freeze() const;
  bool is_running();

  MilterDriver connect() const;
  MilterDriver greeted(std::string_view client = "10.1.20.5") const;

  std::string words() const;  // all it wrote to stderr: its log
  std::vector<queue::EntrySummary> entries() const;
  queue::Entry entry(const std::string& id) const;
  std::string message_file(const std::string& id) const;  // its bytes
  std::size_t spool_files() const;                        // message files under any name
  // The connections of MTAs (to a UNIX socket) and the files of arriving messages that the daemon holds open.
  std::size_t connections() const;
  std::size_t arriving_files() const;
  bool is_idle() const { return connections() == 0 && arriving_files() == 0; }
  std::vector<std::string> threads() const;  // their /proc/PID/task/TID/status

  const TempFolder& folder() const { return folder_; }
  const std::string& socket_path() const { return socket_path_; }
  const std::string& spool() const { return spool_; }
  std::string conf_file() const { return folder_.file("graph-milter.conf"); }
  pid_t pid() const { return pid_; }

 private:
  std::vector<std::string> open_descriptors() const;  // what they lead to
  void launch(const std::vector<std::string>& more_arguments);

  TempFolder folder_;
  RigOptions options_;
  std::string socket_path_;
  std::string spool_;
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

}  // namespace graph_milter::test
