// SPDX-License-Identifier: Apache-2.0
// The part of a notification that people read: what happened, and what they can do. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/mta/dsn.h"

namespace graph_milter::mta {

// UTF-8, with LF. `subject`: of the original, UTF-8; empty: not known.
std::string dsn_text(const DsnContent& content, std::string_view subject);

// The notification's own Subject.
std::string dsn_subject(DsnAction action, std::string_view subject);

}  // namespace graph_milter::mta
