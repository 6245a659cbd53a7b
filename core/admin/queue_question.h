// SPDX-License-Identifier: Apache-2.0
// What graph-milterctl wants to know of the queue: asked of the daemon, or read from the journal if no daemon answers.
#pragma once

#include <string>

#include "core/admin/queue_view.h"
#include "core/base/result.h"

namespace graph_milter::admin {

struct QueuePlaces {
  std::string control_socket;  // empty: there is none
  std::string spool_directory;
};

struct QueueAnswer {
  std::string text;
  std::string note;  // for stderr: why the journal was read; empty: the daemon answered
};

// NotFound if there is no such entry.
Result<QueueAnswer> ask_list(const QueuePlaces& places, Form form);
Result<QueueAnswer> ask_entry(const QueuePlaces& places, const std::string& id, Form form);

// Only a running daemon can say.
Result<QueueAnswer> ask_status(const QueuePlaces& places, Form form);

}  // namespace graph_milter::admin
