// SPDX-License-Identifier: Apache-2.0
// File names in bytes whose charset nobody names: some devices and old programs write them as they have them.
#pragma once

#include <string_view>

#include "core/mail/facts.h"

namespace graph_milter::mail {

// Whether `charset` is one that can be meant: to_utf8() knows it, and it has more than ASCII.
bool is_name_charset(std::string_view charset);

bool has_raw_names(const MessageFacts& facts);

// Reads raw names in `charset`: where their bytes are valid in it, the part has that name, and may be cut out.
MessageFacts read_raw_names(MessageFacts facts, std::string_view charset);

}  // namespace graph_milter::mail
