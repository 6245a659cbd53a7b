// SPDX-License-Identifier: Apache-2.0
// The rules of a policy, asked about one message. Each condition is asked once at most, when the first rule needs it.
#pragma once

#include <optional>
#include <vector>

#include "core/policy/conditions.h"
#include "core/policy/match.h"
#include "core/policy/question.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

// For one thread; what it is made of must outlive it.
class Inquiry {
 public:
  // `conditions` are those of `rules`.
  Inquiry(const std::vector<Rule>& rules, const Conditions& conditions, Question& question);

  Outcome ask_all(std::size_t rule) { return ask(rule, true); }
  // Only what the envelope knows.
  Outcome ask_envelope(std::size_t rule) { return ask(rule, false); }

 private:
  Outcome ask(std::size_t rule, bool with_content);
  Holds answer(std::size_t rule, const Conditions::Condition& condition);
  void look_up(const Check& check);

  const std::vector<Rule>& rules_;
  const Conditions& conditions_;
  Question& question_;
  std::vector<std::optional<Holds>> answers_;  // by number
  std::vector<bool> looked_up_;                // of each directory
};

}  // namespace graph_milter::policy
