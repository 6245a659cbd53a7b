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

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::size_t count_fields(const MessageFacts& facts, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(facts.headers.begin(), facts.headers.end(),
                                                [&](const mail::HeaderField& field) { return field.name == name; }));
}

bool is_from_group(const MessageFacts& facts) {
  const mail::HeaderField* field = facts.find_header("from");
  return field != nullptr && mail::has_group(field->value);
}

// The one mailbox of the one From field; nullptr: there are none or more.
const std::string* single_from(const MessageFacts& facts) {
  const bool single = facts.from.size() == 1 && count_fields(facts, "from") == 1 && !is_from_group(facts);
  return single ? &facts.from.front().address : nullptr;
}

std::string describe_from(const MessageFacts& facts) {
  const std::size_t fields = count_fields(facts, "from");
  if (fields != 1) return format("{} From fields", fields);
  if (is_from_group(facts)) return "From with a group";
  return format("From with {} mailboxes", facts.from.size());
}

// The order in which conditions are asked.
enum Rank : int { kClient, kDaemon, kLogin, kSender, kFrom, kPartSize, kMessageSize };

std::optional<Mismatch> fails(Rank rank, std::string text) { return Mismatch{rank, std::move(text)}; }

std::optional<Mismatch> from_mismatch(const Rule& rule, const Envelope& envelope, const MessageFacts& facts) {
  const std::string* from = single_from(facts);
  if (from == nullptr) return fails(kFrom, describe_from(facts) + ", where one mailbox is asked for");
  if (rule.from && !rule.from->matches(*from)) {
    return fails(kFrom, format("from {} is not in {}", shown(*from), rule.from->text()));
  }
  if (rule.sender_map && !rule.sender_map->allows(envelope.login, *from)) {
    return fails(kFrom, format("from {} is not what login {} may use by {}", shown(*from), shown(envelope.login),
                               rule.sender_map->path()));
  }
  return std::nullopt;
}

std::optional<Mismatch> content_mismatch(const Rule& rule, const Envelope& envelope, const MessageFacts& facts) {
  if (rule.from || rule.sender_map) {
    if (auto failed = from_mismatch(rule, envelope, facts)) return failed;
  }
  if (rule.part_size && facts.largest_part() < *rule.part_size) {
    return fails(kPartSize, format("part-size: the largest part has {} bytes, fewer than {}", facts.largest_part(),
                                   *rule.part_size));
  }
  if (rule.message_size && facts.size < *rule.message_size) {
    return fails(kMessageSize,
                 format("message-size: the message has {} bytes, fewer than {}", facts.size, *rule.message_size));
  }
  return std::nullopt;
}

// Fields of somebody who sent an older message on: mail programs show them beside From, or in its place. Those without
// an address are left out, and Sender, which the draft does not carry.
constexpr std::array<std::string_view, 6> kOtherAuthors = {"resent-from", "resent-sender", "resent-reply-to",
                                                           "resent-to",   "resent-cc",     "resent-bcc"};

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

// A login is one person among many: two lists of domains say that each may send as himself, not as all the others.
std::optional<Objection> login_objection(const Rule& rule, const Envelope& envelope, std::string_view from) {
  if (!rule.login || !rule.from || rule.sender_map) return std::nullopt;
  const bool by_domains =
      rule.login->find(envelope.login) == PatternMatch::Domain && rule.from->find(from) == PatternMatch::Domain;
  if (!by_domains || mail::same_address(envelope.login, from)) return std::nullopt;
  return Objection{"login",
                   format("login {} may not send as {}: where both are named by their domain, they must be equal",
                          shown(envelope.login), shown(from))};
}

std::optional<Objection> from_objection(std::string_view from, const std::vector<std::string>& tenant_domains) {
  if (from.starts_with('"')) return Objection{"from", format("From {} has a quoted local part", shown(from))};
  const std::string domain(mail::domain_of(from));
  if (!contains(tenant_domains, domain)) {
    return Objection{"tenant-domain", format("the domain of From {} is not in tenant-domains", shown(from))};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Mismatch> envelope_mismatch(const Rule& rule, const Envelope& envelope) {
  if (rule.client && !rule.client->contains(envelope.client_address)) {
    return fails(kClient, format("client {} is not in {}", shown(envelope.client_address), rule.client->text()));
  }
  if (!rule.daemons.empty() && !contains(rule.daemons, envelope.daemon_name)) {
    return fails(kDaemon, format("daemon {} is not in {}", shown(envelope.daemon_name), join(rule.daemons)));
  }
  if (rule.login && !rule.login->matches(envelope.login)) {
    return fails(kLogin, format("login {} is not in {}", shown(envelope.login), rule.login->text()));
  }
  if (rule.sender_map && !rule.sender_map->knows(envelope.login)) {
    return fails(kLogin, format("login {} is not in {}", shown(envelope.login), rule.sender_map->path()));
  }
  if (rule.sender && !rule.sender->matches(envelope.sender.address)) {
    return fails(kSender, format("sender {} is not in {}", shown(envelope.sender.address), rule.sender->text()));
  }
  return std::nullopt;
}

std::optional<Mismatch> mismatch(const Rule& rule, const Envelope& envelope, const MessageFacts& facts) {
  if (auto failed = envelope_mismatch(rule, envelope)) return failed;
  return content_mismatch(rule, envelope, facts);
}

std::optional<Objection> objection(const Rule& rule, const Envelope& envelope, const MessageFacts& facts,
                                   const std::vector<std::string>& tenant_domains) {
  if (envelope.has_null_sender()) return Objection{"null-sender", "the envelope sender is null"};
  const std::string* from = single_from(facts);
  if (from == nullptr) return Objection{"from", describe_from(facts)};
  if (auto found = from_objection(*from, tenant_domains)) return found;
  if (auto found = other_author(facts, *from)) return found;
  return login_objection(rule, envelope, *from);
}

}  // namespace graph_milter::policy
