// SPDX-License-Identifier: Apache-2.0
// The port to which originals are handed back: whether it is there, and takes them past this milter. Pure.
#pragma once

#include "core/admin/postfix_check.h"
#include "core/admin/postfix_view.h"
#include "core/admin/postfix_words.h"

namespace graph_milter::admin {

void check_hand_back(const PostfixQuestion& question, const std::vector<PostfixAsker>& askers, PostfixWords& words);

}  // namespace graph_milter::admin
