// SPDX-License-Identifier: Apache-2.0
// Events, as far as attachments need them: create, read, change, delete.
#pragma once

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

Reply create_event(State& state, Call& call);
Reply get_event(State& state, Call& call);
Reply patch_event(State& state, Call& call);
Reply delete_event(State& state, Call& call);

}  // namespace graph_milter::emulator
