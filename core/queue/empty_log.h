// SPDX-License-Identifier: Apache-2.0
// For a clean stop: what was deleted from the journal stays in none of its files.
#pragma once

#include <string>

#include "core/base/result.h"

namespace graph_milter::queue {

// Writes the journal's log back and cuts it to nothing. Whatever the journal holds no more, upload URLs above all, is
// then neither in a page of it (secure_delete) nor in the log. A queue over this spool may be open; what it writes
// meanwhile stays in the log. Not done, and no failure, where somebody reads the journal just now or there is no room.
Status empty_log(const std::string& spool_directory);

}  // namespace graph_milter::queue
