// SPDX-License-Identifier: Apache-2.0
// What Graph says to a configuration: whether there are tokens, whether each mailbox answers, and whether one that the
// application must not reach does not.
#pragma once

#include <string>
#include <vector>

#include "core/admin/finding.h"
#include "core/auth/token_source.h"
#include "core/graph/client.h"

namespace graph_milter::admin {

struct GraphQuestion {
  std::string login;                   // where tokens come from and for whom, for words
  std::vector<std::string> mailboxes;  // canonical
  std::size_t most = 100;              // mailboxes that are asked for
  std::string outside;                 // a mailbox of the tenant that must not answer; empty: none is named
};

// Asks for a token, then for the Drafts folder of each mailbox: a request that changes nothing and needs what drafts
// need (Mail.ReadWrite). Whether the application may send (Mail.Send) only a mail can tell, and whose token it is
// nobody can read from it: with RBAC for Applications it names no roles. Blocks. Stops where the service is away.
std::vector<Finding> check_graph(const GraphQuestion& question, graph::Client& client, auth::TokenSource& tokens);

}  // namespace graph_milter::admin
