// SPDX-License-Identifier: Apache-2.0
// A clock for waiting: it runs like the one it is made from, but when that one is set back it goes on from where it
// was, so that a pause of a minute stays one. Set forward, it jumps along: what waits is asked again too early, never
// too late.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "core/base/clock.h"

namespace graph_milter {

class ForwardClock final : public Clock {
 public:
  explicit ForwardClock(std::shared_ptr<Clock> clock) : clock_(std::move(clock)), last_(clock_->now()) {}

  TimePoint now() const override {
    const std::lock_guard lock(mutex_);
    const TimePoint now = clock_->now();
    if (now + ahead_ < last_) ahead_ = last_ - now;
    last_ = now + ahead_;
    return last_;
  }

 private:
  const std::shared_ptr<Clock> clock_;
  mutable std::mutex mutex_;
  mutable Duration ahead_{0};
  mutable TimePoint last_;
};

}  // namespace graph_milter
