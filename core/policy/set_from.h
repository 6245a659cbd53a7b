// SPDX-License-Identifier: Apache-2.0
// When a rule's set-from takes the place of the From that a message came with. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/mail/facts.h"
#include "core/policy/question.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

// nullopt: From stays, because the rule has no set-from, or From is an address of `tenant_domains` (canonical), or it
// names several: nobody knows who of them that is. A From that is missing, or that can't be read as a mailbox (a bare
// word, no domain), or whose domain is not of the tenant, is replaced; an old one that is a plain address goes into
// Reply-To, unless the message has one.
std::optional<mail::NewAuthor> new_author(const Rule& rule, Question& question,
                                          const std::vector<std::string>& tenant_domains);

}  // namespace graph_milter::policy
