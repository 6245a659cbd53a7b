// SPDX-License-Identifier: Apache-2.0
// Questions to a running daemon, for graph-milterctl.
#pragma once

#include <string>

#include "core/base/result.h"

namespace graph_milter::admin {

// The text of the answer. `question` is a path with query ("/queue?form=words"). Transient if no daemon listens there,
// System for a socket we may not open, NotFound with the daemon's words for 404, Permanent for other refusals.
Result<std::string> ask_daemon(const std::string& socket_path, const std::string& question);

}  // namespace graph_milter::admin
