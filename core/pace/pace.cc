// SPDX-License-Identifier: Apache-2.0
#include "core/pace/pace.h"

#include <algorithm>

namespace graph_milter::pace {

Decision decide(const MailboxPace& mailbox, TimePoint all_not_before, int lanes, TimePoint now) {
  const TimePoint not_before = std::max(mailbox.not_before, all_not_before);
  if (now < not_before) return Wait{not_before};
  if (mailbox.in_flight >= lanes) return Wait{kUntilReleased};
  return Go{};
}

}  // namespace graph_milter::pace
