// SPDX-License-Identifier: Apache-2.0
#include "core/policy/named_mailboxes.h"

#include <algorithm>
#include <set>

#include "core/mail/address.h"

namespace graph_milter::policy {
namespace {

void add_mailboxes(const Rule& rule, std::set<std::string>& out) {
  if (rule.mailbox_map) return rule.mailbox_map->add_mailboxes(out);
  if (!rule.mailbox.empty()) {
    out.insert(rule.mailbox);
    return;
  }
  if (!rule.set_from.empty()) out.insert(rule.set_from);
  if (rule.from) rule.from->add_addresses(out);
  if (rule.sender_map) rule.sender_map->add_addresses(out);
}

}  // namespace

std::vector<std::string> named_mailboxes(const Policy& policy) {
  std::set<std::string> all;
  for (const Rule& rule : policy.rules()) {
    if (rule.action == Action::Relay) add_mailboxes(rule, all);
  }
  const std::vector<std::string>& domains = policy.tenant_domains();
  std::vector<std::string> out;
  for (const std::string& address : all) {
    const bool is_ours = std::find(domains.begin(), domains.end(), mail::domain_of(address)) != domains.end();
    if (is_ours) out.push_back(address);
  }
  return out;
}

}  // namespace graph_milter::policy
