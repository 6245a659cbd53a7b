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
  GiveUp,       // it will not be sent (progress.give_up says why and what becomes of it); a draft may still exist
  DraftGone,    // it is proven that no draft of ours is left: the message may go elsewhere
  Returning,    // a DSN, or the message itself, may be in the MTA's hands
  Returned,     // the MTA has taken it, or nobody wanted to hear of it
  Done,         // the spool file may go; kept as a tombstone (outcome)
  Held,         // the administrator's: last_error says why
};
std::string_view name_of(EntryState state);
std::optional<EntryState> parse_entry_state(std::string_view name);

// What becomes of an entry that is given up.
enum class Disposal {
  Dsn,     // the sender is told (RFC 3464)
  Mta,     // the original goes back to the MTA, through a port without this milter
  Hold,    // it stays, for the administrator
  Drop,    // nothing: the administrator deleted it
  Client,  // nothing: the MTA's client waits, and is told that it was not taken (Progress::awaited)
};
std::string_view name_of(Disposal disposal);
std::optional<Disposal> parse_disposal(std::string_view name);

// How an entry ended, in its tombstone.
enum class Outcome {
  None,        // not yet
  Sent,        // through Graph
  Returned,    // the sender was told, or did not want to be
  HandedBack,  // the MTA has the original
  Dropped,     // deleted by the administrator
  Withdrawn,   // its client waited, and was told that it was not taken
};
std::string_view name_of(Outcome outcome);
std::optional<Outcome> parse_outcome(std::string_view name);

// Why an entry was given up, in the words of its DSN.
struct GiveUp {
  Disposal disposal = Disposal::Dsn;
  std::string status;      // RFC 3463: "5.7.1", "4.4.7"
  std::string diagnostic;  // the other side's words: "403 ErrorSendAsDenied: ..."; one line, never message text
  TimePoint decided{};
  friend bool operator==(const GiveUp&, const GiveUp&) = default;
};

// What the MTA said of one recipient when the message was handed back.
enum class RecipientFate {
  Waiting,
  Taken,    // 250, and the end of data was taken too
  Refused,  // 5xx: a DSN is due
};

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
  // The service refused its size on the other way, which was then left for good (once each way).
  bool turned_to_session = false;
  bool turned_to_post = false;
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
  TimePoint send_ended{};   // when the last send came back without a clear answer; 0: it did not, as after a crash
  TimePoint seen_unsent{};  // when the draft was first seen unsent after send_intended; 0: never
  // An intended send may still have taken effect. Set with every send intent, cleared by proof that it did not.
  bool send_unresolved = false;
  std::string request_id;  // Graph's, of the send that was answered; for support
  std::optional<GiveUp> give_up;
  int return_epoch = 0;  // tries to give it to the MTA
  // A mail of the last try may be in the MTA's hands. Set with every try, cleared by an answer; a try that finds it set
  // may make a duplicate (W5).
  bool return_unresolved = false;
  std::vector<RecipientFate> fates;   // of Disposal::Mta, parallel to Envelope::recipients; empty: all Waiting
  std::vector<std::string> refusals;  // parallel to fates: what the MTA said to those Refused, "550 5.1.1 no such user"
  bool sender_told = false;           // of the failure, or nobody wants to know; a copy may be due
  TimePoint delay_warned{};           // when the sender was told of the delay; 0: never
  bool success_notified = false;      // NOTIFY=SUCCESS was answered
  TimePoint needs_administrator{};    // since when it waits for a configuration to be mended; 0: it does not
  Duration administrator_wait{};      // how long it did so before; does not count towards its lifetime
  // Nobody was told yet that we have it: the MTA is held until it is sent (accept = delivered). See withdrawal.h.
  bool awaited = false;
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
  Outcome outcome = Outcome::None;
  TimePoint finished{};    // when it became Done; 0: not yet
  std::string resend_key;  // see resend_key.h; empty: no other message is the same as this one
  std::int64_t fence = 0;  // grows with every lease; an update with an old fence is refused
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
  TimePoint needs_administrator{};  // Progress::needs_administrator
};

}  // namespace graph_milter::queue
