// SPDX-License-Identifier: Apache-2.0
// `graph-milterctl reload`.
#pragma once

#include "milter/ctl_commands.h"

namespace graph_milter::ctl {

// Has the running daemon read its conf files and maps again, and prints what it took and what needs a restart. 0;
// EX_CONFIG if it took nothing, with all that is wrong; EX_UNAVAILABLE without a daemon.
int reload(const Call& call);

}  // namespace graph_milter::ctl
