// SPDX-License-Identifier: Apache-2.0
// Addresses by pattern, and the forms in which addresses and logins are compared. Values; any thread may ask.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/result.h"
#include "core/policy/matcher.h"

namespace graph_milter::policy {

enum class PatternKind {
  Address,
  Login,  // also words without '@', as SASL logins may be
};

// A set of exact addresses (user@domain) and domains (@domain; subdomains do not match). Compared in canonical form
// (mail::canonical_address).
class AddressPatterns {
 public:
  // Usage, at `where`, on anything else.
  static Result<AddressPatterns> read(std::span<const std::string> words, std::string_view where,
                                      PatternKind kind = PatternKind::Address);

  // Wide: by its domain. A domain matches only plain local parts: ASCII, a dot-atom, without the '%' and '!' of old
  // routing.
  Match find(const Subject& subject) const;

  // Whatever the other one matches is matched.
  bool includes(const AddressPatterns& other) const;

  Names names() const;  // of all that match (subject.h)

  // The exact addresses, canonical.
  void add_addresses(std::set<std::string>& out) const { out.insert(addresses_.begin(), addresses_.end()); }

  // Canonical, in order.
  const std::vector<std::string>& written_domains() const { return written_domains_; }

 private:
  Status add(std::string_view word, std::string_view where, PatternKind kind);

  std::unordered_set<std::string> addresses_;
  std::unordered_set<std::string> domains_;
  std::vector<std::string> written_domains_;
};

// What is wrong with a word that should be an address or, in a list of logins, a login.
tl::unexpected<Error> not_a_pattern(std::string_view word, std::string_view where, PatternKind kind);

// A domain as addresses are compared, or empty if it is none.
std::string canonical_domain(std::string_view domain);

// A login as logins are compared: an address in canonical form, or a word without '@' in lower case; empty for anything
// else.
std::string canonical_login(std::string_view login);

// No quotes, no old routing, ASCII.
bool is_plain_local_part(std::string_view canonical_address);

}  // namespace graph_milter::policy
