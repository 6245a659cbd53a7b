// SPDX-License-Identifier: Apache-2.0
#include "core/targets/draft_check.h"

#include <algorithm>
#include <set>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/targets/matching.h"

namespace graph_milter::targets {
namespace {

using AddressSet = std::set<std::string>;

void add_canonical(AddressSet& set, const std::vector<std::string>& addresses) {
  // What is no address at all stays as it is: then it differs from the plan, which holds only addresses.
  for (const std::string& address : addresses) set.insert(mail::canonical_address(address).value_or(address));
}

std::string first_missing(const AddressSet& wanted, const AddressSet& there) {
  const auto missing = std::find_if(wanted.begin(), wanted.end(), [&](const auto& a) { return !there.contains(a); });
  return missing == wanted.end() ? std::string() : escape_for_log(*missing);
}

std::optional<Difference> compare_recipients(const plan::Plan& plan, const graph::Message& draft) {
  AddressSet planned;
  AddressSet drafted;
  for (const auto* list : {&plan.to, &plan.cc, &plan.bcc}) add_canonical(planned, *list);
  for (const auto* list : {&draft.to, &draft.cc, &draft.bcc}) add_canonical(drafted, *list);
  if (const std::string missing = first_missing(planned, drafted); !missing.empty()) {
    return Difference{"the draft lacks the recipient " + missing, false};
  }
  if (const std::string extra = first_missing(drafted, planned); !extra.empty()) {
    return Difference{"the draft has a recipient that the envelope has not: " + extra, false};
  }
  return std::nullopt;
}

// The From that a rule has set. A service that puts the mailbox's own address in its place says who sends just as well.
std::optional<Difference> compare_from(const plan::Plan& plan, const graph::Message& draft) {
  if (plan.from.empty() || draft.from.empty()) return std::nullopt;
  if (mail::same_address(draft.from, plan.from) || mail::same_address(draft.from, plan.mailbox)) return std::nullopt;
  return Difference{format("the draft is from {} instead of {}", escape_for_log(draft.from, 120), plan.from), false};
}

std::string describe(const graph::Attachment& attachment) {
  return format("\"{}\" of {} bytes", escape_for_log(attachment.name, 120), attachment.size);
}

// What is wanted of one attachment. No size: any.
struct Wanted {
  std::string name;
  std::optional<ByteCount> size;
};

std::vector<Wanted> wanted_of(const plan::Plan& plan) {
  std::vector<Wanted> wanted;
  for (const plan::PlannedPart& part : plan.parts) wanted.push_back({part.name, part.body.decoded_size});
  for (const plan::ExpectedAttachment& expected : plan.in_skeleton) {
    if (expected.certain) wanted.push_back({expected.name, std::nullopt});
  }
  return wanted;
}

bool same_name(std::string_view a, std::string_view b) { return comparable_name(a) == comparable_name(b); }

bool fits(const graph::Attachment& attachment, const Wanted& wanted) {
  return wanted.size ? may_be(attachment, wanted.name, *wanted.size) : same_name(attachment.name, wanted.name);
}

// Why nothing fits: another size under the same name says more than "missing".
Difference missing(const Wanted& wanted, const std::vector<graph::Attachment>& attachments) {
  const std::string name = escape_for_log(wanted.name, 120);
  for (const graph::Attachment& attachment : attachments) {
    if (wanted.size && same_name(attachment.name, wanted.name) && !may_be(attachment, wanted.name, *wanted.size)) {
      return {format("attachment \"{}\" has {} bytes instead of {}", name, attachment.size, *wanted.size), true};
    }
  }
  return {format("attachment \"{}\" is not in the draft", name), true};
}

std::optional<Difference> compare_attachments(const plan::Plan& plan,
                                              const std::vector<graph::Attachment>& attachments) {
  const std::vector<Wanted> wanted = wanted_of(plan);
  const auto partners = match(wanted.size(), attachments.size(),
                              [&](std::size_t w, std::size_t a) { return fits(attachments[a], wanted[w]); });
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    if (partners[w] == kNoPartner) return missing(wanted[w], attachments);
  }
  // `wanted` leaves out only what the service may list or not.
  const std::size_t allowed = plan.parts.size() + plan.in_skeleton.size();
  if (attachments.size() <= allowed) return std::nullopt;
  for (std::size_t a = 0; a < attachments.size(); ++a) {
    if (std::find(partners.begin(), partners.end(), a) == partners.end()) {
      return Difference{format("the draft has {} attachments instead of {}, among them {}", attachments.size(), allowed,
                               describe(attachments[a])),
                        false};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Difference> find_difference(const plan::Plan& plan, const graph::Message& draft,
                                          const std::vector<graph::Attachment>& attachments) {
  if (auto difference = compare_recipients(plan, draft)) return difference;
  if (auto difference = compare_from(plan, draft)) return difference;
  return compare_attachments(plan, attachments);
}

bool same_recipients(const plan::Plan& plan, const graph::Message& message) {
  return !compare_recipients(plan, message);
}

std::vector<std::optional<graph::Attachment>> match_parts(const plan::Plan& plan, const std::vector<std::size_t>& parts,
                                                          const std::vector<graph::Attachment>& attachments,
                                                          const std::vector<std::string>& from_mime) {
  std::vector<graph::Attachment> candidates;
  for (const graph::Attachment& attachment : attachments) {
    if (std::find(from_mime.begin(), from_mime.end(), attachment.id) == from_mime.end()) {
      candidates.push_back(attachment);
    }
  }
  const auto partners = match(parts.size(), candidates.size(), [&](std::size_t p, std::size_t a) {
    const plan::PlannedPart& part = plan.parts[parts[p]];
    return may_be(candidates[a], part.name, part.body.decoded_size);
  });
  std::vector<std::optional<graph::Attachment>> found(parts.size());
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (partners[p] != kNoPartner) found[p] = candidates[partners[p]];
  }
  return found;
}

bool may_be(const graph::Attachment& attachment, std::string_view name, ByteCount size) {
  constexpr ByteCount kOverhead = 64 * 1024;
  return same_name(attachment.name, name) && attachment.size >= size && attachment.size <= size + size / 10 + kOverhead;
}

std::string comparable_name(std::string_view name) {
  constexpr std::string_view kForbidden = "/\\:*?\"<>|";
  const auto is_end = [](char c) { return c == '.' || c == ' '; };
  std::string out;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    out += kForbidden.find(c) == std::string_view::npos ? c : '_';
  }
  while (!out.empty() && is_end(out.back())) out.pop_back();
  out.erase(0, static_cast<std::size_t>(std::find_if_not(out.begin(), out.end(), is_end) - out.begin()));
  return out;
}

}  // namespace graph_milter::targets
