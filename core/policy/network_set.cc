// SPDX-License-Identifier: Apache-2.0
#include "core/policy/network_set.h"

#include <algorithm>
#include <utility>

namespace graph_milter::policy {

namespace {

std::uint64_t big_endian(const unsigned char* bytes) {
  std::uint64_t out = 0;
  for (int i = 0; i < 8; ++i) out = out << 8 | bytes[i];
  return out;
}

// The first `bits` of 64 set.
std::uint64_t leading_ones(int bits) {
  if (bits <= 0) return 0;
  return bits >= 64 ? ~0ULL : ~0ULL << (64 - bits);
}

}  // namespace

std::size_t NetworkSet::Hash::operator()(const Key& key) const {
  const std::uint64_t mixed = (key.high * 0x9E3779B97F4A7C15ULL) ^ (key.low * 0xC2B2AE3D27D4EB4FULL);
  return static_cast<std::size_t>(mixed ^ (mixed >> 29));
}

NetworkSet::Key NetworkSet::key_of(const std::array<unsigned char, 16>& bytes) {
  return {big_endian(bytes.data()), big_endian(bytes.data() + 8)};
}

NetworkSet::Key NetworkSet::mask_of(int prefix) { return {leading_ones(prefix), leading_ones(prefix - 64)}; }

NetworkSet::Key NetworkSet::last_of(const Key& first, int prefix) {
  const Key mask = mask_of(prefix);
  return {first.high | ~mask.high, first.low | ~mask.low};
}

void NetworkSet::add(const Network& network) { add(key_of(network.bytes), network.prefix); }

void NetworkSet::add(const Key& first, int prefix) {
  auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.prefix == prefix; });
  if (group == groups_.end()) {
    groups_.push_back(Group{prefix, mask_of(prefix), {}});
    group = groups_.end() - 1;
  }
  group->networks.insert(first);
}

void NetworkSet::add_all_of(const NetworkSet& other) {
  for (const Group& group : other.groups_) {
    for (const Key& first : group.networks) add(first, group.prefix);
  }
}

bool NetworkSet::contains(const IpAddress& address) const {
  const Key key = key_of(address.bytes);
  return std::any_of(groups_.begin(), groups_.end(),
                     [&](const Group& group) { return group.networks.contains(masked(key, group.mask)); });
}

std::vector<std::string> NetworkSet::beginnings() const {
  std::vector<std::string> out;
  for (const Group& group : groups_) {
    for (const Key& network : group.networks) {
      std::string bytes;
      for (int at = 0; at < group.prefix / 8; ++at) {
        const std::uint64_t half = at < 8 ? network.high : network.low;
        bytes += static_cast<char>(half >> (56 - at % 8 * 8) & 0xff);
      }
      out.push_back(std::move(bytes));
    }
  }
  return out;
}

bool NetworkSet::includes(const NetworkSet& other) const {
  const auto lies_in_ours = [this](const Key& first, int prefix) {
    return std::any_of(groups_.begin(), groups_.end(), [&](const Group& group) {
      return group.prefix <= prefix && group.networks.contains(masked(first, group.mask));
    });
  };
  return std::all_of(other.groups_.begin(), other.groups_.end(), [&](const Group& group) {
    return std::all_of(group.networks.begin(), group.networks.end(),
                       [&](const Key& first) { return lies_in_ours(first, group.prefix); });
  });
}

bool NetworkSet::covers(const Key& first, int prefix) const {
  std::vector<std::pair<Key, Key>> spans;
  for (const Group& group : groups_) {
    for (const Key& start : group.networks) spans.emplace_back(start, last_of(start, group.prefix));
  }
  std::sort(spans.begin(), spans.end());
  Key needed = first;
  const Key end = last_of(first, prefix);
  for (const auto& [from, to] : spans) {
    if (needed < from) return false;
    if (!(to < end)) return true;
    if (!(to < needed)) needed = {to.low == ~0ULL ? to.high + 1 : to.high, to.low + 1};
  }
  return false;
}

bool NetworkSet::holds_everybody() const {
  constexpr Key all_of_ipv4 = {0, 0xFFFFULL << 32};
  constexpr Key routed_ipv6 = {0x2000ULL << 48, 0};
  return covers(all_of_ipv4, 96) || covers(routed_ipv6, 3);
}

}  // namespace graph_milter::policy
