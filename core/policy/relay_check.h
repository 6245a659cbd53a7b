// SPDX-License-Identifier: Apache-2.0
// A relay rule is the only authority by which mail leaves through Graph: it must not be possible to write one that
// gives it away by leaving something out.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/policy/rule_reader.h"

namespace graph_milter::policy {

// Usage at the key in `places`, or at `where` (the section) for what is missing. REQUIRES: the rule relays.
Status check_relay(const Rule& rule, const Places& places, const std::string& where,
                   const std::vector<std::string>& tenant_domains);

// Usage where the words for the client do not fit what the rule does.
Status check_reply(const Rule& rule, const Places& places);

}  // namespace graph_milter::policy
