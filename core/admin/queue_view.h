// SPDX-License-Identifier: Apache-2.0
// The queue for people and for programs: words and JSON of `queue list` and `queue show`. Pure, but for the time zone
// of the process. Nothing here prints an upload URL, message text or a secret.
#pragma once

#include <string>
#include <vector>

#include "core/admin/words.h"
#include "core/base/clock.h"
#include "core/queue/entry.h"

namespace graph_milter::admin {

// Two lines an entry: what it is; where it stands and what it waits for. A third one with the last error, and a sum at
// the end. As JSON one array.
std::string print_list(const std::vector<queue::EntrySummary>& entries, TimePoint now, Form form);

// Ids, one a line, for what the administrator does to all: of what is held, or of what waits.
enum class Which { Held, Waiting };
std::string print_ids(const std::vector<queue::EntrySummary>& entries, Which which);

// All that is known of one entry: envelope, plan, progress. Also of a tombstone, of which less is known.
std::string print_entry(const queue::Entry& entry, TimePoint now, Form form);

}  // namespace graph_milter::admin
