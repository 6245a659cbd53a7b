// SPDX-License-Identifier: Apache-2.0
// A value that is replaced whole while others use it: who has begun keeps what he began with.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace graph_milter {

// Any thread.
template <class T>
class InForce {
 public:
  explicit InForce(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  void put(T value) {
    auto fresh = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    value_.swap(fresh);  // the old one goes after the lock, if nobody has it
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace graph_milter
