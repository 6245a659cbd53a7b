// SPDX-License-Identifier: Apache-2.0
// Lookup tables as Postfix has them, behind one question: which line is for this key? Values; any thread may ask.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/base/result.h"
#include "core/policy/pattern.h"

namespace graph_milter::policy {

enum class MapKind {
  Text,  // map:FILE: one key a line (text_map.h)
  Cidr,  // cidr:FILE: networks, cidr_table(5) (cidr_map.h)
  Pcre,  // pcre:FILE: patterns, pcre_table(5) (pcre_map.h)
};
std::string_view prefix_of(MapKind kind);  // "map:"

// A map as it is named in the conf file.
struct MapName {
  MapKind kind = MapKind::Text;
  std::string path;

  std::string text() const;  // "cidr:/etc/graph-milter/offices"
  friend bool operator==(const MapName&, const MapName&) = default;
  friend bool operator<(const MapName& a, const MapName& b) {
    return std::tie(a.kind, a.path) < std::tie(b.kind, b.path);
  }
};

// Whether `word` names a map, ours or one of Postfix's other types ("hash:...", so that parse_map_name can refuse it).
bool is_map_word(std::string_view word);

// Refuses (Usage, at `where`) other types and paths that do not begin with '/'.
Result<MapName> parse_map_name(std::string_view word, std::string_view where);

// The form in which maps are asked: an address as mail::canonical_address says, anything without '@' in lower case;
// empty for the rest, which no map has.
std::string canonical_key(std::string_view key);

struct MapHit {
  std::string value;      // what stands behind the key; in pcre: maps $1 is filled in
  int line = 0;           // where the entry begins in its file, from 1
  bool is_exact = false;  // the whole key stands there, not its domain, its user, a network or a pattern
};

class Map {
 public:
  explicit Map(MapName name) : name_(std::move(name)) {}
  virtual ~Map() = default;
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  const MapName& name() const { return name_; }

  // `key` as canonical_key gives it. The empty key is in no map. Patterns that come to an end of what they may do find
  // nothing, and leave no `work`: then nobody knows whether the key is there.
  virtual std::optional<MapHit> find(std::string_view key, PatternWork& work) const = 0;
  std::optional<MapHit> find(std::string_view key) const {
    PatternWork work;
    return find(key, work);
  }

  virtual std::size_t size() const = 0;  // entries

 private:
  const MapName name_;
};

// From the text of a map's file. Usage, naming the file and the line, on anything that is not understood.
Result<std::shared_ptr<const Map>> parse_map(const MapName& name, std::string_view text);

}  // namespace graph_milter::policy
