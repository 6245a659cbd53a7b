// SPDX-License-Identifier: Apache-2.0
// What the client hears of mail that is refused: by a rule's action, or because a relay rule matched and it can't be
// relayed. Pure.
#pragma once

#include <string_view>

#include "core/intake/intake.h"

namespace graph_milter::intake {

// What becomes of a message that `rule` wants to relay and that can't be: the rule's word, else the option's.
config::Otherwise otherwise_of(const IntakeSettings& settings, const policy::Rule& rule);

bool pretends(const IntakeSettings& settings, const policy::Rule& rule);

// Of a rule whose action is reject or tempfail.
Answer reply_of(const policy::Rule& rule);

// Of a message that can't be relayed for this reason (LeaveAlone::reason, Decision::reason, OverLimit::reason), in
// words that name it. `permanent`: 5xx, else 4xx. What is too large is 552 5.3.4 (RFC 3463 X.3.4, RFC 1870
// section 6.2); too many recipients are X.5.3; what can't be represented X.6.0; what nobody may have relayed X.7.1.
Answer refusal_of(std::string_view reason, std::string_view text, bool permanent);

}  // namespace graph_milter::intake
