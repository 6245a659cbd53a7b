// SPDX-License-Identifier: Apache-2.0
// What the rules of a policy ask. Many rules ask the same in the same words: that is one condition.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/policy/match.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

using ConditionNumber = std::uint32_t;

// The conditions of one check that list by name for whom they hold, found by these names: a message asks those that
// name somebody in it, and no others, however many there are.
struct Directory {
  const Check* check = nullptr;
  std::vector<ConditionNumber> conditions;
  std::unordered_map<std::string, std::vector<ConditionNumber>> by_name;
};

// A value; any thread may look.
class Conditions {
 public:
  struct Condition {
    ConditionNumber number = 0;  // below count(); alike where the same is asked
    const Check* check = nullptr;
  };

  explicit Conditions(const std::vector<Rule>& rules);

  // Those of a rule, in the order of the table of checks.
  std::span<const Condition> of(std::size_t rule) const;

  std::size_t count() const { return count_; }  // different ones
  const std::vector<Directory>& directories() const { return directories_; }

 private:
  std::vector<Condition> of_rules_;  // of all rules, one behind the other: they are walked for each message
  std::vector<std::size_t> ends_;    // where those of each rule end
  std::size_t count_ = 0;
  std::vector<Directory> directories_;
};

}  // namespace graph_milter::policy
