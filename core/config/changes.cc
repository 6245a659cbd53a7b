// SPDX-License-Identifier: Apache-2.0
#include "core/config/changes.h"

namespace graph_milter::config {

std::vector<OptionChange> find_changes(const Settings& before, const Settings& after) {
  std::vector<OptionChange> out;
  for (const Option& option : option_table()) {
    std::string old_value = option.type.get(before);
    std::string new_value = option.type.get(after);
    if (old_value == new_value) continue;
    if (option.secret) old_value = new_value = "***";
    out.push_back({option.name, std::move(old_value), std::move(new_value), option.reload});
  }
  return out;
}

Settings with_live_options(Settings in_force, const Settings& fresh) {
  for (const Option& option : option_table()) {
    if (option.reload == Reload::Live) option.type.set(in_force, std::string(option.name), option.type.get(fresh));
  }
  return in_force;
}

}  // namespace graph_milter::config
