// SPDX-License-Identifier: Apache-2.0
// When the files of maps are read again: pure, told what stat(2) says once a second.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/safe_path.h"

namespace graph_milter::service {

using FileStamps = std::map<std::string, FileStamp>;  // by path

// A file that has changed is read once it has stood still from one look to the next, so that one that is being written
// is not read in the middle. What could not be read is not tried again before it changes again. One thread at a time.
class MapWatch {
 public:
  // `in_force` is what was read, at `now`.
  MapWatch(FileStamps in_force, TimePoint now);

  const FileStamps& in_force() const { return in_force_; }

  enum class Verdict {
    Same,   // nothing to do
    Wait,   // something is changing
    Read,   // read them, and say what became of it by taken() or refused()
    Again,  // as they were when they were read last: what could not be read is gone
  };
  Verdict look(const FileStamps& stamps, TimePoint now);

  void taken(FileStamps in_force, TimePoint now);
  void refused(const FileStamps& stamps);

 private:
  FileStamps in_force_;
  TimePoint read_at_{};
  bool certain_ = true;  // nothing can have changed behind in_force_ within a tick of the file system's clock
  std::optional<FileStamps> seen_;     // at the last look, where it was not what is in force
  std::optional<FileStamps> refused_;  // tried, and found wrong
};

}  // namespace graph_milter::service
