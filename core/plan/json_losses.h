// SPDX-License-Identifier: Apache-2.0
// What a draft as JSON has no place for and a MIME draft keeps.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/plan/losses.h"

namespace graph_milter::plan {

// In the order in which find_json_losses tells them.
std::span<const std::string_view> json_loss_codes();

// Of a message whose draft is JSON; each code at most once.
std::vector<Loss> find_json_losses(const mail::MessageFacts& facts);

}  // namespace graph_milter::plan
