// SPDX-License-Identifier: Apache-2.0
// What every JSON body must be, and the reply if it is not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

// Fills `body`, or says why it can't.
std::optional<Reply> read_json_body(State& state, const Call& call, Json& body);

// Only these members may stand in `value`, which must be an object.
std::optional<Reply> check_properties(State& state, const Call& call, const Json& value,
                                      const std::vector<std::string>& known);

// To a request that is larger than the service takes.
Reply oversize_refusal(State& state, const Call& call);

std::string cleaned_name(const Switches& switches, const std::string& name);

Reply conflict_reply(State& state, const Call& call);

}  // namespace graph_milter::emulator
