// SPDX-License-Identifier: Apache-2.0
// cidr:FILE: networks in order, as Postfix's cidr_table(5).
#pragma once

#include <vector>

#include "core/policy/first_match.h"
#include "core/policy/map.h"
#include "core/policy/network_set.h"

namespace graph_milter::policy {

// The first line that matches decides. "!network" matches what is outside it, within its family only (IPv4 or IPv6), as
// in Postfix; an IPv4 address that is written as IPv6 (::ffff:a.b.c.d) is IPv4. Addresses may stand in [brackets]; if
// and endif enclose lines. Keys that are no addresses match nothing.
class CidrMap final : public Map {
 public:
  // Usage, naming the line, on what is no network, bits behind the prefix, a network that is there twice in one block,
  // if without endif and the other way round.
  static Result<std::shared_ptr<const Map>> parse(const MapName& name, std::string_view text);

  explicit CidrMap(MapName name) : Map(std::move(name)) {}

  using Map::find;
  std::optional<MapHit> find(std::string_view key, PatternWork& work) const override;
  std::size_t size() const override { return table_.size(); }

  // All that it can match, and perhaps more; nullptr: a line has a '!', and matches what nobody lists.
  const NetworkSet* networks() const { return has_negated_ ? nullptr : &networks_; }

  // Some line, outside every if, matches all addresses of a family or all but those of a network.
  bool holds_everybody() const { return holds_everybody_; }

 private:
  FirstMatch<Network> table_;
  NetworkSet networks_;
  bool has_negated_ = false;
  bool holds_everybody_ = false;
};

}  // namespace graph_milter::policy
