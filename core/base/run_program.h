// SPDX-License-Identifier: Apache-2.0
// Asks another program on this machine (postconf, for instance) and reads what it prints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace graph_milter {

struct ProgramAnswer {
  int status = 0;  // as it exited; 128 + N: ended by signal N
  std::string out;
  std::string err;
};

// Where a program is: in $PATH, /usr/sbin, /sbin, /usr/local/sbin, in this order; nullopt: nowhere.
std::optional<std::string> find_program(std::string_view name);

// Runs arguments[0] (an absolute path) without a shell, with /dev/null as standard input and an environment of nothing
// but PATH and LC_ALL=C, and waits for its end. It is killed if it takes longer than `patience` or says more than
// 4 MiB; both are errors (System), as is a program that can't be started. REQUIRES: arguments is not empty.
Result<ProgramAnswer> run_program(const std::vector<std::string>& arguments,
                                  Duration patience = std::chrono::seconds(10));

}  // namespace graph_milter
