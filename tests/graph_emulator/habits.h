// SPDX-License-Identifier: Apache-2.0
// What the service may do to a message on its own, by switch: to a MIME draft when something is added to it, to names,
// and to a message that is sent. Not locked: the model's lock guards it.
#pragma once

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

// A file was added: by switch a MIME draft is written anew from its properties.
void after_addition(State& state, Item& item);

// By switch the name gets a number if another attachment has it.
std::string own_name(const Switches& switches, const Item& item, const std::string& name);

// The message goes out: by switch with a Date and a Message-ID of the service, a shorter subject, and receipts to
// `mailbox`.
void before_departure(State& state, Item& item, const std::string& mailbox, TimePoint now);

}  // namespace graph_milter::emulator
