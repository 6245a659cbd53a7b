// SPDX-License-Identifier: Apache-2.0
// The keys of [rule NAME] and [defaults]: one table in three pieces, by what a key is for. A new key is a row there, a
// member of Rule or RuleSettings, and a paragraph in man/graph-milter-policy.5.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/config/conf_text.h"
#include "core/policy/map_store.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

// Reads the value of one line. Usage, at the line, for what is no such value.
using SetRule = Status (*)(Rule&, const config::ConfLine&);
using SetSetting = Status (*)(RuleSettings&, const config::ConfLine&);
// The same for a value that may name maps; they are opened through the store.
using SetRuleByMap = Status (*)(Rule&, const config::ConfLine&, MapStore&);
using SetSettingByMap = Status (*)(RuleSettings&, const config::ConfLine&, MapStore&);

enum class KeyKind {
  Condition,  // whom a rule is for
  Outcome,    // the action and its words; each rule says them itself
  Setting,    // how it is done; also in [defaults]
};

struct Key {
  std::string_view name;
  KeyKind kind;
  std::variant<SetRule, SetSetting, SetRuleByMap, SetSettingByMap> set;  // SetSetting for settings, and nothing else
  bool may_repeat = false;                                               // several lines add up
};

std::span<const Key> condition_keys();  // keys_condition.cc
std::span<const Key> outcome_keys();    // keys_outcome.cc
std::span<const Key> setting_keys();    // keys_setting.cc

// All of them, in that order.
const std::vector<Key>& all_keys();
const Key* find_key(std::string_view name);

// --- for the pieces ---

tl::unexpected<Error> refuse(std::string where, std::string what, std::string hint);

// "KEY = VALUE is not known", with the nearest of `words`, or all of them: "write strict or tolerant".
tl::unexpected<Error> refuse_word(const config::ConfLine& line, std::span<const std::string_view> words);

// The index of the value in `words`; Usage by refuse_word.
Result<std::size_t> read_word(const config::ConfLine& line, std::span<const std::string_view> words);

Result<bool> read_boolean(const config::ConfLine& line);
Result<ByteCount> read_size(const config::ConfLine& line);

}  // namespace graph_milter::policy
