// SPDX-License-Identifier: Apache-2.0
// Exit codes of our programs: those of sysexits(3), which MTAs, systemd and scripts know.
#pragma once

#include <vector>

#include "core/base/error.h"

namespace graph_milter::config {

// 64 usage, 65 data, 66 no input, 69 unavailable, 71 system, 75 try again, 77 permission, 78 configuration.
int exit_status(const Error& error);

// Of a conf file: 66 if it is not there, 77 if we may not read it, else 78. 0 if `errors` is empty.
int exit_status_of_configuration(const std::vector<Error>& errors);

}  // namespace graph_milter::config
