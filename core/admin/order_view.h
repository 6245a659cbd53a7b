// SPDX-License-Identifier: Apache-2.0
// What became of one order of the administrator, for programs. Pure.
#pragma once

#include <string>

#include "core/queue/queue.h"

namespace graph_milter::admin {

struct OrderOutcome {
  std::string id;
  queue::Command command = queue::Command::Retry;
  bool done = false;
  std::string words;  // of the queue: what it did, or why not
};

// One line of JSON.
std::string print_outcome(const OrderOutcome& outcome);

}  // namespace graph_milter::admin
