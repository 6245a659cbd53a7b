// SPDX-License-Identifier: Apache-2.0
#include "core/queue/waiters.h"

namespace graph_milter::queue {

bool Waiters::begin(const std::string& id, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || waiting_ >= most) return false;
  ++waiting_;
  ++slots_[id].count;
  return true;
}

bool Waiters::end(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto slot = slots_.find(id);
  if (slot == slots_.end()) return true;
  --waiting_;
  if (--slot->second.count > 0) return false;
  slots_.erase(slot);
  return true;
}

bool Waiters::has(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return slots_.contains(id);
}

std::vector<std::string> Waiters::open() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, slot] : slots_) {
    if (slot.outlook.prospect == Prospect::Open) ids.push_back(id);
  }
  return ids;
}

void Waiters::tell(const Entry& entry, bool is_old) {
  {
    const std::lock_guard lock(mutex_);
    const auto slot = slots_.find(entry.id);
    if (slot == slots_.end() || (is_old && slot->second.is_known)) return;
    slot->second.is_known = true;
    slot->second.outlook = outlook_of(entry);
  }
  changed_.notify_all();
}

Outlook Waiters::wait(const std::string& id, Duration longest) {
  std::unique_lock lock(mutex_);
  const auto is_news = [&] {
    const auto slot = slots_.find(id);
    return stopping_ || slot == slots_.end() || slot->second.outlook.prospect != Prospect::Open ||
           slot->second.outlook.is_stuck;
  };
  changed_.wait_for(lock, longest, is_news);
  const auto slot = slots_.find(id);
  Outlook outlook = slot == slots_.end() ? Outlook() : slot->second.outlook;
  outlook.is_stopping = stopping_;
  return outlook;
}

void Waiters::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

}  // namespace graph_milter::queue
