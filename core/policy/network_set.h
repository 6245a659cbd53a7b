// SPDX-License-Identifier: Apache-2.0
// A set of networks that is asked in a few steps however many networks it holds.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "core/policy/network.h"

namespace graph_milter::policy {

// A value; any thread may ask.
class NetworkSet {
 public:
  void add(const Network& network);
  void add_all_of(const NetworkSet& other);

  bool contains(const IpAddress& address) const;

  // Every network of `other` lies in one of ours.
  bool includes(const NetworkSet& other) const;

  // Of each network the bytes that are the same in all its addresses, as far as they are whole.
  std::vector<std::string> beginnings() const;

  // The networks together, however they are cut up, hold all of IPv4 or all of what is routed of IPv6 (2000::/3).
  bool holds_everybody() const;

 private:
  struct Key {  // 128 bits
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const Key&, const Key&) = default;
    friend bool operator<(const Key& a, const Key& b) { return std::tie(a.high, a.low) < std::tie(b.high, b.low); }
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  // The networks of one prefix length.
  struct Group {
    int prefix = 0;
    Key mask;
    std::unordered_set<Key, Hash> networks;
  };

  static Key key_of(const std::array<unsigned char, 16>& bytes);
  static Key mask_of(int prefix);
  static Key masked(const Key& key, const Key& mask) { return {key.high & mask.high, key.low & mask.low}; }
  static Key last_of(const Key& first, int prefix);
  void add(const Key& first, int prefix);
  bool covers(const Key& first, int prefix) const;

  std::vector<Group> groups_;
};

}  // namespace graph_milter::policy
