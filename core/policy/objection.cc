// SPDX-License-Identifier: Apache-2.0
#include "core/policy/objection.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/set_from.h"

namespace graph_milter::policy {

namespace {

using mail::MessageFacts;

std::string shown(std::string_view value) { return value.empty() ? "(none)" : escape_for_log(value, 120); }

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

// A login is one person among many: two lists that name neither of them by name say that each may send as himself, not
// as all the others.
std::optional<Objection> login_objection(const Rule& rule, Question& question, const Subject& from) {
  if (!rule.login || !rule.from || rule.sender_map) return std::nullopt;
  const Subject& login = question.login();
  const bool by_domains = rule.login->find(login, question.work()).match != Match::Exact &&
                          rule.from->find(from, question.work()).match != Match::Exact;
  if (!by_domains || mail::same_address(login.text, from.text)) return std::nullopt;
  return Objection{"login",
                   format("login {} may not send as {}: where both are named by their domain, they must be equal",
                          shown(login.text), shown(from.text))};
}

std::optional<Objection> from_objection(const Rule& rule, std::string_view from,
                                        const std::vector<std::string>& tenant_domains) {
  if (from.starts_with('"')) return Objection{"from", format("From {} has a quoted local part", shown(from))};
  const std::string_view domain = mail::domain_of(from);
  if (std::find(tenant_domains.begin(), tenant_domains.end(), domain) == tenant_domains.end()) {
    return Objection{"tenant-domain", format("the domain of From {} is not in tenant-domains", shown(from))};
  }
  // Such a rule lets its clients send as set-from; as nobody else of the tenant.
  if (!rule.from && !rule.sender_map && from != rule.set_from) {
    return Objection{"from", format("From {} is another address of the tenant than set-from = {}, and the rule has no "
                                    "from that allows it",
                                    shown(from), rule.set_from)};
  }
  return std::nullopt;
}

std::optional<Objection> mailbox_objection(const Rule& rule, std::string_view from) {
  if (!rule.mailbox_map || !rule.mailbox_map->find(from).empty()) return std::nullopt;
  return Objection{"mailbox-map", format("{} has no mailbox for From {}", rule.mailbox_map->path(), shown(from))};
}

}  // namespace

std::optional<Objection> objection(const Rule& rule, Question& question,
                                   const std::vector<std::string>& tenant_domains) {
  if (question.envelope().has_null_sender()) return Objection{"null-sender", "the envelope sender is null"};
  if (const auto author = new_author(rule, question, tenant_domains)) {
    if (auto found = other_author(question.facts(), author->from)) return found;
    return mailbox_objection(rule, author->from);
  }
  const Subject* from = question.from();
  if (from == nullptr) return Objection{"from", question.no_from()};
  if (auto found = from_objection(rule, from->text, tenant_domains)) return found;
  if (auto found = other_author(question.facts(), from->text)) return found;
  if (auto found = login_objection(rule, question, *from)) return found;
  return mailbox_objection(rule, from->text);
}

}  // namespace graph_milter::policy
