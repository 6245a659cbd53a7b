// SPDX-License-Identifier: Apache-2.0
// Keys that say what becomes of a message that matches.
#include <array>

#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;

constexpr std::array<std::string_view, 2> kActions = {"pass", "relay"};  // in the order of Action

Status set_action(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(const std::size_t action, read_word(line, kActions));
  rule.action = static_cast<Action>(action);
  return {};
}

constexpr std::array kKeys = {
    Key{"action", KeyKind::Outcome, set_action},
};

}  // namespace

std::string_view name_of(Action action) { return kActions[static_cast<std::size_t>(action)]; }

std::span<const Key> outcome_keys() { return kKeys; }

}  // namespace graph_milter::policy
