// SPDX-License-Identifier: Apache-2.0
// `graph-milterctl map test`.
#pragma once

#include "core/config/configuration.h"
#include "milter/ctl_commands.h"

namespace graph_milter::ctl {

// The operands are a map of the configuration, as it is written there, by its path or by its file name; and a key.
// Prints the value, and the file and line where it stands. 0, or 1 if the map has no such key; EX_CONFIG if maps or
// rules can't be read, EX_USAGE for a map that the configuration does not have.
int map_test(const Call& call, const config::Configuration& configuration);

}  // namespace graph_milter::ctl
