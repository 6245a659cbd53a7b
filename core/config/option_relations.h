// SPDX-License-Identifier: Apache-2.0
// What must hold between options, each of which is right by itself. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/config/settings.h"

namespace graph_milter::config {

struct Conflict {
  std::string option;  // whose line is to blame
  std::string what;
  std::string hint;  // may be empty
};

std::vector<Conflict> find_conflicts(const Settings& settings);

}  // namespace graph_milter::config
