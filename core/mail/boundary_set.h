// SPDX-License-Identifier: Apache-2.0
// The boundaries of the multiparts that are open, found by the line they begin.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace graph_milter::mail {

// No member is a prefix of another one. So at most one member begins a given line, and it is the last member that is
// not greater than the line: a look-up costs the logarithm of the depth, not the depth.
class BoundarySet {
 public:
  // False, and nothing changed, if the boundary equals a member, is a prefix of one, or has one as its prefix.
  bool add(std::string_view boundary, std::size_t level);
  void remove(std::string_view boundary);
  bool empty() const { return levels_.empty(); }

  struct Match {
    std::size_t level = 0;
    std::string_view rest;  // of the line, behind the boundary
  };
  // `line` without its line end. Empty if it does not begin with "--" and a member.
  std::optional<Match> match(std::string_view line) const;

 private:
  std::map<std::string, std::size_t, std::less<>> levels_;
};

}  // namespace graph_milter::mail
