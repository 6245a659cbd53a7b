// SPDX-License-Identifier: Apache-2.0
// The thread that clears up: old tombstones, the ballast, abandoned drafts, sent copies, alerts.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/base/in_force.h"
#include "core/delivery/alerts.h"
#include "core/delivery/housekeeping_rules.h"
#include "core/queue/queue.h"
#include "core/targets/message_target.h"

namespace graph_milter::delivery {

class Housekeeping {
 public:
  // All of them outlive it. `more_looks` are taken as often as the one at the alerts. Starts nothing.
  Housekeeping(HousekeepingSettings settings, queue::Queue& queue, targets::Services services, Alerts& alerts,
               std::vector<std::function<void()>> more_looks = {});
  ~Housekeeping();  // stops; waits for the request it is in

  // From the next look on. Any thread.
  void change(HousekeepingSettings settings) { fresh_.put(std::move(settings)); }

  void start();  // once; the first sweep is due a minute later, or after the interval if that is less
  void stop();   // asks it to end; does not wait

  // One whole sweep in the caller's thread: for tests and for the thread. What fails is logged and comes again. A
  // mailbox that asks for patience, or can't be reached, is left alone until the next sweep.
  void sweep(const std::stop_token& stop);

 private:
  void work(const std::stop_token& stop);
  void take_settings();
  void sweep_drafts(const std::string& mailbox, const std::stop_token& stop);
  Status delete_draft(const std::string& mailbox, const graph::MarkedMessage& draft);
  void sweep_sent_copies(const std::stop_token& stop);
  Status sweep_sent_copy(const queue::SentCopy& copy);
  Result<std::optional<std::string>> find_sent_copy(const queue::SentCopy& copy);
  Result<bool> is_sent_copy(const queue::SentCopy& copy, const graph::Message& message);
  Result<std::string> sent_items_of(const std::string& mailbox);
  TimePoint now() const { return services_.clock.now(); }

  InForce<HousekeepingSettings> fresh_;
  HousekeepingSettings settings_;      // of this look, for the one thread
  std::vector<std::string> prefixes_;  // of the markers that are ours
  queue::Queue& queue_;
  targets::Services services_;
  Alerts& alerts_;
  const std::vector<std::function<void()>> more_looks_;

  std::map<std::string, std::set<std::string>> not_ours_;  // old drafts of others, by mailbox
  std::map<std::string, std::string> sent_items_;          // ids of the folders, by mailbox

  std::mutex mutex_;
  std::condition_variable_any stopping_;
  std::jthread thread_;  // last: joined before anything it uses goes
};

}  // namespace graph_milter::delivery
