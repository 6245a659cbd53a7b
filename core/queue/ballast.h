// SPDX-License-Identifier: Apache-2.0
// A file that takes up room until the disk is full: then it goes, so that the journal can still write what it must.
#pragma once

#include <mutex>
#include <string>

#include "core/queue/spool.h"

namespace graph_milter::queue {

class Ballast {
 public:
  // `size` 0: there shall be none. `spool` outlives it.
  Ballast(const Spool& spool, ByteCount size);

  // Makes it, if it is not there and twice its size is free above `reserve`, so that it does not come and go. A failure
  // is only worth a line in the log. Any thread.
  void restore(ByteCount reserve);

  // True: it was there, and its room is free now. Any thread.
  bool give_up();

 private:
  bool is_there() const;

  const Spool& spool_;
  const ByteCount size_;
  const std::string path_;
  std::mutex mutex_;
};

}  // namespace graph_milter::queue
