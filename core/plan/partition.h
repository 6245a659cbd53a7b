// SPDX-License-Identifier: Apache-2.0
// Which parts leave the skeleton.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "core/mail/facts.h"
#include "core/mail/skeleton.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

enum class PartRole {
  Container,   // a multipart
  Body,        // text that is shown, in all its alternatives: never cut
  Fixed,       // a calendar, a message inside the message, more text without a name: belongs where it is, never cut
  Inline,      // an image of the text: cut only where the skeleton does not fit otherwise
  Attachment,  // cut from the rule's part-size on, smaller ones where the skeleton does not fit otherwise
};

// One for each part.
std::vector<PartRole> assign_roles(const mail::MessageFacts& facts);

// Why this part can't be cut out.
std::optional<LeaveAlone> check_cut(const mail::MessageFacts& facts, std::size_t index, const ServiceLimits& limits);

struct Partition {
  std::vector<std::size_t> cut;  // indexes of parts, ascending
  mail::Splice skeleton;         // what is left, with the fields that `request` adds
};

// True for a message/rfc822 whose bytes may become a file, if the rule wants that.
bool can_be_file(const mail::Part& part);

// Cuts every attachment of at least the rule's part-threshold (not set: its part-size; neither: no such wish), then as
// few others as are needed for the skeleton to fit into one request: the largest attachments first, then the largest
// inline parts, then, if the rule says message-as-file, the largest messages inside the message. Empty parts stay.
// `request` says what else the skeleton changes; its cut_parts are ignored.
std::variant<Partition, LeaveAlone> choose_parts(const mail::MessageFacts& facts, const std::vector<PartRole>& roles,
                                                 const policy::Rule& rule, const ServiceLimits& limits,
                                                 mail::SkeletonRequest request);

}  // namespace graph_milter::plan
