// SPDX-License-Identifier: Apache-2.0
// From a decision to a plan: the last readings of a message that a rule relays, and what is planned for it. The same
// for a message that arrives, for one that is explained, and for one that was held and is decided anew.
#pragma once

#include <memory>
#include <string>

#include "core/intake/intake.h"
#include "core/queue/entry.h"

namespace graph_milter::intake {

struct Planning {
  mail::MessageFacts facts;  // as the rule reads the message
  plan::Outcome outcome;
};

// What plans are made by, besides the message.
struct PlanningContext {
  const IntakeSettings& settings;
  const policy::Policy& policy;
  std::string seal;  // X-Graph-Milter-Seal; empty: none
  TimePoint now{};
};

// The facts as `rule` wants them read: mime = tolerant, set-from.
mail::MessageFacts read_as(const policy::Decision& decision, mail::MessageFacts facts);

// What is decided with the message, so that it stays so. A copy that is needed as evidence of the send stays as long as
// that.
plan::Handling handling_of(const IntakeSettings& settings, const policy::Rule& rule);

// REQUIRES: the decision relays, and facts are read_as(). The outcome of a message that could not be read for trouble
// of our own is LeaveAlone with "error:CODE".
Planning make_planning(const PlanningContext& context, const policy::Decision& decision, const mail::Envelope& envelope,
                       mail::MessageFacts facts, ByteSource& message, const std::string& entry_id);

// The plan of a message that was taken without one, by the rules in force. Usage, in words for the administrator, where
// they still don't relay it. Reads the whole message.
Result<plan::Plan> plan_anew(const IntakeContext& context, const queue::Entry& entry, ByteSource& message);

}  // namespace graph_milter::intake
