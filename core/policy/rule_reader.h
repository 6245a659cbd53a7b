// SPDX-License-Identifier: Apache-2.0
// From a [rule NAME] section to a Rule.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/conf_text.h"
#include "core/policy/policy.h"

namespace graph_milter::policy {

// `tenant_domains` are canonical. Usage, naming file and line: see Policy::read.
Result<Rule> read_rule(const config::ConfSection& section, const std::vector<std::string>& tenant_domains);

}  // namespace graph_milter::policy
