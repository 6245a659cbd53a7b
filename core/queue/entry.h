// SPDX-License-Identifier: Apache-2.0
// One message in the queue, as a value: what the journal holds of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/mail/envelope.h"
#include "core/plan/plan.h"
#include "core/upload/upload_state.h"

namespace graph_milter::queue {

// Where the entry stands. Written before and after each step that the other side can see; see entry_rules.h for the
// table of legal transitions.
enum class EntryState {
  Accepted,     // durable; nothing has been asked of Graph
  DraftIntent,  // a draft may exist: look for our marker before creating one
  Draft,        // the draft's id is known; parts go up (progress.parts)
  Verified,     // the draft equals the plan
  SendIntent,   // send may have been effected: ask before repeating
  Sent,         // Graph answered 202, or the message was found sent
  Done,         // the spool file may go; kept as a tombstone
  Held,         // the administrator's: last_error says why
};
std::string_view name_of(EntryState state);
std::optional<EntryState> parse_entry_state(std::string_view name);

enum class PartStep {
  Waiting,
  PostIntent,  // a POST may have been effected: list attachments before repeating it
  Uploading,   // see `upload`
  Done,
};

struct PartProgress {
  PartStep step = PartStep::Waiting;
  upload::UploadState upload;  // of a part that goes by session
  std::string attachment_id;   // when done; may be empty if the service did not say
  friend bool operator==(const PartProgress&, const PartProgress&) = default;
};

// What delivery has done so far; enough to go on after a crash at any point.
struct Progress {
  std::string draft_id;        // immutable id of the draft
  int drafts_made = 0;         // a rebuilt draft counts again
  int rebuilds = 0;            // drafts deleted because they differed from the plan
  TimePoint draft_intended{};  // of the last request that may have made a draft; 0: none
  TimePoint drafted{};         // when the draft's id became known: a young draft may answer 404
  std::vector<std::string>
      listed;  // attachment ids that the service made from the MIME (the list before the first part)
  std::vector<PartProgress> parts;  // parallel to Plan::parts
  TimePoint differed{};             // when the draft was first seen to lack something of the plan; 0: never
  int send_epoch = 0;               // sends that were intended
  TimePoint send_intended{};
  TimePoint seen_unsent{};  // when the draft was first seen unsent after send_intended; 0: never
  int attempts_before = 0;  // Entry::attempts at the last step forward: retry delays grow with the difference
  friend bool operator==(const Progress&, const Progress&) = default;
};

struct Entry {
  std::string id;  // see make_entry_id
  EntryState state = EntryState::Accepted;
  mail::Envelope envelope;
  plan::Plan plan;
  ByteCount size = 0;  // of the message as received
  std::string sha256;  // of the message as received, hex
  TimePoint accepted{};
  int attempts = 0;
  TimePoint next_attempt{};
  std::string last_error;  // Error::text of the last failure; empty: none
  Progress progress;
  std::optional<EntryState> held_from;  // where a Held entry stood
  std::int64_t fence = 0;               // grows with every lease; an update with an old fence is refused
};

// What `queue list` shows.
struct EntrySummary {
  std::string id;
  EntryState state = EntryState::Accepted;
  std::string queue_id;
  std::string sender;
  std::size_t recipients = 0;
  std::string mailbox;
  ByteCount size = 0;
  TimePoint accepted{};
  int attempts = 0;
  TimePoint next_attempt{};
  std::string last_error;
};

}  // namespace graph_milter::queue
