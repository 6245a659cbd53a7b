// SPDX-License-Identifier: Apache-2.0
// The limits that concern a message as a whole.
#pragma once

#include <optional>

#include "core/mail/facts.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

// Why the message as it came is more than the service takes; nothing if it is not. What becomes of single parts and of
// the skeleton is decided later.
std::optional<LeaveAlone> check_service_limits(const mail::MessageFacts& facts, const ServiceLimits& limits);

}  // namespace graph_milter::plan
