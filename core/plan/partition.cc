// SPDX-License-Identifier: Apache-2.0
#include "core/plan/partition.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::plan {

namespace {

bool is_in_related(const mail::MessageFacts& facts, std::size_t index) {
  for (std::size_t at = facts.parts[index].parent; at != mail::Part::kNone; at = facts.parts[at].parent) {
    if (facts.parts[at].type == "multipart/related") return true;
  }
  return false;
}

// What its sender calls an attachment stays one, even if the text could refer to it: Outlook hides inline parts that no
// text shows.
bool is_inline(const mail::MessageFacts& facts, std::size_t index) {
  const mail::Part& part = facts.parts[index];
  if (part.content_id.empty() || part.disposition == "attachment") return false;
  return part.disposition == "inline" || is_in_related(facts, index);
}

// Mail programs show text that has no name and is no attachment in its place, as they do the first text.
bool is_fixed(const mail::Part& part) {
  const bool is_text = part.type == "text/plain" || part.type == "text/html";
  return part.type == "text/calendar" || part.type.starts_with("message/") ||
         (is_text && part.name.empty() && part.disposition != "attachment");
}

std::string describe(const mail::MessageFacts& facts, std::size_t index) {
  const mail::Part& part = facts.parts[index];
  return format("part {} ({})", index, escape_for_log(part.name.empty() ? part.type : part.name, 80));
}

// What may be cut beyond the rule's demand, in the order in which it goes.
std::vector<std::size_t> order_spare_parts(const mail::MessageFacts& facts, const std::vector<PartRole>& roles,
                                           const std::vector<std::size_t>& cut, bool message_as_file) {
  std::vector<std::size_t> spare;
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    const mail::Part& part = facts.parts[i];
    const bool movable = roles[i] == PartRole::Attachment || roles[i] == PartRole::Inline;
    const bool possible = (movable && part.exact) || (message_as_file && can_be_file(part));
    if (possible && part.body.decoded_size > 0 && !std::binary_search(cut.begin(), cut.end(), i)) spare.push_back(i);
  }
  const auto rank = [&](std::size_t i) {
    return roles[i] == PartRole::Attachment ? 0 : roles[i] == PartRole::Inline ? 1 : 2;
  };
  std::stable_sort(spare.begin(), spare.end(), [&](std::size_t a, std::size_t b) {
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return facts.parts[a].body.range.size() > facts.parts[b].body.range.size();
  });
  return spare;
}

}  // namespace

bool can_be_file(const mail::Part& part) { return part.type == "message/rfc822" && part.inexact.code == "message"; }

std::optional<LeaveAlone> check_cut(const mail::MessageFacts& facts, std::size_t index, const ServiceLimits& limits) {
  const mail::Part& part = facts.parts[index];
  if (!part.exact && !can_be_file(part)) {
    return LeaveAlone{"inexact:" + part.inexact.code,
                      format("{} can't be cut out: {}", describe(facts, index), escape_for_log(part.inexact.detail))};
  }
  if (part.body.decoded_size > limits.max_part_size) {
    return LeaveAlone{"part-too-large", format("{} has {} bytes, more than max-part-size = {}", describe(facts, index),
                                               part.body.decoded_size, limits.max_part_size)};
  }
  return std::nullopt;
}

std::vector<PartRole> assign_roles(const mail::MessageFacts& facts) {
  const std::vector<bool> body_text = mail::body_text_parts(facts);
  std::vector<PartRole> roles;
  roles.reserve(facts.parts.size());
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    const mail::Part& part = facts.parts[i];
    if (part.is_multipart) {
      roles.push_back(PartRole::Container);
    } else if (body_text[i]) {
      roles.push_back(PartRole::Body);
    } else if (is_fixed(part)) {
      roles.push_back(PartRole::Fixed);
    } else {
      roles.push_back(is_inline(facts, i) ? PartRole::Inline : PartRole::Attachment);
    }
  }
  return roles;
}

std::variant<Partition, LeaveAlone> choose_parts(const mail::MessageFacts& facts, const std::vector<PartRole>& roles,
                                                 const policy::Rule& rule, const ServiceLimits& limits,
                                                 mail::SkeletonRequest request) {
  std::vector<std::size_t>& cut = request.cut_parts;
  cut.clear();
  const std::optional<ByteCount> threshold = rule.threshold();
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    const ByteCount size = facts.parts[i].body.decoded_size;
    if (roles[i] != PartRole::Attachment || !threshold || size == 0 || size < *threshold) continue;
    if (auto refusal = check_cut(facts, i, limits)) return *std::move(refusal);
    cut.push_back(i);
  }
  mail::Splice skeleton = mail::make_skeleton(facts, request);
  for (const std::size_t index : order_spare_parts(facts, roles, cut, rule.message_as_file)) {
    if (draft_body_length(skeleton.size()) <= limits.request_body) break;
    if (auto refusal = check_cut(facts, index, limits)) return *std::move(refusal);
    cut.insert(std::upper_bound(cut.begin(), cut.end(), index), index);
    skeleton = mail::make_skeleton(facts, request);
  }
  const ByteCount length = draft_body_length(skeleton.size());
  if (length > limits.request_body) {
    return LeaveAlone{
        "skeleton-too-large",
        format("what must stay together (text, calendars, messages inside the message) makes a draft of {} "
               "bytes of base64, and Graph takes {}",
               length, limits.request_body)};
  }
  return Partition{std::move(cut), std::move(skeleton)};
}

}  // namespace graph_milter::plan
