// SPDX-License-Identifier: Apache-2.0
// Gives each of some things a partner of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace graph_milter::targets {

inline constexpr std::size_t kNoPartner = static_cast<std::size_t>(-1);

// As many of `left` things as possible each get one of `right` things for which fits(l, r) holds (a maximum matching in
// a bipartite graph, by augmenting paths). Returns for each left thing its partner, or kNoPartner. A left thing that
// comes first keeps its partner, though not always the same one, when later ones are added.
std::vector<std::size_t> match(std::size_t left, std::size_t right,
                               const std::function<bool(std::size_t, std::size_t)>& fits);

}  // namespace graph_milter::targets
