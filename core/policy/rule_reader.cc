// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rule_reader.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/policy/relay_check.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;
using config::ConfSection;

constexpr std::string_view kSectionPrefix = "rule ";

tl::unexpected<Error> unknown_key(const ConfLine& line) {
  std::vector<std::string_view> names;
  for (const Key& key : all_keys()) names.push_back(key.name);
  const std::string_view near = nearest_word(line.key, names);
  std::string all;
  for (const std::string_view name : names) all += format("{}{}", all.empty() ? "" : ", ", name);
  return refuse(line.where(), format("a rule has no key \"{}\"", escape_for_log(line.key, 80)),
                near.empty() ? "it has " + all : format("did you mean {}?", near));
}

Result<std::string> read_name(const ConfSection& section) {
  const std::string name(section.name.substr(std::min(kSectionPrefix.size(), section.name.size())));
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || is_ascii_digit(c) || c == '.' || c == '_' || c == '-';
  });
  if (good) return name;
  return refuse(section.where(), format("\"{}\" cannot be the name of a rule", escape_for_log(name, 80)),
                "use letters, digits, '.', '_' and '-'");
}

// `of` names the section: "rule scanners".
Status note_place(Places& places, const Key& key, const ConfLine& line, std::string_view of) {
  const auto [place, is_new] = places.emplace(key.name, line.where());
  if (is_new || key.may_repeat) return {};
  return refuse(
      line.where(), format("{} is set twice in {}", line.key, of),
      format("it is set in {} already; write several values in one line, separated by commas", place->second));
}

Result<const Key*> known_key(const ConfLine& line) {
  const Key* key = find_key(line.key);
  if (key == nullptr) return unknown_key(line);
  return key;
}

struct SetKey {
  Rule& rule;
  const ConfLine& line;
  MapStore& maps;

  Status operator()(SetRule set) const { return set(rule, line); }
  Status operator()(SetSetting set) const { return set(rule, line); }
  Status operator()(SetRuleByMap set) const { return set(rule, line, maps); }
  Status operator()(SetSettingByMap set) const { return set(rule, line, maps); }
};

Status set_default(RuleSettings& settings, const Key& key, const ConfLine& line, MapStore& maps) {
  if (const auto* set = std::get_if<SetSetting>(&key.set)) return (*set)(settings, line);
  if (const auto* set_by_map = std::get_if<SetSettingByMap>(&key.set)) return (*set_by_map)(settings, line, maps);
  const bool is_condition = key.kind == KeyKind::Condition;
  return refuse(
      line.where(),
      format("{} is {}, and [defaults] has settings only", line.key, is_condition ? "a condition" : "what a rule does"),
      "write it into each rule that it is for");
}

Result<Places> read_keys(const ConfSection& section, Rule& rule, MapStore& maps) {
  Places places;
  for (const ConfLine& line : section.lines) {
    GM_TRY_ASSIGN(const Key* key, known_key(line));
    GM_TRY(note_place(places, *key, line, "rule " + rule.name));
    GM_TRY(std::visit(SetKey{rule, line, maps}, key->set));
  }
  return places;
}

}  // namespace

Result<Defaults> read_defaults(const config::ConfText& conf, MapStore& maps) {
  Defaults defaults;
  const ConfSection* first = nullptr;
  for (const ConfSection& section : conf.sections) {
    if (section.name != "defaults") continue;
    if (first != nullptr) {
      return refuse(section.where(), "there are two sections [defaults]",
                    format("the other one is in {}; write all into one", first->where()));
    }
    first = &section;
    for (const ConfLine& line : section.lines) {
      GM_TRY_ASSIGN(const Key* key, known_key(line));
      GM_TRY(note_place(defaults.places, *key, line, "[defaults]"));
      GM_TRY(set_default(defaults.settings, *key, line, maps));
    }
  }
  return defaults;
}

Result<Rule> read_rule(const ConfSection& section, const Defaults& defaults,
                       const std::vector<std::string>& tenant_domains, MapStore& maps) {
  Rule rule;
  static_cast<RuleSettings&>(rule) = defaults.settings;
  GM_TRY_ASSIGN(rule.name, read_name(section));
  rule.file = section.file;
  rule.line = section.line;
  GM_TRY_ASSIGN(Places places, read_keys(section, rule, maps));
  if (!places.contains("action")) {
    return refuse(section.where(), format("rule {} has no action", rule.name), "add action = relay or action = pass");
  }
  places.insert(defaults.places.begin(), defaults.places.end());
  GM_TRY(check_reply(rule, places));
  if (rule.action == Action::Relay) GM_TRY(check_relay(rule, places, section.where(), tenant_domains));
  return rule;
}

}  // namespace graph_milter::policy
