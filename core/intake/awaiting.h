// SPDX-License-Identifier: Apache-2.0
// Holds the MTA while the workers deliver an entry (accept = delivered). No network here: it waits on the queue.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/forward_clock.h"
#include "core/config/mta_fit.h"
#include "core/queue/queue.h"

namespace graph_milter::intake {

// Why nobody can wait any longer; nullopt: wait on. Pure. REQUIRES: it is Open.
std::optional<queue::GiveUp> reason_to_leave(const queue::Outlook& outlook, TimePoint now, TimePoint deadline);

// One wait for one entry. If it goes without finish() or cancel(), it withdraws the entry.
class Awaiting {
 public:
  using StillThere = std::function<bool()>;  // tells the MTA that we are at work; false: nobody listens any more

  // All outlive it. `patience` counts from now.
  Awaiting(queue::Queue& queue, std::shared_ptr<Clock> clock, Duration patience)
      : queue_(queue), clock_(std::move(clock)), deadline_(clock_.now() + patience) {}
  ~Awaiting();
  Awaiting(const Awaiting&) = delete;
  Awaiting& operator=(const Awaiting&) = delete;

  // Before the entry is committed, or of one that is there. False: `most` messages wait already, or we are stopping.
  bool begin(const std::string& id, std::size_t most);
  // Nothing was committed under that id.
  void cancel();

  // Blocks until it is known what the client can be told; asks the MTA every config::kProgressInterval. Open: another
  // connection waits for the same message and will tell. System: nobody knows.
  Result<queue::Outlook> finish(const StillThere& mta_still_there);

 private:
  Result<queue::Outlook> leave(const queue::GiveUp& why);

  queue::Queue& queue_;
  const ForwardClock clock_;
  const TimePoint deadline_;
  std::string id_;
  bool waits_ = false;
};

}  // namespace graph_milter::intake
