// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/address_patterns.h"

namespace graph_milter::policy {

tl::unexpected<Error> not_a_pattern(std::string_view word, std::string_view where, PatternKind kind) {
  std::string hint = kind == PatternKind::Login ? "write a login, user@domain, @domain or map:/path"
                                                : "write user@domain, @domain or map:/path";
  return fail(ErrorKind::Usage, std::string(where),
              format("\"{}\" is not an address or domain", escape_for_log(word, 80)), std::move(hint));
}

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

Result<AddressPatterns> AddressPatterns::read(std::span<const std::string> words, std::string_view where,
                                              PatternKind kind) {
  AddressPatterns patterns;
  for (const std::string& word : words) GM_TRY(patterns.add(word, where, kind));
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

Match AddressPatterns::find(const Subject& subject) const {
  if (subject.key.empty()) return Match::No;
  if (addresses_.contains(subject.key)) return Match::Exact;
  return !subject.domain.empty() && domains_.contains(subject.domain) ? Match::Wide : Match::No;
}

Names AddressPatterns::names() const {
  Names out(addresses_.begin(), addresses_.end());
  for (const std::string& domain : domains_) out.push_back("@" + domain);
  return out;
}

bool AddressPatterns::includes(const AddressPatterns& other) const {
  return std::all_of(other.domains_.begin(), other.domains_.end(),
                     [&](const std::string& domain) { return domains_.contains(domain); }) &&
         std::all_of(other.addresses_.begin(), other.addresses_.end(), [&](const std::string& address) {
           return addresses_.contains(address) || find(address_subject(address)) != Match::No;
         });
}

}  // namespace graph_milter::policy
