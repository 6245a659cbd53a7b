// SPDX-License-Identifier: Apache-2.0
// "Where is Tuesday's scan?" Words and JSON of `trace`. Pure, but for the time zone.
#pragma once

#include <string>
#include <vector>

#include "core/admin/words.h"
#include "core/queue/trace.h"

namespace graph_milter::admin {

// A paragraph a message, in the order given, with what to do about it; as JSON one object a line. Nothing for none.
std::string print_trace(const std::vector<queue::TraceRecord>& records, Form form);

}  // namespace graph_milter::admin
