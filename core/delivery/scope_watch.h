// SPDX-License-Identifier: Apache-2.0
// Asks at the start, and daily, for a mailbox that the application must not reach: who steals its credential could use
// every mailbox that answers.
#pragma once

#include <functional>
#include <string>

#include "core/base/in_force.h"
#include "core/delivery/alerts.h"
#include "core/queue/queue.h"

namespace graph_milter::delivery {

// When the administrator was mailed is noted in the queue: at most once a day, also over restarts. One thread.
class ScopeWatch {
 public:
  // Whether the mailbox answers a request that changes nothing. Blocks.
  using Ask = std::function<Status(const std::string& mailbox)>;

  // `outside` empty: nothing is ever asked.
  ScopeWatch(AlertSettings settings, std::string outside, queue::Queue& queue, const Clock& clock, Ask ask);

  // From the next look on. Any thread.
  void change(AlertSettings settings) { settings_.put(std::move(settings)); }

  // An answer is an error in the log and a mail; 403 is as it should be; of all else the log says that nothing is
  // proven, and it is asked again in an hour.
  void look();

 private:
  void warn(TimePoint now);
  bool was_mailed_lately(TimePoint now) const;

  InForce<AlertSettings> settings_;
  const std::string outside_;
  queue::Queue& queue_;
  const Clock& clock_;
  const Ask ask_;
  TimePoint next_look_{};
};

}  // namespace graph_milter::delivery
