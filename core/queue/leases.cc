// SPDX-License-Identifier: Apache-2.0
#include "core/queue/leases.h"

#include "core/base/format.h"

namespace graph_milter::queue {

namespace {

Error ended(const std::string& id, std::int64_t fence) {
  return make_error(ErrorKind::Cancelled, "entry " + id, format("lease {} has ended", fence));
}

Error taken(const std::string& id, std::int64_t fence, std::int64_t by) {
  return make_error(ErrorKind::Cancelled, "entry " + id,
                    format("lease {} has ended, and lease {} is at work", fence, by));
}

}  // namespace

Result<std::optional<std::string>> Leases::lease(const Choose& choose) {
  const std::lock_guard lock(mutex_);
  seen_[std::this_thread::get_id()] = signals_;
  GM_TRY_ASSIGN(std::optional<Choice> choice, choose(leases_));
  if (!choice) return std::nullopt;
  leases_[choice->id].mailbox = choice->mailbox;
  return std::move(choice->id);
}

void Leases::look(const std::function<void(const All&)>& ask) const {
  const std::lock_guard lock(mutex_);
  ask(leases_);
}

void Leases::set(const std::string& id, const Lease& lease) {
  const std::lock_guard lock(mutex_);
  leases_[id] = lease;
}

Result<Lease> Leases::find(const std::string& id, std::int64_t fence) const {
  const std::lock_guard lock(mutex_);
  const auto found = leases_.find(id);
  if (found == leases_.end()) return fail(ended(id, fence));
  if (found->second.fence != fence) return fail(taken(id, fence, found->second.fence));
  if (found->second.revoked) {
    return fail(ErrorKind::Cancelled, "entry " + id, "the administrator took it out of delivery's hands");
  }
  return found->second;
}

Status Leases::end(const std::string& id, std::int64_t fence) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = leases_.find(id);
    if (found == leases_.end()) return fail(ended(id, fence));
    if (found->second.fence != fence) return fail(taken(id, fence, found->second.fence));
    leases_.erase(found);
    ++signals_;
  }
  changed_.notify_all();
  return {};
}

void Leases::revoke(const std::string& id, std::int64_t fence) {
  const std::lock_guard lock(mutex_);
  const auto found = leases_.find(id);
  // A fence of 0 is being written just now: the journal will refuse it.
  if (found != leases_.end() && found->second.fence != 0 && found->second.fence <= fence) found->second.revoked = true;
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
