// SPDX-License-Identifier: Apache-2.0
#include "core/policy/inquiry.h"

namespace graph_milter::policy {

Inquiry::Inquiry(const std::vector<Rule>& rules, const Conditions& conditions, Question& question)
    : rules_(rules),
      conditions_(conditions),
      question_(question),
      answers_(conditions.count()),
      looked_up_(conditions.directories().size()) {}

Outcome Inquiry::ask(std::size_t rule, bool with_content) {
  Outcome unknown;
  for (const Conditions::Condition& condition : conditions_.of(rule)) {
    if (condition.check->asks_content && !with_content) continue;
    const Holds holds = answer(rule, condition);
    if (holds == Holds::No) return {holds, condition.check};
    // One condition that surely does not hold settles what another one leaves open.
    if (holds == Holds::Unknown && unknown.decided == nullptr) unknown = {holds, condition.check};
  }
  return unknown;
}

Holds Inquiry::answer(std::size_t rule, const Conditions::Condition& condition) {
  std::optional<Holds>& known = answers_[condition.number];
  if (!known) look_up(*condition.check);
  if (!known) known = condition.check->holds(rules_[rule], question_);
  return *known;
}

// Answers all conditions of the check that name nobody in the message.
void Inquiry::look_up(const Check& check) {
  const std::vector<Directory>& directories = conditions_.directories();
  for (std::size_t i = 0; i < directories.size(); ++i) {
    if (directories[i].check != &check || looked_up_[i]) continue;
    looked_up_[i] = true;
    for (const ConditionNumber number : directories[i].conditions) answers_[number] = Holds::No;
    for (const std::string& name : check.names_in(question_)) {
      const auto found = directories[i].by_name.find(name);
      if (found == directories[i].by_name.end()) continue;
      for (const ConditionNumber number : found->second) answers_[number] = std::nullopt;
    }
  }
}

}  // namespace graph_milter::policy
