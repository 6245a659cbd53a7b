// SPDX-License-Identifier: Apache-2.0
// `graph-milterctl probe MAILBOX`.
#pragma once

#include "core/config/settings.h"
#include "milter/ctl_commands.h"

namespace graph_milter::ctl {

// Prints what the service answered and keeps it for the daemon. 0, or 1 if something was left behind or could not be
// kept; EX_USAGE for what is no address, else the code of the error that kept it from asking at all.
int probe(const Call& call, const config::Settings& settings);

}  // namespace graph_milter::ctl
