// SPDX-License-Identifier: Apache-2.0
#include "core/policy/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr int kMappedBits = 96;  // of ::ffff:0:0/96 before the IPv4 address
constexpr Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool is_mapped(const Bytes& bytes) {
  return std::equal(bytes.begin(), bytes.begin() + kMappedBits / 8, kMapped.begin());
}

// Whether the first `prefix` bits are equal.
bool equal_bits(const Bytes& a, const Bytes& b, int prefix) {
  const auto whole = static_cast<std::ptrdiff_t>(prefix / 8);
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  if (prefix % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xFFU << (8 - prefix % 8));
  const auto at = static_cast<std::size_t>(whole);
  return ((a[at] ^ b[at]) & mask) == 0;
}

Bytes masked(Bytes bytes, int prefix) {
  for (int bit = prefix; bit < 128; ++bit) {
    auto& byte = bytes[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<unsigned char>(byte & ~(0x80U >> (bit % 8)));
  }
  return bytes;
}

std::string print(const Bytes& bytes, bool is_v4) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? bytes.data() + 12 : bytes.data(), text, sizeof text);
  return text;
}

tl::unexpected<Error> refuse(std::string_view where, std::string what, std::string hint = std::string(kNetworkForm)) {
  return fail(ErrorKind::Usage, std::string(where), std::move(what), std::move(hint));
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string word(text);
  IpAddress out;
  if (::inet_pton(AF_INET, word.c_str(), out.bytes.data() + 12) == 1) {
    out.bytes[10] = out.bytes[11] = 0xFF;
    return out;
  }
  if (::inet_pton(AF_INET6, word.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

bool IpAddress::is_v4() const { return is_mapped(bytes); }

bool Network::contains(const IpAddress& address) const { return equal_bits(address.bytes, bytes, prefix); }

bool Network::is_v4() const { return prefix >= kMappedBits && is_mapped(bytes); }

Result<Network> parse_network(std::string_view word, std::string_view where) {
  const auto slash = word.find('/');
  const std::string_view host = word.substr(0, slash);
  const auto address = parse_ip(host);
  if (!address) return refuse(where, format("\"{}\" is not a network or address", escape_for_log(word, 80)));
  const bool written_v4 = host.find(':') == std::string_view::npos;
  const int bits = written_v4 ? 32 : 128;
  int length = bits;
  if (slash != std::string_view::npos) {
    const auto number = parse_unsigned(word.substr(slash + 1));
    if (!number || *number > static_cast<unsigned>(bits)) {
      return refuse(where, format("\"{}\": the length behind / is not 0 to {}", escape_for_log(word, 80), bits));
    }
    length = static_cast<int>(*number);
  }
  Network network;
  network.is_everybody = length == 0;
  network.prefix = written_v4 ? length + kMappedBits : length;
  network.bytes = masked(address->bytes, network.prefix);
  if (network.bytes != address->bytes) {
    return refuse(where, format("\"{}\" has bits behind its prefix", word),
                  format("did you mean {}/{}?", print(network.bytes, written_v4), length));
  }
  return network;
}

}  // namespace graph_milter::policy
