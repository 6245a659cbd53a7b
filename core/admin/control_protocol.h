// SPDX-License-Identifier: Apache-2.0
// Names on the control socket that server and client must spell alike.
#pragma once

#include <optional>
#include <string_view>

#include "core/queue/queue.h"

namespace graph_milter::admin {

inline constexpr const char* kNeedsAPerson = "X-Needs-A-Person";  // field of the answer to /status
inline constexpr const char* kSudoUser = "X-Sudo-User";           // field of an order: whom sudo worked for, unproven

std::optional<queue::Command> parse_command(std::string_view name);

}  // namespace graph_milter::admin
