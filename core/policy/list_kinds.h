// SPDX-License-Identifier: Apache-2.0
// Which items the lists of which conditions take.
#pragma once

#include "core/policy/match_list.h"

namespace graph_milter::policy {

extern const ListKind kClientList;   // 10.1.20.0/24
extern const ListKind kLoginList;    // anna@contoso.com, anna, @contoso.com, map:/path
extern const ListKind kAddressList;  // anna@contoso.com, @contoso.com, map:/path
extern const ListKind kDaemonList;   // words
extern const ListKind kTypeList;     // application/pdf, image/*
extern const ListKind kNameList;     // *.pdf, /pattern/i
extern const ListKind kSideList;     // inside, outside, mixed

// Words that are matched as they are.
Result<MatcherPointer> read_exact_words(std::span<const std::string> words, const std::string& where, MapStore& maps);

}  // namespace graph_milter::policy
