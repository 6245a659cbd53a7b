// SPDX-License-Identifier: Apache-2.0
// The conditions a rule is made of: networks, and addresses by pattern or map. Values; any thread may ask.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/result.h"
#include "core/policy/map_store.h"
#include "core/policy/network.h"

namespace graph_milter::policy {

// IPv4 and IPv6 networks in CIDR form; a bare address is a network of one. v4-mapped IPv6 matches its IPv4 network.
class NetworkList {
 public:
  // Separated by commas or blanks. Refuses (Usage, at `where`) what is no network, and one with bits behind its prefix.
  static Result<NetworkList> parse(std::string_view text, std::string_view where);

  // False for what is no address, also for the empty one: what the MTA did not say matches nothing.
  bool contains(std::string_view address) const;

  // One of the networks holds all addresses of its family.
  bool holds_everybody() const;

  const std::string& text() const { return text_; }  // as it was written

 private:
  std::vector<Network> networks_;
  std::string text_;
};

enum class PatternKind {
  Address,
  Login,  // also words without '@', as SASL logins may be
};

// How an address was found. A domain says less than an address: see Policy.
enum class PatternMatch { None, Domain, Exact };

// A list of exact addresses (user@domain), domains (@domain; subdomains do not match) and maps (map:/path and the other
// kinds of map.h, whose values are not asked for). Compared in canonical form (mail::canonical_address).
class AddressPatterns {
 public:
  // Separated by commas or blanks; maps are read now, through `maps`. Usage, at `where` or in the map's line, on
  // anything else.
  static Result<AddressPatterns> parse(std::string_view text, std::string_view where, MapStore& maps,
                                       PatternKind kind = PatternKind::Address);

  // A domain matches only plain local parts: ASCII, a dot-atom, without the '%' and '!' of old routing.
  PatternMatch find(std::string_view address) const;
  bool matches(std::string_view address) const { return find(address) != PatternMatch::None; }

  // Domains of the patterns that stand in the conf file itself, not in maps; canonical, in order.
  const std::vector<std::string>& written_domains() const { return written_domains_; }

  // The exact addresses, canonical, those of maps too.
  void add_addresses(std::set<std::string>& out) const;

  const std::string& text() const { return text_; }  // as it was written

 private:
  Status add(std::string_view word, std::string_view where, PatternKind kind);
  Status add_map(std::string_view word, std::string_view where, PatternKind kind, MapStore& maps);

  std::unordered_set<std::string> addresses_;
  std::unordered_set<std::string> domains_;
  std::vector<std::shared_ptr<const Map>> maps_;
  std::vector<std::string> written_domains_;
  std::string text_;
};

// A domain as addresses are compared, or empty if it is none.
std::string canonical_domain(std::string_view domain);

// A login as logins are compared: an address in canonical form, or a word without '@' in lower case; empty for anything
// else.
std::string canonical_login(std::string_view login);

// No quotes, no old routing, ASCII.
bool is_plain_local_part(std::string_view canonical_address);

}  // namespace graph_milter::policy
