// SPDX-License-Identifier: Apache-2.0
#include "core/policy/match.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"

namespace graph_milter::policy {

namespace {

using mail::Envelope;
using mail::MessageFacts;

std::string shown(std::string_view value) { return value.empty() ? "(none)" : escape_for_log(value, 120); }

std::size_t count_fields(const MessageFacts& facts, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(facts.headers.begin(), facts.headers.end(),
                                                [&](const mail::HeaderField& field) { return field.name == name; }));
}

// The one mailbox of the one From field; nullptr: there are none or more.
const std::string* single_from(const MessageFacts& facts) {
  return facts.from.size() == 1 && count_fields(facts, "from") == 1 ? &facts.from.front().address : nullptr;
}

std::string describe_from(const MessageFacts& facts) {
  const std::size_t fields = count_fields(facts, "from");
  if (fields != 1) return format("{} From fields", fields);
  return format("From with {} mailboxes", facts.from.size());
}

std::optional<Mismatch> fails(int rank, std::string text) { return Mismatch{rank, std::move(text)}; }

std::optional<Mismatch> content_mismatch(const Rule& rule, const MessageFacts& facts) {
  if (rule.from) {
    const std::string* from = single_from(facts);
    if (from == nullptr) return fails(3, describe_from(facts) + ", where one mailbox is asked for");
    if (!rule.from->matches(*from)) return fails(3, format("from {} is not in {}", shown(*from), rule.from->text()));
  }
  if (rule.part_size && facts.largest_part() < *rule.part_size) {
    return fails(
        4, format("part-size: the largest part has {} bytes, fewer than {}", facts.largest_part(), *rule.part_size));
  }
  if (rule.message_size && facts.size < *rule.message_size) {
    return fails(5, format("message-size: the message has {} bytes, fewer than {}", facts.size, *rule.message_size));
  }
  return std::nullopt;
}

// Fields by which mail programs show or use another author. Those without an address are left out.
constexpr std::array<std::string_view, 7> kOtherAuthors = {
    "sender", "resent-from", "resent-sender", "resent-reply-to", "resent-to", "resent-cc", "resent-bcc"};

std::optional<Objection> other_author(const MessageFacts& facts, std::string_view from) {
  for (const mail::HeaderField& field : facts.headers) {
    if (std::find(kOtherAuthors.begin(), kOtherAuthors.end(), field.name) == kOtherAuthors.end()) continue;
    const auto mailboxes = mail::parse_mailbox_list(field.value);
    const bool same = mailboxes && mailboxes->size() == 1 && mailboxes->front().address == from;
    if (same) continue;
    return Objection{"other-author",
                     format("the field {} does not name the From address {} alone", field.name, shown(from))};
  }
  return std::nullopt;
}

// A client network is trusted with the envelope. A login is one person among many.
std::optional<Objection> login_objection(const Rule& rule, const Envelope& envelope, std::string_view from) {
  const bool by_domains =
      rule.login->find(envelope.login) == PatternMatch::Domain && rule.from->find(from) == PatternMatch::Domain;
  if (by_domains && !mail::same_address(envelope.login, from)) {
    return Objection{"login",
                     format("login {} may not send as {}: where both are named by their domain, they must be equal",
                            shown(envelope.login), shown(from))};
  }
  if (rule.client || rule.sender) return std::nullopt;
  const std::string& sender = envelope.sender.address;
  if (mail::same_address(sender, from) || mail::same_address(sender, envelope.login)) return std::nullopt;
  return Objection{"sender",
                   format("envelope sender {} is neither the From address nor the login, and rule {} names no "
                          "sender",
                          shown(sender), rule.name)};
}

std::optional<Objection> from_objection(std::string_view from, const std::vector<std::string>& tenant_domains) {
  if (from.starts_with('"')) return Objection{"from", format("From {} has a quoted local part", shown(from))};
  const std::string domain(mail::domain_of(from));
  if (std::find(tenant_domains.begin(), tenant_domains.end(), domain) == tenant_domains.end()) {
    return Objection{"tenant-domain", format("the domain of From {} is not in tenant-domains", shown(from))};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Mismatch> envelope_mismatch(const Rule& rule, const Envelope& envelope) {
  if (rule.client && !rule.client->contains(envelope.client_address)) {
    return fails(0, format("client {} is not in {}", shown(envelope.client_address), rule.client->text()));
  }
  if (rule.login && !rule.login->matches(envelope.login)) {
    return fails(1, format("login {} is not in {}", shown(envelope.login), rule.login->text()));
  }
  if (rule.sender && !rule.sender->matches(envelope.sender.address)) {
    return fails(2, format("sender {} is not in {}", shown(envelope.sender.address), rule.sender->text()));
  }
  return std::nullopt;
}

std::optional<Mismatch> mismatch(const Rule& rule, const Envelope& envelope, const MessageFacts& facts) {
  if (auto failed = envelope_mismatch(rule, envelope)) return failed;
  return content_mismatch(rule, facts);
}

std::optional<Objection> objection(const Rule& rule, const Envelope& envelope, const MessageFacts& facts,
                                   const std::vector<std::string>& tenant_domains) {
  if (envelope.has_null_sender()) return Objection{"null-sender", "the envelope sender is null"};
  const std::string* from = single_from(facts);
  if (from == nullptr || !rule.from) return Objection{"from", describe_from(facts)};
  if (auto found = from_objection(*from, tenant_domains)) return found;
  if (auto found = other_author(facts, *from)) return found;
  if (rule.login) return login_objection(rule, envelope, *from);
  return std::nullopt;
}

}  // namespace graph_milter::policy
