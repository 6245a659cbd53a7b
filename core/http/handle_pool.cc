// SPDX-License-Identifier: Apache-2.0
#include "core/http/handle_pool.h"

#include <utility>

namespace graph_milter::http {

Handle HandlePool::take(const std::string& origin) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = idle_.find(origin);
    if (known != idle_.end() && !known->second.empty()) {
      Handle handle = std::move(known->second.back());
      known->second.pop_back();
      return handle;
    }
  }
  return Handle(curl_easy_init());
}

void HandlePool::give_back(const std::string& origin, Handle handle) {
  const std::lock_guard lock(mutex_);
  std::vector<Handle>& handles = idle_[origin];
  if (handles.size() < kIdlePerOrigin) handles.push_back(std::move(handle));
}

void HandlePool::forget(const std::string& origin) {
  std::vector<Handle> closing;
  const std::lock_guard lock(mutex_);
  const auto known = idle_.find(origin);
  if (known == idle_.end()) return;
  closing.swap(known->second);
  idle_.erase(known);
}

std::size_t HandlePool::idle(const std::string& origin) const {
  const std::lock_guard lock(mutex_);
  const auto known = idle_.find(origin);
  return known != idle_.end() ? known->second.size() : 0;
}

}  // namespace graph_milter::http
