// SPDX-License-Identifier: Apache-2.0
// From a read request to its handler: who asks, whose mailbox, which operation.
#pragma once

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

// A request to Graph whose body was read. `bounces`: a send that will end in a report.
Reply dispatch_graph(State& state, Call& call, bool bounces);

Reply dispatch_token(State& state, Call& call);

// Whether the operation changes an item, so that two of them at once conflict.
bool writes_item(const std::string& operation);

IdForm id_form_of(const Exchange& exchange);

}  // namespace graph_milter::emulator
