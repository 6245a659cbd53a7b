// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/mail/file_name.h"
#include "core/mail/name_charset.h"
#include "core/plan/draft_fields.h"
#include "core/plan/header_check.h"
#include "core/plan/json_draft.h"
#include "core/plan/partition.h"
#include "core/plan/plan.h"
#include "core/plan/recipients.h"
#include "core/plan/service_limits.h"

namespace graph_milter::plan {

namespace {

constexpr std::string_view kMessageExtension = ".eml";

std::string_view reason_prefix(mail::Verdict verdict) {
  switch (verdict) {
    case mail::Verdict::Ambiguous:
      return "ambiguous";
    case mail::Verdict::Protected:
      return "protected";
    case mail::Verdict::OverLimit:
      return "overlimit";
    case mail::Verdict::Clean:
    case mail::Verdict::Error:
      break;
  }
  return "error";
}

// JSON, for the journal, holds nothing else.
std::string printable(std::string_view text) { return is_valid_utf8(text) ? std::string(text) : escape_for_log(text); }

std::optional<LeaveAlone> check_verdict(const mail::MessageFacts& facts) {
  if (facts.is_clean()) return std::nullopt;
  const mail::Finding finding = facts.findings.empty() ? mail::Finding{} : facts.findings.front();
  return LeaveAlone{format("{}:{}", reason_prefix(facts.verdict), finding.code.empty() ? "unknown" : finding.code),
                    format("{} (at byte {})", escape_for_log(finding.detail), finding.offset)};
}

// Whose mailbox: what the policy chose, else the rule's, or the one mailbox of From.
std::variant<std::string, LeaveAlone> choose_mailbox(const PlanInput& input) {
  if (!input.mailbox.empty()) return input.mailbox;
  if (input.rule.mailbox.empty()) {
    if (input.facts.from.size() == 1) return input.facts.from.front().address;
    return LeaveAlone{"from", format("From has {} mailboxes, not one", input.facts.from.size())};
  }
  std::optional<std::string> mailbox = mail::canonical_address(input.rule.mailbox);
  if (mailbox) return *std::move(mailbox);
  return LeaveAlone{"mailbox", format("rule {}: mailbox = {} is not an address", input.rule.name,
                                      escape_for_log(input.rule.mailbox, 100))};
}

// Whether every reading of the service lists the part: it has a name, calls itself an attachment, and is of no kind
// that Exchange takes apart (TNEF, the halves of an AppleDouble file) or may leave out (empty files).
bool is_listed_for_certain(const mail::MessageFacts& facts, std::size_t index, PartRole role) {
  const mail::Part& part = facts.parts[index];
  if (role != PartRole::Attachment || part.disposition != "attachment") return false;
  if (part.name.empty() || !part.raw_name.empty()) return false;  // raw names it reads in its own way
  if (part.type == "application/ms-tnef" || part.body.decoded_size == 0) return false;
  return part.parent == mail::Part::kNone || facts.parts[part.parent].type != "multipart/appledouble";
}

PlannedPart plan_part(const mail::Part& part, std::size_t index, PartRole role, std::string name,
                      const ServiceLimits& limits) {
  PlannedPart planned;
  planned.index = index;
  planned.name = std::move(name);
  planned.content_type = part.type;
  planned.is_inline = role == PartRole::Inline;
  planned.content_id = part.content_id;
  planned.body = part.body;
  planned.way = post_body_length(planned) <= limits.request_body ? Way::Post : Way::Session;
  return planned;
}

// A mail program shows plain text and HTML as the message; another text among the alternatives (a calendar, AMP) is
// shown by few, and the service may list it as an attachment.
bool is_shown_as_message(const mail::Part& part) { return part.type == "text/plain" || part.type == "text/html"; }

// A message that becomes a file gets the extension by which mail programs open it.
std::string name_of_file(const mail::Part& part, bool is_cut, std::size_t number) {
  const bool lacks_extension =
      is_cut && can_be_file(part) && !part.name.empty() && !to_lower(part.name).ends_with(kMessageExtension);
  const std::string name = lacks_extension ? part.name + std::string(kMessageExtension) : part.name;
  return mail::clean_file_name(name, part.type, number);
}

// Fills plan.parts and plan.in_skeleton. Only names that go up are made unique: those in the skeleton are the
// message's.
void add_attachments(Plan& plan, const PlanInput& input, const std::vector<PartRole>& roles,
                     const std::vector<std::size_t>& cut) {
  const auto& parts = input.facts.parts;
  std::vector<std::string> names;
  std::vector<std::string> cut_names;
  std::size_t number = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (roles[i] == PartRole::Container) continue;
    if (roles[i] == PartRole::Body && is_shown_as_message(parts[i])) continue;
    const bool is_cut = std::binary_search(cut.begin(), cut.end(), i);
    std::string name = name_of_file(parts[i], is_cut, ++number);
    if (is_cut) {
      cut_names.push_back(std::move(name));
    } else {
      plan.in_skeleton.push_back({name, is_listed_for_certain(input.facts, i, roles[i])});
      names.push_back(std::move(name));
    }
  }
  names.insert(names.end(), cut_names.begin(), cut_names.end());
  mail::make_names_unique(names);
  for (std::size_t i = 0; i < cut.size(); ++i) {
    std::string name = names[plan.in_skeleton.size() + i];
    plan.parts.push_back(plan_part(parts[cut[i]], cut[i], roles[cut[i]], std::move(name), input.limits));
  }
}

using Cut = std::vector<std::size_t>;  // indexes of parts, ascending

// Fills plan.json or plan.skeleton, the latter without the fields `signatures`, and plan.message_id; which parts go up
// beside it.
std::variant<Cut, LeaveAlone> plan_draft(Plan& plan, const PlanInput& input, const std::vector<PartRole>& roles,
                                         const Recipients& recipients, const std::vector<std::string>& signatures) {
  DraftFields fields = make_draft_fields(input, recipients, plan.mailbox);
  plan.message_id = std::move(fields.message_id);
  if (input.draft != DraftWish::Mime) {
    auto json = make_json_draft(input, roles, recipients, plan.message_id);
    if (auto* choice = std::get_if<JsonChoice>(&json)) {
      plan.json = std::move(choice->draft);
      return std::move(choice->cut);
    }
    if (input.draft == DraftWish::Json) return std::get<LeaveAlone>(std::move(json));
  }
  auto& dropped = fields.request.drop_fields;
  dropped.insert(dropped.end(), signatures.begin(), signatures.end());
  auto chosen = choose_parts(input.facts, roles, input.rule, input.limits, std::move(fields.request));
  if (auto* refusal = std::get_if<LeaveAlone>(&chosen)) return std::move(*refusal);
  auto& partition = std::get<Partition>(chosen);
  plan.skeleton = std::move(partition.skeleton);
  return std::move(partition.cut);
}

// What is too large for a POST and too small for a session.
std::optional<LeaveAlone> check_ways(const Plan& plan, const ServiceLimits& limits) {
  for (const PlannedPart& part : plan.parts) {
    if (part.way != Way::Session || part.body.decoded_size >= limits.session_floor) continue;
    return LeaveAlone{"no-way",
                      format("part {} ({}) has {} bytes: too many for one request, and upload sessions begin "
                             "at {}",
                             part.index, escape_for_log(part.name, 80), part.body.decoded_size, limits.session_floor)};
  }
  return std::nullopt;
}

// JSON, for the journal as for Graph, holds nothing else.
bool is_utf8(const Plan& plan) {
  return is_valid_utf8(plan.rule) && is_valid_utf8(plan.message_id) &&
         std::all_of(plan.parts.begin(), plan.parts.end(), [](const PlannedPart& part) {
           return is_valid_utf8(part.content_type) && is_valid_utf8(part.content_id);
         });
}

Outcome plan_for(const PlanInput& input) {
  if (auto refusal = check_verdict(input.facts)) return *std::move(refusal);
  if (input.envelope.has_null_sender()) return LeaveAlone{"null-sender", "the envelope sender is <>"};
  auto signatures = check_header(input.facts, input.tenant_domains);
  if (auto* refusal = std::get_if<LeaveAlone>(&signatures)) return std::move(*refusal);
  auto mailbox = choose_mailbox(input);
  if (auto* refusal = std::get_if<LeaveAlone>(&mailbox)) return std::move(*refusal);
  if (!is_ascii(std::get<std::string>(mailbox))) return LeaveAlone{"smtputf8", "the mailbox is not ASCII"};
  if (auto refusal = check_service_limits(input.facts, input.limits)) return *std::move(refusal);
  auto matched = match_recipients(input.envelope, input.facts, input.rule, input.limits.recipients);
  if (auto* refusal = std::get_if<LeaveAlone>(&matched)) return std::move(*refusal);

  Plan plan;
  plan.rule = input.rule.name;
  plan.handling = input.handling;
  if (input.facts.new_author) plan.from = input.facts.new_author->from;
  plan.mailbox = std::get<std::string>(std::move(mailbox));
  auto& recipients = std::get<Recipients>(matched);
  const std::vector<PartRole> roles = assign_roles(input.facts);
  auto drafted = plan_draft(plan, input, roles, recipients, std::get<std::vector<std::string>>(signatures));
  if (auto* refusal = std::get_if<LeaveAlone>(&drafted)) return std::move(*refusal);
  plan.to = std::move(recipients.to);
  plan.cc = std::move(recipients.cc);
  plan.bcc = std::move(recipients.bcc);
  add_attachments(plan, input, roles, std::get<Cut>(drafted));
  if (auto refusal = check_ways(plan, input.limits)) return *std::move(refusal);
  if (!is_utf8(plan)) return LeaveAlone{"not-utf8", "Message-ID, Content-Type or Content-ID is not UTF-8"};
  return plan;
}

}  // namespace

Outcome make_plan(const PlanInput& input) {
  if (input.rule.name_charset.empty() || !mail::has_raw_names(input.facts)) return plan_for(input);
  const mail::MessageFacts facts = mail::read_raw_names(input.facts, input.rule.name_charset);
  return plan_for({input.envelope, facts, input.rule, input.limits, input.entry_id, input.instance, input.now,
                   input.seal, input.tenant_domains, input.draft, input.message, input.mailbox, input.handling});
}

Plan make_no_plan(const mail::MessageFacts& facts, std::string rule, std::string mailbox, LeaveAlone why) {
  Plan plan;
  plan.rule = std::move(rule);
  plan.mailbox = std::move(mailbox);
  if (const mail::HeaderField* field = facts.find_header("message-id"); field != nullptr) {
    plan.message_id = printable(trim(field->value));
  }
  plan.unplanned = LeaveAlone{std::move(why.reason), printable(why.text)};
  return plan;
}

}  // namespace graph_milter::plan
