// SPDX-License-Identifier: Apache-2.0
// The draft as JSON: what of the message Graph has properties for, and the text, which streams from the message.
#pragma once

#include <string>
#include <variant>

#include "core/plan/partition.h"
#include "core/plan/plan.h"
#include "core/plan/recipients.h"

namespace graph_milter::plan {

// LeaveAlone::reason is "json:CODE" where JSON can't represent the message: "json:text" (none, or not in a charset that
// all read alike), "json:fixed-part" (a calendar, a message, further text), "json:empty-file", "json:field" (Subject,
// Reply-To or an address that can't be decoded), "json:too-large" (more than one request), or "inexact:CODE",
// "part-too-large" as in choose_parts. `message` is read once, for the length of its text.
struct JsonChoice {
  JsonDraft draft;
  std::vector<std::size_t> cut;  // every leaf but the texts, ascending
};
std::variant<JsonChoice, LeaveAlone> make_json_draft(const PlanInput& input, const std::vector<PartRole>& roles,
                                                     const Recipients& recipients, const std::string& message_id);

// The text of the draft: HTML if there is one. kNone: there is no text.
std::size_t text_of_json_draft(const mail::MessageFacts& facts);

// The X- fields of the message that the draft carries, by their names in lower case and each once, in the order in
// which they stand there. The first kHeadersOfJson - 2 go as internetMessageHeaders, the others as named properties.
std::vector<const mail::HeaderField*> x_fields_of(const mail::MessageFacts& facts);

// Whether the draft says what this field of the message says: by a property, as a field, or by what its text and its
// attachments are.
bool is_in_json_draft(const mail::MessageFacts& facts, const mail::HeaderField& field);

}  // namespace graph_milter::plan
