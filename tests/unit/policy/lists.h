// SPDX-License-Identifier: Apache-2.0
// Lists from text.
#pragma once

#include <string>

#include "core/policy/list_kinds.h"
#include "core/policy/match_list.h"

namespace graph_milter::policy::test {

inline Result<MatchList> try_list(const std::string& text, const ListKind& kind = kAddressList) {
  MapStore maps;
  return MatchList::parse(text, "c:1", kind, maps);
}

}  // namespace graph_milter::policy::test
