// SPDX-License-Identifier: Apache-2.0
// The key by which our own mail is known when it comes back (core/intake/loop_guard.h).
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace graph_milter::service {

// The content of `configured_file` if one is named, else of spool_directory/loop-key, else a fresh key of 32 random
// bytes, in hex, that is durable there (mode 0600) before this returns. Refuses, as read_secret_file does, what others
// can read, and what is shorter than 16 bytes. REQUIRES: the caller holds the spool's lock.
Result<Secret> find_loop_key(const std::string& configured_file, const std::string& spool_directory);

}  // namespace graph_milter::service
