// SPDX-License-Identifier: Apache-2.0
// One IP network as people write it: 10.1.20.0/24, 2001:db8::/32, or an address alone.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/base/result.h"

namespace graph_milter::policy {

// IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that both ways to write one address are equal.
struct IpAddress {
  std::array<unsigned char, 16> bytes{};
  bool is_v4() const;
};

// None for what is no address: names, blanks around it, octets with leading zeros.
std::optional<IpAddress> parse_ip(std::string_view text);

struct Network {
  std::array<unsigned char, 16> bytes{};
  int prefix = 128;
  bool is_everybody = false;  // it was written with the length 0

  bool contains(const IpAddress& address) const;
  bool is_v4() const;
};

// Refuses (Usage, at `where`) what is no network, and one with bits behind its prefix.
Result<Network> parse_network(std::string_view word, std::string_view where);
inline constexpr std::string_view kNetworkForm = "write networks as 10.1.20.0/24, 192.0.2.7 or 2001:db8::/32";

}  // namespace graph_milter::policy
