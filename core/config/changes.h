// SPDX-License-Identifier: Apache-2.0
// What a new configuration changes while the daemon runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/option_table.h"

namespace graph_milter::config {

struct OptionChange {
  std::string_view name;
  std::string before;  // as in a conf file; "***" for secrets
  std::string after;
  Reload reload = Reload::Restart;
  friend bool operator==(const OptionChange&, const OptionChange&) = default;
};

// In the order of the option table.
std::vector<OptionChange> find_changes(const Settings& before, const Settings& after);

// `in_force` with the options of `fresh` that take effect without a restart.
Settings with_live_options(Settings in_force, const Settings& fresh);

}  // namespace graph_milter::config
