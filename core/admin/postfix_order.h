// SPDX-License-Identifier: Apache-2.0
// The place of this milter among others: behind those that may refuse mail, before those that sign. Pure.
#pragma once

#include "core/admin/postfix_view.h"
#include "core/admin/postfix_words.h"

namespace graph_milter::admin {

// Signers are known by "dkim" in their name. The hint is the list in the right order.
void check_order(const PostfixAsker& asker, PostfixWords& words);

}  // namespace graph_milter::admin
