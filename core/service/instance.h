// SPDX-License-Identifier: Apache-2.0
// The name of this installation: it stands in the marker of every draft, so it must never change under a spool.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace graph_milter::service {

// 1 to 64 of letters, digits, '-', '_', '.'.
bool is_instance_name(std::string_view text);

// `configured` if it is not empty, else the name kept in spool_directory/instance, else a fresh one that is durable
// there before this returns. REQUIRES: the caller holds the spool's lock.
Result<std::string> find_instance(const std::string& configured, const std::string& spool_directory);

}  // namespace graph_milter::service
