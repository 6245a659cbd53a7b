// SPDX-License-Identifier: Apache-2.0
#include "core/policy/relay_check.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/mail/address.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "not set" : out;
}

Status check_domain(std::string_view domain, const std::string& where, std::string_view key,
                    const std::vector<std::string>& tenant_domains) {
  if (std::find(tenant_domains.begin(), tenant_domains.end(), domain) != tenant_domains.end()) return {};
  return refuse(where, format("{} names the domain {}, and tenant-domains is {}", key, domain, join(tenant_domains)),
                "Graph has mailboxes of the tenant only: correct the rule, or add the domain to tenant-domains");
}

Status check_who(const Rule& rule, const Places& places, const std::string& where) {
  if (!rule.client && !rule.login && !rule.sender_map) {
    return refuse(
        where,
        format("rule {} relays, but does not say for whom: anybody who reaches the MTA could send as its mailboxes",
               rule.name),
        "add client = NETWORK or login = LOGIN");
  }
  const bool known_login = rule.sender_map || (rule.login && !rule.login->is_negative());
  if (!known_login && (!rule.client || rule.client->holds_everybody())) {
    const std::string_view key = rule.client ? "client" : "login";
    const MatchList& list = rule.client ? *rule.client : *rule.login;
    return refuse(places.at(key),
                  format("{} = {} is everybody{}, in rule {}, which relays", key, list.text(),
                         list.is_negative() ? " else" : "", rule.name),
                  rule.client ? "name the networks of the devices, or add login = LOGIN"
                              : "name the logins, or add client = NETWORK");
  }
  return {};
}

Status check_from(const Rule& rule, const Places& places, const std::string& where,
                  const std::vector<std::string>& tenant_domains) {
  if (!rule.from && !rule.sender_map && rule.set_from.empty()) {
    return refuse(where,
                  format("rule {} relays, but does not say which From: its clients could send as anybody", rule.name),
                  "add from = ADDRESS");
  }
  if (rule.from && rule.from->is_negative() && !rule.sender_map) {
    return refuse(places.at("from"),
                  format("from = {} is everybody else, in rule {}, which relays", rule.from->text(), rule.name),
                  "name the addresses or domains that it relays, behind those that it does not");
  }
  if (!rule.set_from.empty()) {
    return check_domain(mail::domain_of(rule.set_from), places.at("set-from"), "set-from", tenant_domains);
  }
  if (!rule.from) return {};
  for (const std::string& domain : rule.from->written_domains()) {
    GM_TRY(check_domain(domain, places.at("from"), "from", tenant_domains));
  }
  return {};
}

// What people see in To and Cc changes where Graph mails a part of the recipients: never without being asked for.
Status check_take(const Rule& rule, const Places& places, const std::string& where) {
  if (!rule.take_recipients) return {};
  const auto place = places.find("take-recipients");
  const std::string& at = place == places.end() ? where : place->second;
  if (rule.take && *rule.take == config::Take::Discard) {
    return refuse(
        at, format("rule {} takes some recipients, and take = discard destroys the mail of the others", rule.name),
        "set take = recipients");
  }
  if (!rule.take) {
    return refuse(at, format("rule {} takes some recipients, but does not say how", rule.name),
                  "add take = recipients");
  }
  if (rule.header_only == HeaderOnly::Trim) return {};
  return refuse(at, format("rule {} takes some recipients, but Graph mails everyone whom To and Cc name", rule.name),
                "add header-only-recipients = trim: those whom the MTA mails are then not seen in what Graph delivers");
}

}  // namespace

Status check_relay(const Rule& rule, const Places& places, const std::string& where,
                   const std::vector<std::string>& tenant_domains) {
  GM_TRY(check_who(rule, places, where));
  GM_TRY(check_from(rule, places, where, tenant_domains));
  GM_TRY(check_take(rule, places, where));
  if (rule.mailbox_map) {
    const MailboxMap::Stranger stranger = rule.mailbox_map->find_stranger(tenant_domains);
    if (!stranger.where.empty()) return check_domain(stranger.domain, stranger.where, "a mailbox", tenant_domains);
  }
  if (rule.mailbox.empty()) return {};
  return check_domain(mail::domain_of(rule.mailbox), places.at("mailbox"), "mailbox", tenant_domains);
}

Status check_reply(const Rule& rule, const Places& places) {
  const bool refuses = rule.action == Action::Reject || rule.action == Action::TempFail;
  for (const std::string_view key : {"text", "code"}) {
    if (refuses || !places.contains(key)) continue;
    return refuse(places.at(key),
                  format("{} is set in rule {}, whose action is {}", key, rule.name, name_of(rule.action)),
                  "only a rule that rejects or tempfails says something to the client");
  }
  const char wanted = rule.action == Action::Reject ? '5' : '4';
  if (!refuses || rule.reply.enhanced.empty() || rule.reply.enhanced.front() == wanted) return {};
  return refuse(
      places.at("code"),
      format("code = {} does not fit action = {}, in rule {}", rule.reply.enhanced, name_of(rule.action), rule.name),
      format("write {}{}", wanted, std::string_view(rule.reply.enhanced).substr(1)));
}

}  // namespace graph_milter::policy
