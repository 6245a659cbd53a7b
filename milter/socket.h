// SPDX-License-Identifier: Apache-2.0
// The socket on which the MTA finds us: checked before libmilter opens it (its own errors only go to syslog, without
// the reason), guarded against a second daemon, and with the owner and mode that let the MTA in.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/config/socket_address.h"

namespace graph_milter::milter {

struct SocketPlan {
  config::SocketAddress address;
  std::optional<uid_t> owner;  // of a UNIX socket; nullopt: as created
  std::optional<gid_t> group;
  unsigned mode = 0660;
  uid_t daemon_uid = 0;  // who we are going to be: a stale socket of this user, of `owner` or of ours is ours to remove
};

// Calls `open` (which binds and listens, and says whether it worked) with the address in libmilter's form. Before it, a
// stale UNIX socket is removed: one that nobody listens on and that is ours. The directory is locked meanwhile, so that
// of two daemons that start at once one sees the other. REQUIRES: one thread (changes the umask for a moment).
Status open_socket(const SocketPlan& plan, const std::function<bool(const std::string& address)>& open);

// Connects to our own socket, as an MTA does, and leaves without a word.
Status knock(const config::SocketAddress& address);

}  // namespace graph_milter::milter
