// SPDX-License-Identifier: Apache-2.0
// The delivering half: worker threads that take entries from the queue and send a courier with each.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/base/in_force.h"
#include "core/config/settings.h"
#include "core/delivery/courier.h"
#include "core/delivery/mailbox_board.h"
#include "core/delivery/retry_schedule.h"
#include "core/delivery/returning.h"
#include "core/delivery/service_watch.h"
#include "core/queue/service_state.h"

namespace graph_milter::delivery {

struct DeliverySettings {
  std::size_t workers = 8;
  std::size_t mailbox_requests = 4;  // couriers at once for one mailbox
  RetrySchedule retry;
  pace::BreakerRules breaker;
  CourierSettings courier;
};

// As the configuration says. `instance` is the first half of every marker.
DeliverySettings delivery_settings(const config::Settings& settings, std::string instance);

// As the configuration says. `hostname` is what this host calls itself where the configuration does not.
Result<ReturnSettings> return_settings(const config::Settings& settings, const std::string& hostname);

class Delivery {
 public:
  // All of them outlive it. Starts nothing. What it finds out about Graph goes into `service`.
  Delivery(const DeliverySettings& settings, queue::Queue& queue, targets::Services services, Returning& returning,
           queue::ServiceState& service);
  // Stops, and waits for the workers without end.
  ~Delivery();

  // For what begins from now on; a courier under way keeps the settings it began with. `workers`, `mailbox_requests`
  // and `breaker` stay as they were. Any thread.
  void change(DeliverySettings settings);

  // Starts the workers. Once. What waited for the administrator is tried at once: perhaps that is why we were started.
  void start();

  // Takes no further entries and lets each worker end the request it is in; what is unfinished goes on from the journal
  // at the next start. True: all workers have ended. False: `patience` is over and some still wait for an answer; make
  // the doors give up (HttpSettings::stop, MailboxGate::close) and let the destructor wait.
  bool stop(Duration patience);

  // One entry, if one is due, in the caller's thread: for tests and for the workers. False: none was due, or Graph is
  // down and it is not yet time to try (next_start), or the queue failed.
  bool deliver_one(std::stop_token stop);

  // When a courier may set out again; now, unless Graph is down.
  TimePoint next_start() const { return watch_.next_start(services_.clock.now()); }

 private:
  void work(const std::stop_token& stop);
  std::optional<queue::Entry> lease();
  void wait(const std::stop_token& stop);
  void settle(const Courier& courier, const Ending& ending);
  void park(queue::Entry entry, const Park& park);
  void retry(const queue::Entry& entry, const Retry& retry);
  void hold(const queue::Entry& entry, const Hold& hold);
  void release(const queue::Entry& entry);
  void journal_failed(const queue::Entry& entry, const Error& error);
  void report(const ServiceWatch::Leave& leave, const Courier& courier, const Ending& ending);
  void wake_up(const std::vector<std::string>& entries);
  void wake_up_waiting();
  void end_lease(const queue::Entry& entry, const Status& written);
  double dice();

  InForce<DeliverySettings> settings_;
  const std::size_t worker_count_;
  queue::Queue& queue_;
  targets::Services services_;
  Returning& returning_;
  MailboxBoard board_;
  ServiceWatch watch_;

  std::mutex lease_mutex_;  // so that two workers can't both take the last place of a mailbox
  std::mutex dice_mutex_;
  std::mt19937_64 dice_{std::random_device{}()};

  std::stop_source stop_;
  std::mutex workers_mutex_;
  std::condition_variable worker_ended_;
  std::size_t at_work_ = 0;
  std::vector<std::jthread> workers_;  // last: joined before anything they use goes
};

}  // namespace graph_milter::delivery
