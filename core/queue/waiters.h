// SPDX-License-Identifier: Apache-2.0
// Who waits for which entry while the MTA is held, in memory: it ends with the process. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/queue/withdrawal.h"

namespace graph_milter::queue {

class Waiters {
 public:
  // One more waits for `id`. False: `most` wait already, for whatever it be, or nobody shall wait any longer.
  bool begin(const std::string& id, std::size_t most);
  // One less. True: nobody else waits for it.
  bool end(const std::string& id);

  bool has(const std::string& id) const;
  // For which nobody can say yet what becomes of them; the oldest first.
  std::vector<std::string> open() const;

  // What the journal says of an entry now; nothing happens if nobody waits for it. `is_old`: it was read, so what is
  // known may be newer.
  void tell(const Entry& entry, bool is_old = false);

  // Blocks while it is Open, not stuck, and nobody stops, at most for `longest`.
  Outlook wait(const std::string& id, Duration longest);

  // From now on nobody waits.
  void stop();

 private:
  struct Slot {
    std::size_t count = 0;
    bool is_known = false;
    Outlook outlook;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Slot> slots_;
  std::size_t waiting_ = 0;
  bool stopping_ = false;
};

}  // namespace graph_milter::queue
