// SPDX-License-Identifier: Apache-2.0
#include "core/intake/intake.h"

namespace graph_milter::intake {

std::optional<plan::LeaveAlone> objection_of_copies(const IntakeSettings& settings, const policy::Rule& rule) {
  const bool is_lost = rule.take.value_or(settings.take) == config::Take::Discard;
  if (settings.lost_copies.empty() || !is_lost) return std::nullopt;
  return plan::LeaveAlone{"bcc-copies", "the MTA makes copies of this mail, which DISCARD would lose"};
}

}  // namespace graph_milter::intake
