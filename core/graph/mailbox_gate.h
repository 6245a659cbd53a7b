// SPDX-License-Identifier: Apache-2.0
// Paces what goes to Graph, per mailbox and across all threads: so many requests at once, so many bytes in a window,
// none before the time that the service asked for; and so many messages a minute and recipients a day. Blocks where
// pace only computes.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/clock.h"
#include "core/base/forward_clock.h"
#include "core/base/result.h"
#include "core/pace/lanes.h"

namespace graph_milter::graph {

// What the service allows per application and mailbox. 0: no limit, except for lanes.
struct GateSettings {
  int lanes = 4;
  std::uint64_t messages_a_minute = 30;
  std::uint64_t recipients_a_day = 10'000;
  ByteCount bytes = 150'000'000;  // uploaded within byte_window
  Duration byte_window = std::chrono::minutes(5);
  bool bytes_from_start = false;  // false: only for a mailbox that was answered 429 for its bytes
  std::uint64_t nodes = 1;        // hosts that share the application: each takes its share of all of the above
  // How long acquire() itself waits for a time to come; beyond it the caller gets Throttled at once, so that no worker
  // sleeps through an hour. Waiting for a lane has no such end: a lane comes back with the request in it.
  Duration patience = std::chrono::seconds(10);
};

class MailboxGate {
 public:
  // A request's place in a lane; free again when it goes.
  class Lane {
   public:
    Lane() = default;
    Lane(MailboxGate& gate, std::string mailbox, ByteCount bytes)
        : gate_(&gate), mailbox_(std::move(mailbox)), bytes_(bytes) {}
    ~Lane();
    Lane(Lane&& other) noexcept;
    Lane& operator=(Lane&& other) noexcept;

   private:
    MailboxGate* gate_ = nullptr;
    std::string mailbox_;
    ByteCount bytes_ = 0;
  };

  // `clock` may be set back: pauses don't grow by it.
  explicit MailboxGate(const std::shared_ptr<Clock>& clock, GateSettings settings = {});

  // Any thread. For a request that uploads `bytes`. Who came first goes first, except that a request without bytes does
  // not wait for bytes to fit. Throttled with retry_after: not before then. Cancelled: close() was called.
  Result<Lane> acquire(const std::string& mailbox, ByteCount bytes = 0);

  // May this message be sent now? Books a place in the mailbox's budgets of messages and recipients, in the order of
  // the first asking; asked again, the message has the place it had, for an hour after its time. Never blocks.
  // Throttled with retry_after: not before then; until then others of this mailbox need not try either.
  Status book_send(const std::string& mailbox, const std::string& message, std::uint64_t recipients);

  void hold(const std::string& mailbox, Duration how_long);
  void hold_all(Duration how_long);

  // The service said that this mailbox uploads too many bytes.
  void limit_bytes(const std::string& mailbox);

  // How many stand in the mailbox's line.
  std::size_t waiting(const std::string& mailbox) const;

  // Every acquire(), waiting or to come, ends with Cancelled.
  void close();

 private:
  class PlaceInLine;
  void release(const std::string& mailbox, ByteCount bytes);

  const ForwardClock clock_;
  const GateSettings settings_;
  pace::Lanes lanes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
};

}  // namespace graph_milter::graph
