// SPDX-License-Identifier: Apache-2.0
// Who works on what, in memory: a lease ends with the process. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/queue/entry_rules.h"

namespace graph_milter::queue {

struct Lease {
  std::int64_t fence = 0;
  Standing standing;  // as last written to the journal
};

class Leases {
 public:
  // Gives `choose` the number of leases and a test for what is leased, and leases what it answers, before anybody else
  // can choose. Remembers what this thread has seen, for wait().
  using IsLeased = std::function<bool(const std::string& id)>;
  using Choose = std::function<Result<std::optional<std::string>>(std::size_t count, const IsLeased& is_leased)>;
  Result<std::optional<std::string>> lease(const Choose& choose);

  // As lease(), but only asks.
  void look(const std::function<void(std::size_t count, const IsLeased& is_leased)>& ask) const;

  void set(const std::string& id, const Lease& lease);
  // Cancelled: the lease has ended, or somebody else has it.
  Result<Lease> find(const std::string& id, std::int64_t fence) const;
  void end(const std::string& id);

  // Something may have become due.
  void signal();
  // Blocks until signal() was called after this thread's last lease(), or for `longest`.
  void wait(Duration longest);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Lease> leases_;
  std::uint64_t signals_ = 0;
  std::map<std::thread::id, std::uint64_t> seen_;  // signals_ at the last lease() of each thread
};

}  // namespace graph_milter::queue
