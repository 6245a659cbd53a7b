// SPDX-License-Identifier: Apache-2.0
// The conditions a rule is made of: networks, and addresses by pattern or map.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::policy {

// IPv4 and IPv6 networks in CIDR form; a bare address is a network of one. v4-mapped IPv6 matches its IPv4 network.
class NetworkList {
 public:
  static Result<NetworkList> parse(std::string_view text, std::string_view where);
  bool contains(std::string_view address) const;

 private:
  struct Network {
    unsigned char bytes[16];  // IPv4 as ::ffff:a.b.c.d
    int prefix = 128;
  };
  std::vector<Network> networks_;
};

// A list of exact addresses (user@domain), domains (@domain; subdomains do not match) and map files (map:/path, one
// pattern a line in Postfix's form, right-hand sides ignored). Compared canonically.
class AddressPatterns {
 public:
  static Result<AddressPatterns> parse(std::string_view text, std::string_view where);
  bool matches(std::string_view address) const;

 private:
  std::unordered_set<std::string> addresses_;
  std::unordered_set<std::string> domains_;
};

}  // namespace graph_milter::policy
