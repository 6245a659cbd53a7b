// SPDX-License-Identifier: Apache-2.0
// The life of the daemon process: from a checked configuration to its exit status.
#pragma once

#include <string>
#include <vector>

#include "core/config/configuration.h"

namespace graph_milter::milter {

struct DaemonInput {
  config::Configuration configuration;
  std::string conf_path;                    // absolute; read again at SIGUSR1 and graph-milterctl reload
  std::vector<config::Override> overrides;  // of the command line, for reading again
  bool foreground = false;
};

// Runs until SIGTERM, SIGHUP or a failure of the queue, and leaves the process with a sysexits status: libmilter's
// threads may still run, so nothing is destroyed.
[[noreturn]] void run_daemon(DaemonInput input);

}  // namespace graph_milter::milter
