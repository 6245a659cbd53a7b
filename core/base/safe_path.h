// SPDX-License-Identifier: Apache-2.0
// Files that nobody but root and we could have put where they are.
#pragma once

#include <string>

#include "core/base/file.h"

namespace graph_milter {

// Opens the file at an absolute path for reading, without following it if it is a link. Nobody else can put another
// file in its place: every folder on the way to it, and every link that leads there, belongs to root or us, and no
// folder is writable for group or others, unless it is sticky (as /tmp is), where only the owner of an entry can
// replace it. Each is checked on the descriptor through which the next one is opened, so nothing can change in between.
// Configuration on what is not so, with the command that mends it.
Result<FileDescriptor> open_behind_safe_folders(const std::string& path);

}  // namespace graph_milter
