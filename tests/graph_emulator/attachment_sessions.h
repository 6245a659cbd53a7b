// SPDX-License-Identifier: Apache-2.0
// Upload sessions of attachments: opening, ranges, position, cancelling, as the Outlook host does them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/graph_emulator/exchange.h"
#include "tests/graph_emulator/mailbox_store.h"

namespace graph_milter::emulator {

struct State;
struct Call;

struct UploadSession {
  std::string target;  // path and query of its URL
  std::string mailbox;
  std::shared_ptr<Item> item;
  Attachment attachment;  // as it will be; content grows
  ByteCount size = 0;
  TimePoint created{};
  TimePoint expires{};
  bool busy = false;  // a range is on its way
  bool finished = false;
  bool cancelled = false;
  bool unclear = false;  // the client can't know the position: its last answer was lost
};

using SessionTable = std::map<std::string, std::shared_ptr<UploadSession>>;  // by target

Reply create_session(State& state, Call& call);  // POST .../createUploadSession

// Everything under an upload URL. Takes the lock itself; reads the body without it. `cut_body`: half of it, then the
// connection goes.
Reply put_range(State& state, Call& call, BodyReader& body, bool cut_body);
Reply ask_position(State& state, Call& call);
Reply cancel_session(State& state, Call& call);

// "bytes A-B/T".
struct ContentRange {
  ByteRange range;
  ByteCount total = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

// Whether the request is the PUT that ends a file, for fault scripts.
bool ends_file(const Exchange& exchange);

}  // namespace graph_milter::emulator
