// SPDX-License-Identifier: Apache-2.0
#include "core/http/address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace graph_milter::http {
namespace {

struct Prefix4 {
  std::array<std::uint8_t, 4> bytes;
  int bits;
};

constexpr Prefix4 kNotPublic4[] = {
    {{0, 0, 0, 0}, 8},        // this network
    {{10, 0, 0, 0}, 8},       // private
    {{100, 64, 0, 0}, 10},    // carrier NAT
    {{127, 0, 0, 0}, 8},      // loopback
    {{169, 254, 0, 0}, 16},   // link-local, metadata services
    {{172, 16, 0, 0}, 12},    // private
    {{192, 0, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2, 0}, 24},     // documentation
    {{192, 88, 99, 0}, 24},   // 6to4 relays, retired
    {{192, 168, 0, 0}, 16},   // private
    {{198, 18, 0, 0}, 15},    // benchmarking
    {{198, 51, 100, 0}, 24},  // documentation
    {{203, 0, 113, 0}, 24},   // documentation
    {{224, 0, 0, 0}, 3},      // multicast, reserved, broadcast
};

struct Prefix6 {
  std::array<std::uint8_t, 6> bytes;
  int bits;
};

// Within 2000::/3, the only range that is handed out.
constexpr Prefix6 kNotPublic6[] = {
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments, Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4
    {{0x3f, 0xff, 0x00}, 20},        // documentation
};

constexpr std::array<std::uint8_t, 12> kNat64 = {0x00, 0x64, 0xff, 0x9b};  // 64:ff9b::/96, RFC 6052

bool begins_with(std::span<const std::uint8_t> address, std::span<const std::uint8_t> prefix, int bits) {
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const int in_this_byte = std::min(bits, 8);
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - in_this_byte));
    if ((address[i] & mask) != (prefix[i] & mask)) return false;
  }
  return true;
}

bool is_public_4(std::span<const std::uint8_t> address) {
  return std::none_of(std::begin(kNotPublic4), std::end(kNotPublic4),
                      [&](const Prefix4& prefix) { return begins_with(address, prefix.bytes, prefix.bits); });
}

bool is_public_6(std::span<const std::uint8_t> address) {
  if (begins_with(address, kNat64, 96)) return is_public_4(address.subspan(12));
  if ((address[0] & 0xE0) != 0x20) return false;
  return std::none_of(std::begin(kNotPublic6), std::end(kNotPublic6),
                      [&](const Prefix6& prefix) { return begins_with(address, prefix.bytes, prefix.bits); });
}

}  // namespace

bool is_public_address(const sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return is_public_4(bytes);
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    return is_public_6(v6.sin6_addr.s6_addr);
  }
  return false;
}

}  // namespace graph_milter::http
