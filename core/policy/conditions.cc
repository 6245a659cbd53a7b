// SPDX-License-Identifier: Apache-2.0
#include "core/policy/conditions.h"

#include <algorithm>
#include <map>
#include <utility>

namespace graph_milter::policy {

namespace {

// Fewer are asked sooner than looked up.
constexpr std::size_t kWorthLookingUp = 8;

Directory& directory_of(const Check* check, std::vector<Directory>& directories) {
  const auto known = std::find_if(directories.begin(), directories.end(),
                                  [&](const Directory& directory) { return directory.check == check; });
  return known != directories.end() ? *known : directories.emplace_back(Directory{check, {}, {}});
}

void add_to_directory(const Rule& rule, const Conditions::Condition& condition, std::vector<Directory>& directories) {
  if (condition.check->names == nullptr) return;
  const auto names = condition.check->names(rule);
  if (!names) return;
  Directory& directory = directory_of(condition.check, directories);
  directory.conditions.push_back(condition.number);
  for (const std::string& name : *names) directory.by_name[name].push_back(condition.number);
}

}  // namespace

Conditions::Conditions(const std::vector<Rule>& rules) {
  std::map<std::pair<const Check*, std::string>, ConditionNumber> numbers;
  for (const Rule& rule : rules) {
    for (const Check* check : checks_of(rule)) {
      const auto next = static_cast<ConditionNumber>(numbers.size());
      const auto [place, is_new] = numbers.emplace(std::pair(check, check->text(rule)), next);
      of_rules_.push_back({place->second, check});
      if (is_new) add_to_directory(rule, of_rules_.back(), directories_);
    }
    ends_.push_back(of_rules_.size());
  }
  count_ = numbers.size();
  std::erase_if(directories_, [](const Directory& directory) { return directory.conditions.size() < kWorthLookingUp; });
}

std::span<const Conditions::Condition> Conditions::of(std::size_t rule) const {
  const std::size_t begin = rule == 0 ? 0 : ends_[rule - 1];
  return std::span(of_rules_).subspan(begin, ends_[rule] - begin);
}

}  // namespace graph_milter::policy
