// SPDX-License-Identifier: Apache-2.0
// Sending: a draft is accepted, later delivered and moved to Sent Items.
#pragma once

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

Reply send(State& state, Call& call, bool bounces);
Reply send_mail(State& state, Call& call, bool bounces);

// Delivers what is due, oldest first. Takes the locks itself; the bytes are hashed and written without them.
void deliver_due(State& state);

}  // namespace graph_milter::emulator
