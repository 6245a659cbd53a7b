// SPDX-License-Identifier: Apache-2.0
#include "core/queue/leases.h"

#include "core/base/format.h"

namespace graph_milter::queue {

Result<std::optional<std::string>> Leases::lease(const Choose& choose) {
  const std::lock_guard lock(mutex_);
  seen_[std::this_thread::get_id()] = signals_;
  GM_TRY_ASSIGN(std::optional<std::string> id,
                choose(leases_.size(), [&](const std::string& candidate) { return leases_.contains(candidate); }));
  if (id) leases_[*id] = Lease{};
  return id;
}

void Leases::look(const std::function<void(std::size_t, const IsLeased&)>& ask) const {
  const std::lock_guard lock(mutex_);
  ask(leases_.size(), [&](const std::string& candidate) { return leases_.contains(candidate); });
}

void Leases::set(const std::string& id, const Lease& lease) {
  const std::lock_guard lock(mutex_);
  leases_[id] = lease;
}

Result<Lease> Leases::find(const std::string& id, std::int64_t fence) const {
  const std::lock_guard lock(mutex_);
  const auto found = leases_.find(id);
  if (found != leases_.end() && found->second.fence == fence) return found->second;
  return fail(ErrorKind::Cancelled, "entry " + id,
              found == leases_.end()
                  ? format("lease {} has ended", fence)
                  : format("lease {} has ended, and lease {} is at work", fence, found->second.fence));
}

void Leases::end(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    leases_.erase(id);
    ++signals_;
  }
  changed_.notify_all();
}

void Leases::signal() {
  {
    const std::lock_guard lock(mutex_);
    ++signals_;
  }
  changed_.notify_all();
}

void Leases::wait(Duration longest) {
  std::unique_lock lock(mutex_);
  const auto self = std::this_thread::get_id();
  const std::uint64_t seen = seen_.contains(self) ? seen_[self] : signals_;
  changed_.wait_for(lock, longest, [&] { return signals_ != seen; });
  seen_[self] = signals_;
}

}  // namespace graph_milter::queue
