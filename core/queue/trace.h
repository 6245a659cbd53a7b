// SPDX-License-Identifier: Apache-2.0
// "Where is Tuesday's scan?" What the journal knows of messages, waiting or gone, for as long as tombstones are kept.
#pragma once

#include <string>
#include <vector>

#include "core/queue/entry.h"

namespace graph_milter::queue {

struct TraceRecord {
  std::string id;
  EntryState state = EntryState::Accepted;
  Outcome outcome = Outcome::None;
  std::string queue_id;  // the MTA's
  std::string message_id;
  std::string sender;
  std::vector<std::string> recipients;
  std::string mailbox;
  std::string client;  // address of the SMTP client
  std::string rule;
  ByteCount size = 0;
  TimePoint accepted{};
  TimePoint finished{};    // 0: not yet
  std::string last_error;  // or, of what was returned, why
  std::string request_id;  // Graph's, of the send; for support
};

}  // namespace graph_milter::queue
