// SPDX-License-Identifier: Apache-2.0
// pcre:FILE: patterns in order, as Postfix's pcre_table(5).
#pragma once

#include <string>
#include <vector>

#include "core/policy/first_match.h"
#include "core/policy/map.h"
#include "core/policy/pattern.h"

namespace graph_milter::policy {

// A value with the texts of groups in it: "$1", "${1}", "$(1)"; "$$" is a dollar.
class ValueTemplate {
 public:
  // Usage, at `where`, on a dollar that is none of these, and on a group beyond `most_groups`.
  static Result<ValueTemplate> read(std::string_view text, std::size_t most_groups, const std::string& where);

  std::string fill(const std::vector<std::string>& groups) const;

 private:
  struct Piece {
    std::string text;
    std::size_t group = 0;  // 0: the text
  };
  std::vector<Piece> pieces_;
};

// The first line that matches decides. A pattern is /EXPRESSION/FLAGS, or has any other delimiter that is no letter,
// digit or blank; "!" before it turns it round; if and endif enclose lines. Upper and lower case are alike, and .
// matches line ends, unless the flags i and s say otherwise: as in Postfix, a flag turns round what is usual. Keys are
// asked in canonical form (map.h). A search that comes to the end of its work finds nothing, and leaves nothing of it.
class PcreMap final : public Map {
 public:
  // Usage, naming the line, on what is no pattern, a pattern that is there twice in one block, a value that names a
  // group which the pattern does not have, if without endif and the other way round.
  static Result<std::shared_ptr<const Map>> parse(const MapName& name, std::string_view text);

  explicit PcreMap(MapName name) : Map(std::move(name)) {}

  using Map::find;
  std::optional<MapHit> find(std::string_view key, PatternWork& work) const override;
  std::size_t size() const override { return table_.size(); }

 private:
  struct Condition {
    Pattern pattern;
    ValueTemplate value;
  };
  class Reader;

  FirstMatch<Condition> table_;
};

}  // namespace graph_milter::policy
