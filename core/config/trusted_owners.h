// SPDX-License-Identifier: Apache-2.0
// Whom the files that say who may do what may belong to.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/config/settings.h"

namespace graph_milter::config {

// Whom a conf file or a map may belong to besides root and us: the user that the daemon is going to be. Looked up in
// the system's user database.
std::vector<uid_t> trusted_owners(const Settings& settings);

}  // namespace graph_milter::config
