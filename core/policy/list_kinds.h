// SPDX-License-Identifier: Apache-2.0
// Which items the lists of which conditions take.
#pragma once

#include "core/policy/match_list.h"

namespace graph_milter::policy {

extern const ListKind kClientList;   // 10.1.20.0/24
extern const ListKind kLoginList;    // anna@contoso.com, anna, @contoso.com, map:/path
extern const ListKind kAddressList;  // anna@contoso.com, @contoso.com, map:/path
extern const ListKind kDaemonList;   // words

}  // namespace graph_milter::policy
