// SPDX-License-Identifier: Apache-2.0
// What the control socket answers to each request. Only control_server.cc includes it.
#pragma once

#include "core/admin/control_server.h"
#include "core/admin/unix_server.h"

namespace graph_milter::admin {

// `answers` outlives the server.
void add_handlers(UnixServer& server, const ControlAnswers& answers);

}  // namespace graph_milter::admin
