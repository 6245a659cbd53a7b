// SPDX-License-Identifier: Apache-2.0
// A part whose size the service does not take on the way that was planned goes the other way: what the service takes
// by POST and from which size on it opens sessions has changed more than once. Pure.
#pragma once

#include "core/base/error.h"
#include "core/plan/plan.h"
#include "core/queue/entry.h"

namespace graph_milter::delivery {

// The POST was refused for its size, and the part did not turn to a session before: one change each way per draft.
bool should_go_by_session(const Error& refusal, const queue::PartProgress& progress);

// The session was refused because the part is too small for one; it fits a POST and did not turn to one
// before.
bool should_go_by_post(const Error& refusal, const plan::PlannedPart& part, const queue::PartProgress& progress);

// The part's journal after the change: what is written before the first request on the new way.
void turn_to_session(queue::PartProgress& progress, ByteCount size);
void turn_to_post(queue::PartProgress& progress);

}  // namespace graph_milter::delivery
