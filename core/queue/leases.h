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
  std::string mailbox;
  std::int64_t fence = 0;
  Standing standing;     // as last written to the journal
  bool revoked = false;  // its holder does not know yet
};

class Leases {
 public:
  using All = std::map<std::string, Lease>;  // by entry id
  struct Choice {
    std::string id, mailbox;
  };
  // Shows `choose` the leases, and leases what it answers, before anybody else can choose. Remembers what this thread
  // has seen, for wait().
  using Choose = std::function<Result<std::optional<Choice>>(const All& leases)>;
  Result<std::optional<std::string>> lease(const Choose& choose);

  // As lease(), but only asks.
  void look(const std::function<void(const All& leases)>& ask) const;

  void set(const std::string& id, const Lease& lease);
  // Cancelled: the lease has ended or was revoked, or somebody else has it.
  Result<Lease> find(const std::string& id, std::int64_t fence) const;
  void end(const std::string& id);
  // Ends the lease that has this fence, also a revoked one. Cancelled: it has ended already.
  Status end(const std::string& id, std::int64_t fence);
  // Takes a lease away that has this fence or an older one: find() answers Cancelled from now on. Nobody else gets the
  // entry before its holder has ended the lease, so that no two ever work on one entry.
  void revoke(const std::string& id, std::int64_t fence);

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
