// SPDX-License-Identifier: Apache-2.0
// Remembers what was said already, so that it is said loudly once. Thread-safe.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace graph_milter::intake {

class Once {
 public:
  // True for the first who asks with this key.
  bool first(std::string_view key) {
    const std::lock_guard lock(mutex_);
    return said_.emplace(key).second;
  }

 private:
  std::mutex mutex_;
  std::set<std::string, std::less<>> said_;
};

}  // namespace graph_milter::intake
