// SPDX-License-Identifier: Apache-2.0
// What graph-milterctl wants to know of the queue, asked of the daemon, or read from the journal if no daemon answers;
// and what it wants done to it, which only a running daemon does.
#pragma once

#include <string>
#include <vector>

#include "core/admin/queue_view.h"
#include "core/base/result.h"
#include "core/queue/queue.h"

namespace graph_milter::admin {

struct QueuePlaces {
  std::string control_socket;  // empty: there is none
  std::string spool_directory;
};

struct QueueAnswer {
  std::string text;
  std::string note;             // for stderr: why the journal was read; empty: the daemon answered
  bool needs_a_person = false;  // of ask_status
};

// NotFound if there is no such entry.
Result<QueueAnswer> ask_list(const QueuePlaces& places, Form form);
Result<QueueAnswer> ask_entry(const QueuePlaces& places, const std::string& id, Form form);

// Empty text: nothing is known of it.
Result<QueueAnswer> ask_trace(const QueuePlaces& places, const std::string& what, Form form);

// Only a running daemon can: Transient without one.
Result<QueueAnswer> ask_status(const QueuePlaces& places, Form form);
Result<std::vector<std::string>> ask_ids(const QueuePlaces& places, Which which);

// The daemon's words for what it has done. Transient: nothing was done, there is no daemon. NotFound, Usage: it
// refused, and says why. Unclear: it may be done.
Result<std::string> order(const QueuePlaces& places, const std::string& id, queue::Command command);

// Usage unless `id` could be the id of a message.
Status check_id(const std::string& id);

}  // namespace graph_milter::admin
