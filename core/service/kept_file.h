// SPDX-License-Identifier: Apache-2.0
// Small files beside the queue that are made once.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace graph_milter::service {

// Puts `text` durably under `path` with `mode`, whatever the umask: whole or not at all, whatever crash. What was there
// is replaced.
Status keep_file(const std::string& path, std::string_view text, mode_t mode = 0600);

}  // namespace graph_milter::service
