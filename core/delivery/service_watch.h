// SPDX-License-Identifier: Apache-2.0
// What the couriers' findings add up to: is Graph there (the circuit breaker), what does the arriving half hear of it
// (queue::ServiceState), and which entries that wait for the administrator may go on.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/delivery/finding.h"
#include "core/pace/breaker.h"
#include "core/queue/service_state.h"

namespace graph_milter::delivery {

// Any thread.
class ServiceWatch {
 public:
  // `state` outlives it. An entry that waits for the administrator goes on no sooner than `patience` after it failed,
  // however often others succeed meanwhile.
  ServiceWatch(pace::BreakerRules rules, Duration patience, queue::ServiceState& state)
      : rules_(rules), state_(state), patience_(patience) {}

  void set_patience(Duration patience) {
    const std::lock_guard lock(mutex_);
    patience_ = patience;
  }

  // May a courier set out? While the service is down only one at a time may, to find out: a probe.
  struct Leave {
    bool granted = false;
    bool probe = false;
  };
  Leave ask(TimePoint now);
  // When the next one may be granted; `now` if it may.
  TimePoint next_start(TimePoint now) const;

  // A courier for `mailbox` is back. `leave` is what it set out with. True: the service works again after it was down.
  bool back(const Leave& leave, const std::string& mailbox, Finding finding, const Error& words, TimePoint now);
  // Nobody set out after all.
  void unused(const Leave& leave);

  // `entry` waits until the administrator has mended what is wrong, for its mailbox or for all.
  void waits(const std::string& entry, const std::string& mailbox, bool for_all, TimePoint now);
  // `entry` failed as everything does while the service is down.
  void delayed(const std::string& entry);
  // Those, once the service works again. They are forgotten.
  std::vector<std::string> take_delayed();
  // It goes on by itself, or has ended.
  void goes_on(const std::string& entry);
  // Those that wait, but need not any longer, since a request for `mailbox` went well. They are forgotten.
  std::vector<std::string> mended(const std::string& mailbox, TimePoint now);

 private:
  struct Waiting {
    std::string mailbox;  // empty: for what concerns all
    TimePoint since{};
  };

  void fails(const Error& words, TimePoint now);
  bool works();

  const pace::BreakerRules rules_;
  queue::ServiceState& state_;
  mutable std::mutex mutex_;
  Duration patience_;
  pace::Breaker breaker_;
  std::map<std::string, Waiting> waiting_;  // by entry
  std::set<std::string> delayed_;
};

}  // namespace graph_milter::delivery
