// SPDX-License-Identifier: Apache-2.0
// Lets at most N requests per mailbox through at once, across all threads, and none before the time that the service
// asked for. Blocks where pace only computes.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/pace/lanes.h"

namespace graph_milter::graph {

class MailboxGate {
 public:
  // A request's place in a lane; free again when it goes.
  class Lane {
   public:
    Lane() = default;
    Lane(MailboxGate& gate, std::string mailbox) : gate_(&gate), mailbox_(std::move(mailbox)) {}
    ~Lane();
    Lane(Lane&& other) noexcept;
    Lane& operator=(Lane&& other) noexcept;

   private:
    MailboxGate* gate_ = nullptr;
    std::string mailbox_;
  };

  // `patience`: how long acquire() itself waits for a time to come; beyond it the caller gets Throttled at once, so
  // that no worker sleeps through an hour. Waiting for a lane has no such end: a lane comes back with the request in
  // it.
  MailboxGate(std::shared_ptr<Clock> clock, int lanes_per_mailbox = 4, Duration patience = std::chrono::seconds(10));

  // Any thread. Throttled with retry_after: not before then. Cancelled: close() was called.
  Result<Lane> acquire(const std::string& mailbox);

  void hold(const std::string& mailbox, Duration how_long);
  void hold_all(Duration how_long);

  // Every acquire(), waiting or to come, ends with Cancelled.
  void close();

 private:
  void release(const std::string& mailbox);

  std::shared_ptr<Clock> clock_;
  Duration patience_;
  pace::Lanes lanes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
};

}  // namespace graph_milter::graph
