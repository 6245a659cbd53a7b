// SPDX-License-Identifier: Apache-2.0
// The header fields in which the draft differs from the message.
#pragma once

#include <string>

#include "core/mail/skeleton.h"
#include "core/plan/plan.h"
#include "core/plan/recipients.h"

namespace graph_milter::plan {

// The header by which the draft is found again, as a field and as its value.
inline constexpr std::string_view kMarkerField = "X-Graph-Milter-Id";
std::string make_marker(std::string_view instance, std::string_view entry_id);

// The header by which our own mail is known when it comes back (core/intake/loop_guard.h).
inline constexpr std::string_view kSealField = "X-Graph-Milter-Seal";

struct DraftFields {
  mail::SkeletonRequest request;  // without cut_parts
  std::string message_id;         // the one the draft will carry
};

// A field that Exchange believes to be its own (its header firewall takes it out of mail from outside): a sender could
// tell it that the message is no spam, or was looked at already. Never in a draft.
bool is_reserved_field(std::string_view lower_name);

// The message was made by a program (RFC 3834 section 5), so its draft carries X-Auto-Response-Suppress, by which
// Exchange and Outlook know the same; Auto-Submitted itself is lost there. Not where the sender wrote that field
// himself.
bool asks_for_no_replies(const mail::MessageFacts& facts);
inline constexpr std::string_view kSuppressField = "X-Auto-Response-Suppress";
inline constexpr std::string_view kSuppressed = "OOF, AutoReply";  // "All" would silence non-delivery reports too

// Sender names somebody else than the mailbox and From, as whom Graph would refuse to send.
bool has_foreign_sender(const mail::MessageFacts& facts, std::string_view mailbox);

// The From and Reply-To that the message leaves with where they are not its own (MessageFacts::new_author), our marker
// and seal in place of any that came with the message, the Bcc field that Graph reads the hidden recipients from, and
// what a message needs and this one lacks: Message-ID, Date, To (RFC 5322 section 3.6). The Message-ID is the one that
// stands in the MTA's log, where the MTA has told us.
DraftFields make_draft_fields(const PlanInput& input, const Recipients& recipients, std::string_view mailbox);

}  // namespace graph_milter::plan
