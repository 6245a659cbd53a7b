// SPDX-License-Identifier: Apache-2.0
// Doors behind a MailboxGate: a request holds a lane of its mailbox (Request::lane) while it is under way, and its body
// counts for the mailbox's bytes. A 429, 503 or 509 with Retry-After closes the gate for that long, for the mailbox
// (429, 503) or for all (509); a 429 that names the limit of bytes makes the gate keep to it.
#pragma once

#include <memory>

#include "core/graph/mailbox_gate.h"
#include "core/http/http.h"

namespace graph_milter::graph {

// Both doors of `doors` behind one gate, so that API calls and ranges of one mailbox share its lanes. Requests without
// a lane pass at once. Beside the inner door's errors: Throttled and Cancelled, with nothing sent.
http::Doors pace_doors(http::Doors doors, std::shared_ptr<MailboxGate> gate, std::shared_ptr<Clock> clock);

}  // namespace graph_milter::graph
