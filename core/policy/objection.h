// SPDX-License-Identifier: Apache-2.0
// What forbids to relay a message although a relay rule matches it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/policy/question.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

struct Objection {
  std::string reason;  // stable code
  std::string text;
};

// REQUIRES: the rule relays, and all its conditions hold.
std::optional<Objection> objection(const Rule& rule, Question& question,
                                   const std::vector<std::string>& tenant_domains);

}  // namespace graph_milter::policy
