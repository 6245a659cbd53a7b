// SPDX-License-Identifier: Apache-2.0
#include "core/policy/sender_map.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/address_patterns.h"

namespace graph_milter::policy {

namespace {

constexpr std::string_view kForm = "write LOGIN and behind it user@domain or @domain, separated by commas";

tl::unexpected<Error> refuse(std::string where, std::string what) {
  return fail(ErrorKind::Usage, std::move(where), std::move(what), std::string(kForm));
}

// An address or @domain as it is compared; empty for anything else.
std::string canonical_sender(std::string_view word) {
  if (!word.starts_with('@')) return mail::canonical_address(word).value_or("");
  const std::string domain = canonical_domain(word.substr(1));
  return domain.empty() ? std::string() : "@" + domain;
}

}  // namespace

Result<SenderMap> SenderMap::read(const std::string& path, std::string_view where, MapStore& maps) {
  if (!path.starts_with('/')) {
    return fail(ErrorKind::Usage, std::string(where),
                format("sender-map = {} is not an absolute path", escape_for_log(path, 200)), "begin it with /");
  }
  GM_TRY_ASSIGN(std::shared_ptr<const TextMap> logins, maps.open_text(path, where));
  if (logins->size() == 0) return refuse(std::string(where), path + " names no login, so nobody could send");
  SenderMap map;
  map.path_ = path;
  GM_TRY_ASSIGN(map.content_, maps.derive<Content>(path, [&] { return read_content(std::move(logins)); }));
  return map;
}

Result<SenderMap::Content> SenderMap::read_content(std::shared_ptr<const TextMap> map) {
  Content content{std::move(map), {}};
  for (const MapEntry& entry : content.logins->entries()) {
    if (Status added = add(entry, content); !added) {
      Error error = std::move(added).error();
      error.where = format("{}:{}", content.logins->name().path, entry.line);
      return fail(std::move(error));
    }
  }
  return content;
}

Status SenderMap::add(const MapEntry& entry, Content& content) {
  const bool is_login = entry.form == KeyForm::Address || entry.form == KeyForm::Word;
  if (!is_login) return refuse({}, format("\"{}\" is not a login", escape_for_log(entry.key, 80)));
  const std::vector<std::string> words = split_list(entry.value);
  if (words.empty()) return refuse({}, format("the login {} has no address", entry.key));
  for (const std::string& word : words) {
    const std::string sender = canonical_sender(word);
    if (sender.empty()) return refuse({}, format("\"{}\" is not an address or domain", escape_for_log(word, 80)));
    content.allowed.insert(entry.key + "\n" + sender);
  }
  return {};
}

bool SenderMap::knows(std::string_view login) const {
  const std::string canonical = canonical_login(login);
  return !canonical.empty() && content_->logins->find(canonical).has_value();
}

bool SenderMap::allows(std::string_view login, std::string_view from) const {
  const std::string known = canonical_login(login);
  const auto address = mail::canonical_address(from);
  if (known.empty() || !address) return false;
  const auto& allowed = content_->allowed;
  if (allowed.contains(known + "\n" + *address)) return true;
  return is_plain_local_part(*address) && allowed.contains(known + "\n@" + std::string(mail::domain_of(*address)));
}

void SenderMap::add_addresses(std::set<std::string>& out) const {
  for (const std::string& entry : content_->allowed) {
    std::string address = entry.substr(entry.find('\n') + 1);
    if (!address.starts_with('@')) out.insert(std::move(address));
  }
}

}  // namespace graph_milter::policy
