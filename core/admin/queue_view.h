// SPDX-License-Identifier: Apache-2.0
// The queue for people and for programs: words and JSON of `queue list`, `queue show` and `status`. Pure. Nothing here
// prints an upload URL, message text or a secret.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/queue/entry.h"

namespace graph_milter::admin {

enum class Form { Words, Json };

// One line an entry, a second one with the last error, a sum at the end.
std::string print_list(const std::vector<queue::EntrySummary>& entries, Form form);

// All that is known of one entry: envelope, plan, progress.
std::string print_entry(const queue::Entry& entry, Form form);

// The daemon in a few numbers.
struct DaemonFacts {
  std::string instance;
  TimePoint started{};
  TimePoint now{};
};
std::string print_status(const DaemonFacts& daemon, const std::vector<queue::EntrySummary>& entries, Form form);

}  // namespace graph_milter::admin
