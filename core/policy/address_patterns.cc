// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/condition.h"
#include "core/policy/map_file.h"

namespace graph_milter::policy {

namespace {

constexpr std::string_view kMapPrefix = "map:";
constexpr std::string_view kPostfixTypes[] = {
    "hash:", "texthash:", "lmdb:", "cdb:", "btree:", "regexp:", "pcre:", "cidr:"};

tl::unexpected<Error> not_a_pattern(std::string_view word, std::string_view where, PatternKind kind) {
  const bool other_table = std::any_of(std::begin(kPostfixTypes), std::end(kPostfixTypes),
                                       [&](std::string_view type) { return word.starts_with(type); });
  std::string hint = kind == PatternKind::Login ? "write a login, user@domain, @domain or map:/path"
                                                : "write user@domain, @domain or map:/path";
  if (other_table) hint = "only map:/path is read here: a text file in the form that postmap reads";
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

Result<AddressPatterns> AddressPatterns::parse(std::string_view text, std::string_view where, PatternKind kind) {
  AddressPatterns patterns;
  patterns.text_ = trim(text);
  const std::vector<std::string> words = split_list(text);
  if (words.empty()) return fail(ErrorKind::Usage, std::string(where), "an empty list of addresses");
  for (const std::string& word : words) {
    if (word.starts_with(kMapPrefix)) {
      GM_TRY(patterns.add_map(word.substr(kMapPrefix.size()), where, kind));
    } else {
      GM_TRY(patterns.add(word, where, kind, false));
    }
  }
  return patterns;
}

Status AddressPatterns::add(std::string_view word, std::string_view where, PatternKind kind, bool in_map) {
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
  if (!in_map && !domain.empty() && is_new) written_domains_.push_back(domain);
  return {};
}

Status AddressPatterns::add_map(const std::string& path, std::string_view where, PatternKind kind) {
  if (!path.starts_with('/')) {
    return fail(ErrorKind::Usage, std::string(where),
                format("map:{} is not an absolute path", escape_for_log(path, 200)), "write map:/path");
  }
  auto entries = read_map_file(path);
  if (!entries) {
    Error error = std::move(entries).error();
    if (error.where == path) error.where = format("{}: map:{}", where, path);
    return fail(std::move(error));
  }
  for (const MapEntry& entry : *entries) GM_TRY(add(entry.key, format("{}:{}", path, entry.line), kind, true));
  return {};
}

PatternMatch AddressPatterns::find(std::string_view address) const {
  if (address.empty()) return PatternMatch::None;
  const auto canonical = mail::canonical_address(address);
  if (!canonical) {
    const bool is_word = address.find('@') == std::string_view::npos;
    return is_word && addresses_.contains(to_lower(address)) ? PatternMatch::Exact : PatternMatch::None;
  }
  if (addresses_.contains(*canonical)) return PatternMatch::Exact;
  const bool in_domain = is_plain_local_part(*canonical) && domains_.contains(std::string(mail::domain_of(*canonical)));
  return in_domain ? PatternMatch::Domain : PatternMatch::None;
}

}  // namespace graph_milter::policy
