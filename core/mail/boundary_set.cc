// SPDX-License-Identifier: Apache-2.0
#include "core/mail/boundary_set.h"

#include <iterator>

namespace graph_milter::mail {

bool BoundarySet::add(std::string_view boundary, std::size_t level) {
  const auto after = levels_.lower_bound(boundary);
  if (after != levels_.end() && after->first.starts_with(boundary)) return false;
  if (after != levels_.begin() && boundary.starts_with(std::prev(after)->first)) return false;
  levels_.emplace_hint(after, boundary, level);
  return true;
}

void BoundarySet::remove(std::string_view boundary) {
  const auto found = levels_.find(boundary);
  if (found != levels_.end()) levels_.erase(found);
}

std::optional<BoundarySet::Match> BoundarySet::match(std::string_view line) const {
  if (!line.starts_with("--")) return std::nullopt;
  line.remove_prefix(2);
  const auto after = levels_.upper_bound(line);
  if (after == levels_.begin()) return std::nullopt;
  const auto& [boundary, level] = *std::prev(after);
  if (!line.starts_with(boundary)) return std::nullopt;
  return Match{level, line.substr(boundary.size())};
}

}  // namespace graph_milter::mail
