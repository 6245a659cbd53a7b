// SPDX-License-Identifier: Apache-2.0
// Who may have written the files that say who may do what.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/config/configuration.h"

namespace graph_milter::config {

// Whom a conf file or a map may belong to besides root and us: the user that the daemon is going to be. Looked up in
// the system's user database.
std::vector<uid_t> trusted_owners(const Settings& settings);

// Whoever can write a conf file can let anybody send as any mailbox. Configuration for each file of the configuration
// that somebody else may write, or put another one in its place (read_trusted_file), with the command that mends it.
std::vector<Error> check_conf_files(const Configuration& configuration);

}  // namespace graph_milter::config
