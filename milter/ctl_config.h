// SPDX-License-Identifier: Apache-2.0
// graph-milterctl config check.
#pragma once

#include "milter/ctl_commands.h"

namespace graph_milter::ctl {

// Errors and warnings go to standard error, what was found good and the summary to standard output; with --json all of
// it is one object on standard output.
int config_check(const Call& call);

}  // namespace graph_milter::ctl
