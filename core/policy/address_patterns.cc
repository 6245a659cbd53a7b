// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/condition.h"
#include "core/policy/text_map.h"

namespace graph_milter::policy {

namespace {

tl::unexpected<Error> not_a_pattern(std::string_view word, std::string_view where, PatternKind kind) {
  std::string hint = kind == PatternKind::Login ? "write a login, user@domain, @domain or map:/path"
                                                : "write user@domain, @domain or map:/path";
  return fail(ErrorKind::Usage, std::string(where),
              format("\"{}\" is not an address or domain", escape_for_log(word, 80)), std::move(hint));
}

}  // namespace

std::string canonical_domain(std::string_view domain) {
  const auto address = mail::canonical_address("x@" + std::string(domain));
  return address ? std::string(mail::domain_of(*address)) : std::string();
}

std::string canonical_login(std::string_view login) {
  if (auto address = mail::canonical_address(login)) return *std::move(address);
  return login.find_first_of("@:\"<>") == std::string_view::npos ? to_lower(login) : std::string();
}

bool is_plain_local_part(std::string_view canonical_address) {
  const std::string_view local = canonical_address.substr(0, canonical_address.rfind('@'));
  return !local.empty() && std::none_of(local.begin(), local.end(), [](char c) {
    return c == '"' || c == '%' || c == '!' || static_cast<unsigned char>(c) >= 0x80;
  });
}

Result<AddressPatterns> AddressPatterns::parse(std::string_view text, std::string_view where, MapStore& maps,
                                               PatternKind kind) {
  AddressPatterns patterns;
  patterns.text_ = trim(text);
  const std::vector<std::string> words = split_list(text);
  if (words.empty()) return fail(ErrorKind::Usage, std::string(where), "an empty list of addresses");
  for (const std::string& word : words) {
    GM_TRY(is_map_word(word) ? patterns.add_map(word, where, kind, maps) : patterns.add(word, where, kind));
  }
  return patterns;
}

Status AddressPatterns::add(std::string_view word, std::string_view where, PatternKind kind) {
  std::string domain;
  if (word.starts_with('@')) {
    domain = canonical_domain(word.substr(1));
    if (domain.empty()) return not_a_pattern(word, where, kind);
    domains_.insert(domain);
  } else if (const auto address = mail::canonical_address(word)) {
    domain = mail::domain_of(*address);
    addresses_.insert(*address);
  } else if (std::string login = canonical_login(word); kind == PatternKind::Login && !login.empty()) {
    addresses_.insert(std::move(login));
  } else {
    return not_a_pattern(word, where, kind);
  }
  const bool is_new = std::find(written_domains_.begin(), written_domains_.end(), domain) == written_domains_.end();
  if (!domain.empty() && is_new) written_domains_.push_back(domain);
  return {};
}

Status AddressPatterns::add_map(std::string_view word, std::string_view where, PatternKind kind, MapStore& maps) {
  GM_TRY_ASSIGN(std::shared_ptr<const Map> map, maps.open(word, where));
  if (const auto* text = dynamic_cast<const TextMap*>(map.get()); text != nullptr && kind == PatternKind::Address) {
    for (const MapEntry& entry : text->entries()) {
      if (entry.form != KeyForm::Word) continue;
      return not_a_pattern(entry.key, format("{}:{}", map->name().path, entry.line), kind);
    }
  }
  maps_.push_back(std::move(map));
  return {};
}

PatternMatch AddressPatterns::find(std::string_view address) const {
  const std::string key = canonical_key(address);
  if (key.empty()) return PatternMatch::None;
  if (addresses_.contains(key)) return PatternMatch::Exact;
  const bool is_address = key.find('@') != std::string::npos;
  bool by_domain = is_address && is_plain_local_part(key) && domains_.contains(std::string(mail::domain_of(key)));
  for (const auto& map : maps_) {
    const auto hit = map->find(key);
    if (hit && hit->is_exact) return PatternMatch::Exact;
    by_domain = by_domain || hit.has_value();
  }
  return by_domain ? PatternMatch::Domain : PatternMatch::None;
}

void AddressPatterns::add_addresses(std::set<std::string>& out) const {
  out.insert(addresses_.begin(), addresses_.end());
  for (const auto& map : maps_) {
    const auto* text = dynamic_cast<const TextMap*>(map.get());
    if (text == nullptr) continue;
    for (const MapEntry& entry : text->entries()) {
      if (entry.form == KeyForm::Address) out.insert(entry.key);
    }
  }
}

}  // namespace graph_milter::policy
