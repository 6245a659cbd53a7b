// SPDX-License-Identifier: Apache-2.0
// The pid file, which is also a lock: a second daemon with the same file does not start.
#pragma once

#include <string>

#include "core/base/file.h"

namespace graph_milter::milter {

class PidFile {
 public:
  // Opens and locks `path` (flock). Configuration, with the other's pid, if another process holds it. Forked children
  // keep the lock. An empty path gives an object that does nothing.
  static Result<PidFile> lock(const std::string& path);

  // Writes the calling process's id.
  Status write();

  // Empties it, for a directory we may not remove it from after giving up root; then removes it if that is allowed.
  void remove();

 private:
  std::string path_;
  FileDescriptor fd_;
};

}  // namespace graph_milter::milter
