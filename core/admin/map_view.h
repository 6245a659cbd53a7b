// SPDX-License-Identifier: Apache-2.0
// What a map has for a key, for people and for programs. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/admin/words.h"
#include "core/policy/map.h"

namespace graph_milter::admin {

// Words: the value, a TAB, file and line; nothing if the map has no such key.
std::string print_map_answer(const policy::MapName& map, const std::string& key,
                             const std::optional<policy::MapHit>& hit, Form form);

}  // namespace graph_milter::admin
