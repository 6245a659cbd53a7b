// SPDX-License-Identifier: Apache-2.0
// Questions and orders to a running daemon, for graph-milterctl.
#pragma once

#include <string>

#include "core/base/result.h"

namespace graph_milter::admin {

struct DaemonAnswer {
  std::string text;
  bool needs_a_person = false;  // said with the status
};

// `question` is a path with query ("/queue?form=words"). Transient if no daemon listens there or it does not answer,
// System for a socket we may not open, NotFound with the daemon's words for 404, Permanent for other refusals.
Result<DaemonAnswer> ask_daemon(const std::string& socket_path, const std::string& question);

// As above; Usage with the daemon's words for what it refuses to do now, Unauthorized if this user may not order,
// Unclear if it broke off: it may be done.
Result<DaemonAnswer> order_daemon(const std::string& socket_path, const std::string& order);

}  // namespace graph_milter::admin
