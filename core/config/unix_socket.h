// SPDX-License-Identifier: Apache-2.0
// UNIX sockets that a process before us may have left behind.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "core/base/result.h"

namespace graph_milter::config {

// Connects and leaves without a word; never waits. errno of connect(2), 0 if it went through, EAGAIN if whoever listens
// has no room for more connections.
Result<int> try_connect(const std::string& path, const std::string& option);

// Makes room for a socket at `path`: removes one that nobody listens on and that belongs to one of `ours`. Refuses
// (Configuration) what is no socket, is in use, or is another user's; `option` stands in front of the words. A path
// that is free is a success. Between the look and the removal another process may begin to listen: lock the directory.
Status remove_stale_socket(const std::string& path, std::span<const uid_t> ours, const std::string& option);

}  // namespace graph_milter::config
