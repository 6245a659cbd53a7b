// SPDX-License-Identifier: Apache-2.0
#include "core/plan/service_limits.h"

#include <algorithm>

#include "core/base/format.h"

namespace graph_milter::plan {

// Where ServiceLimits come from: 4 MiB for the body of one request is what 3,145,611 raw bytes in a POST of an
// attachment measure up to; 150 MB a part is the documented ceiling of upload sessions, read as 150 * 10^6 because that
// is the smaller reading; 35 MiB is Exchange Online's default for a message sent (MaxSendSize), which only the
// administrator of the tenant can raise; 250 attachments, 500 recipients (RecipientLimits) and nesting 30 are Exchange
// Online's limits.
std::optional<LeaveAlone> check_service_limits(const mail::MessageFacts& facts, const ServiceLimits& limits) {
  if (facts.size > limits.max_message_size) {
    return LeaveAlone{"too-large", format("the message has {} bytes, more than max-message-size = {}", facts.size,
                                          limits.max_message_size)};
  }
  if (facts.attachment_count > limits.attachments) {
    return LeaveAlone{"too-many-attachments",
                      format("{} attachments, and Graph takes {}", facts.attachment_count, limits.attachments)};
  }
  std::size_t depth = 0;
  for (const mail::Part& part : facts.parts) depth = std::max(depth, part.depth);
  if (depth > limits.nesting) {
    return LeaveAlone{"too-deep", format("parts are nested {} deep, and Graph takes {}", depth, limits.nesting)};
  }
  return std::nullopt;
}

}  // namespace graph_milter::plan
