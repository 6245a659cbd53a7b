// SPDX-License-Identifier: Apache-2.0
#include "core/policy/mailbox_map.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"

namespace graph_milter::policy {

namespace {

constexpr std::string_view kForm = "write user@domain, @domain or user@ and behind it the mailbox";

tl::unexpected<Error> refuse(std::string where, std::string what) {
  return fail(ErrorKind::Usage, std::move(where), std::move(what), std::string(kForm));
}

}  // namespace

Result<MailboxMap> MailboxMap::read(std::string_view word, std::string_view where, MapStore& maps) {
  GM_TRY_ASSIGN(const MapName name, parse_map_name(word, where));
  if (name.kind != MapKind::Text) {
    return refuse(std::string(where), format("{} can't say a mailbox: only map:FILE can", name.text()));
  }
  MailboxMap map;
  GM_TRY_ASSIGN(map.map_, maps.open_text(name.path, where));
  if (map.map_->size() == 0) {
    return refuse(std::string(where), name.path + " names nobody, so nothing could be relayed");
  }
  for (const MapEntry& entry : map.map_->entries()) {
    const std::string line = format("{}:{}", name.path, entry.line);
    if (entry.form == KeyForm::Word) {
      return refuse(line, format("\"{}\" is not an address, domain or user", escape_for_log(entry.key, 80)));
    }
    if (!mail::canonical_address(entry.value)) {
      return refuse(line, format("\"{}\" is not a mailbox", escape_for_log(entry.value, 80)));
    }
  }
  return map;
}

std::string MailboxMap::find(std::string_view from) const {
  const auto hit = map_->find(from);
  return hit ? mail::canonical_address(hit->value).value_or("") : std::string();
}

void MailboxMap::add_mailboxes(std::set<std::string>& out) const {
  for (const MapEntry& entry : map_->entries()) out.insert(mail::canonical_address(entry.value).value_or(""));
}

MailboxMap::Stranger MailboxMap::find_stranger(const std::vector<std::string>& tenant_domains) const {
  for (const MapEntry& entry : map_->entries()) {
    const std::string mailbox = mail::canonical_address(entry.value).value_or("");
    const std::string domain(mail::domain_of(mailbox));
    if (std::find(tenant_domains.begin(), tenant_domains.end(), domain) != tenant_domains.end()) continue;
    return {format("{}:{}", path(), entry.line), domain};
  }
  return {};
}

}  // namespace graph_milter::policy
