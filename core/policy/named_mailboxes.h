// SPDX-License-Identifier: Apache-2.0
// Which mailboxes the rules name one by one. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/policy/policy.h"

namespace graph_milter::policy {

// Canonical addresses, each once, in order: of every rule that relays its mailbox or, where it names none, the exact
// addresses of its from and its sender-map, as far as they are in tenant_domains. A rule for a whole domain names none.
std::vector<std::string> named_mailboxes(const Policy& policy);

}  // namespace graph_milter::policy
