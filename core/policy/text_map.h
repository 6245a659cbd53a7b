// SPDX-License-Identifier: Apache-2.0
// map:FILE: one key a line, what it means behind it.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/policy/map.h"

namespace graph_milter::policy {

enum class KeyForm {
  Address,  // user@domain
  Domain,   // @domain, without its subdomains
  User,     // user@: of any domain
  Word,     // anything without '@': a login
};

struct MapEntry {
  std::string key;    // canonical; a domain with its '@', a user with its '@'
  std::string value;  // empty: none
  int line = 0;       // from 1
  KeyForm form = KeyForm::Word;
};

// An address is looked up as Postfix's access(5) does it: user@domain, then its domain (written @domain here, as in
// canonical(5)), then user@. Nothing else is folded: no address extension is cut off. What stands for many matches only
// plain local parts: ASCII, a dot-atom, without the '%' and '!' of old routing.
class TextMap final : public Map {
 public:
  // Refuses (Usage, naming the line) keys that are none of these forms, and a key that is there twice, in whatever case
  // or form of the domain it is written: Postfix takes the first with a warning, but a map may say who is allowed to do
  // what, and then one of the two lines is a mistake.
  static Result<std::shared_ptr<const Map>> parse(const MapName& name, std::string_view text);
  // The same for a map that is known to be one.
  static Result<std::shared_ptr<const TextMap>> parse_text(const MapName& name, std::string_view text);

  explicit TextMap(MapName name) : Map(std::move(name)) {}

  using Map::find;
  std::optional<MapHit> find(std::string_view key, PatternWork& work) const override;
  std::size_t size() const override { return entries_.size(); }

  // In the order of the file.
  const std::vector<MapEntry>& entries() const { return entries_; }

 private:
  Status add(std::string_view line, int number);
  std::optional<MapHit> hit(std::string_view key, bool is_exact) const;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::vector<MapEntry> entries_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_key_;
};

}  // namespace graph_milter::policy
