// SPDX-License-Identifier: Apache-2.0
// What will be done with one message, as a value: computed once before the MTA is answered, written to the journal,
// read back by delivery. Nothing here opens anything.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/mail/envelope.h"
#include "core/mail/facts.h"
#include "core/mail/splice.h"
#include "core/policy/policy.h"

namespace graph_milter::plan {

// What the service takes; where the numbers come from is told in service_limits.cc.
struct ServiceLimits {
  ByteCount request_body = 4'194'304;       // whole body of one Graph request, 4 MiB
  ByteCount max_part_size = 150'000'000;    // decoded, option max-part-size
  ByteCount max_message_size = 36'700'160;  // encoded as received, option max-message-size
  std::size_t attachments = 250;
  std::size_t recipients = 500;
  std::size_t nesting = 30;
  ByteCount session_floor = 0;  // the smallest file that an upload session takes; 0: not known
};

// How the draft shall be made: from MIME, which keeps nearly all, or from JSON, for a service that does not keep what
// was in the MIME of a draft to which attachments are added.
enum class DraftWish {
  Mime,
  Json,            // what JSON can't represent is left alone
  JsonIfPossible,  // ... goes as MIME
};

enum class Way {
  Post,     // POST /attachments with contentBytes, the whole request within ServiceLimits::request_body
  Session,  // createUploadSession and ranges
};

// One part that leaves the skeleton.
struct PlannedPart {
  std::size_t index = 0;  // in MessageFacts::parts
  std::string name;       // after clean_file_name
  std::string content_type;
  bool is_inline = false;
  std::string content_id;  // without angle brackets; empty: none
  mail::EncodedRange body;
  Way way = Way::Session;
  friend bool operator==(const PlannedPart&, const PlannedPart&) = default;
};

// A leaf of the skeleton that Graph lists as an attachment. `certain`: every reading of the service lists it (it is an
// attachment with a name); the others (inline images, calendars, nested messages) may be listed or not.
struct ExpectedAttachment {
  std::string name;
  bool certain = false;
  friend bool operator==(const ExpectedAttachment&, const ExpectedAttachment&) = default;
};

// The draft as JSON: `before`, the text of the message in UTF-8 and escaped, kJsonDraftEnd.
inline constexpr std::string_view kJsonDraftEnd = "\"}}";
struct JsonDraft {
  std::string before;
  mail::EncodedRange text;
  std::string charset;        // of the text, as its part names it; empty: US-ASCII
  ByteCount text_length = 0;  // escaped
  ByteCount size() const { return before.size() + text_length + kJsonDraftEnd.size(); }
  friend bool operator==(const JsonDraft&, const JsonDraft&) = default;
};

// Why a message that a relay rule matched is left alone.
struct LeaveAlone {
  std::string reason;  // stable code: "recipients-wider", "too-large", "ambiguous:dup-header", ...
  std::string text;    // for people
  friend bool operator==(const LeaveAlone&, const LeaveAlone&) = default;
};

// What becomes of a message that can't be sent.
enum class ReturnBy { Dsn, Mta, Hold };

// What was decided with the message for the time after it was sent or given up, so that rules that are read anew change
// nothing for mail that is on its way. What is not set (also in plans of 0.1) is as the options say when it comes to
// that.
struct Handling {
  std::optional<ReturnBy> return_by;
  std::optional<Duration> sent_copy_for;  // how long the copy in Sent Items stays; 0: for good
  friend bool operator==(const Handling&, const Handling&) = default;
};

struct Plan {
  std::string rule;                             // name of the rule that took the message
  std::string mailbox;                          // whose Drafts and Sent Items
  std::string message_id;                       // with angle brackets, as the draft will carry it
  mail::Splice skeleton;                        // MIME of the draft: marker, seal, Bcc and what was missing included
  std::optional<JsonDraft> json;                // the draft is made of this, and the skeleton is empty
  std::vector<PlannedPart> parts;               // in the order in which they go up
  std::vector<ExpectedAttachment> in_skeleton;  // attachments that stay in the MIME
  std::vector<std::string> to, cc, bcc;         // canonical addresses; their union is whom Graph mails
  std::string from;                             // that the rule wrote into the draft; empty: the message's own
  Handling handling;
  std::optional<LeaveAlone> unplanned;  // nothing is planned but what names the message, and why: it is only kept
  friend bool operator==(const Plan&, const Plan&) = default;
};

using Outcome = std::variant<Plan, LeaveAlone>;

struct PlanInput {
  const mail::Envelope& envelope;
  const mail::MessageFacts& facts;
  const policy::Rule& rule;
  ServiceLimits limits;
  std::string entry_id;
  std::string instance;  // marker: X-Graph-Milter-Id: <instance>/<entry_id>
  TimePoint now{};
  std::string seal = {};                             // X-Graph-Milter-Seal, without blanks; empty: none is written
  std::span<const std::string> tenant_domains = {};  // canonical; whose signatures are left out (header_check.h)
  DraftWish draft = DraftWish::Mime;
  ByteSource* message = nullptr;  // its bytes, read for the length of the text of a JSON draft, and for nothing else
  std::string mailbox = {};       // canonical, that the policy chose; empty: the rule's, else From
  Handling handling = {};
};

// LeaveAlone::reason is one of: "ambiguous:CODE", "protected:CODE", "overlimit:CODE", "error:CODE" (the verdict and the
// code of its first finding), "null-sender", "auto-replied", "dkim-signed", "arc-sealed", "from", "mailbox",
// "smtputf8", "esmtp-parameter", "no-recipients", "recipient-address", "recipients-wider", "too-many-recipients",
// "too-many-attachments", "too-deep", "too-large", "part-too-large", "inexact:CODE", "skeleton-too-large", "no-way",
// "not-utf8", and with DraftWish::Json those of json_draft.h.
Outcome make_plan(const PlanInput& input);

// What the queue keeps of a message for which nothing could be planned, until somebody decides anew: the rule, the
// Message-ID as it came, and why. `mailbox` may be empty.
Plan make_no_plan(const mail::MessageFacts& facts, std::string rule, std::string mailbox, LeaveAlone why);

// Exact length of the JSON body of POST /attachments for this part (request_size.cc; a test compares it with the bytes
// that core/graph writes).
ByteCount post_body_length(const PlannedPart& part);

// Exact length of the body of a MIME create: base64 without line breaks.
ByteCount draft_body_length(ByteCount skeleton_size);

std::string to_json(const Plan& plan);
Result<Plan> plan_from_json(std::string_view text);  // Corrupt on anything but what to_json writes

}  // namespace graph_milter::plan
