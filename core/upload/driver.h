// SPDX-License-Identifier: Apache-2.0
// Carries one file up: asks the Session what to do, does it through the ports, and makes every state durable before the
// other side can see its effect.
#pragma once

#include <stop_token>
#include <variant>

#include "core/upload/session.h"

namespace graph_milter::upload {

struct Ports {
  SessionPort& sessions;
  RangeDoor& door;
  StateSink& sink;
  const Clock& clock;
};

// How far the file came. Wait: not before `until`; call again with the saved state. GiveUp: this way leads nowhere.
using Outcome = std::variant<Done, Wait, GiveUp>;

// Runs until the file is complete, must wait, or can't go on; never sleeps. When `stop` is requested it finishes the
// request it is in and returns Cancelled. Other errors: the state could not be saved. Whatever happens, the state last
// saved is enough to go on after it, also in another process.
Result<Outcome> drive(UploadState state, const RangeRules& rules, ByteSource& file, Ports ports, std::stop_token stop);

// Tells the server that an unfinished file will not come. Best effort: a session it forgot is a success.
void abandon(const UploadState& state, RangeDoor& door);

}  // namespace graph_milter::upload
