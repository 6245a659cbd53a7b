// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/policy/condition.h"

namespace graph_milter::policy {

namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr int kMappedBits = 96;  // of ::ffff:0:0/96 before the IPv4 address (RFC 4291 section 2.5.5.2)
constexpr std::string_view kForm = "write networks as 10.1.20.0/24, 192.0.2.7 or 2001:db8::/32";

struct Address {
  Bytes bytes{};
  bool is_v4 = false;
};

std::optional<Address> parse_address(const std::string& text) {
  Address out;
  if (::inet_pton(AF_INET, text.c_str(), out.bytes.data() + 12) == 1) {
    out.is_v4 = true;
    out.bytes[10] = out.bytes[11] = 0xFF;
    return out;
  }
  if (::inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
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

tl::unexpected<Error> refuse(std::string_view where, std::string what, std::string hint = std::string(kForm)) {
  return fail(ErrorKind::Usage, std::string(where), std::move(what), std::move(hint));
}

}  // namespace

Result<NetworkList::Network> NetworkList::parse_network(std::string_view word, std::string_view where) {
  const auto slash = word.find('/');
  const auto address = parse_address(std::string(word.substr(0, slash)));
  if (!address) return refuse(where, format("\"{}\" is not a network or address", escape_for_log(word, 80)));
  const int bits = address->is_v4 ? 32 : 128;
  int prefix = bits;
  if (slash != std::string_view::npos) {
    const auto length = parse_unsigned(word.substr(slash + 1));
    if (!length || *length > static_cast<unsigned>(bits)) {
      return refuse(where, format("\"{}\": the length behind / is not 0 to {}", escape_for_log(word, 80), bits));
    }
    prefix = static_cast<int>(*length);
  }
  Network network;
  network.is_everybody = prefix == 0;
  network.prefix = address->is_v4 ? prefix + kMappedBits : prefix;
  network.bytes = masked(address->bytes, network.prefix);
  if (network.bytes != address->bytes) {
    return refuse(where, format("\"{}\" has bits behind its prefix", word),
                  format("did you mean {}/{}?", print(network.bytes, address->is_v4), prefix));
  }
  return network;
}

Result<NetworkList> NetworkList::parse(std::string_view text, std::string_view where) {
  NetworkList list;
  list.text_ = trim(text);
  for (const std::string& word : split_list(text)) {
    GM_TRY_ASSIGN(const Network network, parse_network(word, where));
    list.networks_.push_back(network);
  }
  if (list.networks_.empty()) return refuse(where, "an empty list of networks");
  return list;
}

bool NetworkList::contains(std::string_view address) const {
  const auto parsed = parse_address(std::string(address));
  if (!parsed) return false;
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return masked(parsed->bytes, network.prefix) == network.bytes; });
}

bool NetworkList::holds_everybody() const {
  return std::any_of(networks_.begin(), networks_.end(), [](const Network& network) { return network.is_everybody; });
}

}  // namespace graph_milter::policy
