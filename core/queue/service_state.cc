// SPDX-License-Identifier: Apache-2.0
#include "core/queue/service_state.h"

namespace graph_milter::queue {

std::string_view name_of(Condition condition) {
  switch (condition) {
    case Condition::Up:
      return "up";
    case Condition::Down:
      return "down";
    case Condition::Misconfigured:
      return "misconfigured";
  }
  return "unknown";
}

void ServiceState::set(const std::string& mailbox, Condition condition, const std::string& why, TimePoint now) {
  if (condition == Condition::Up) return set_up(mailbox);
  const std::lock_guard lock(mutex_);
  ServiceReport& report = troubles_[mailbox];
  if (report.condition != condition) report.since = now;
  report.condition = condition;
  report.why = why;
  report.mailbox = mailbox;
}

void ServiceState::set_up(const std::string& mailbox) {
  const std::lock_guard lock(mutex_);
  troubles_.erase(mailbox);
  troubles_.erase(std::string());
}

ServiceReport ServiceState::report(const std::string& mailbox) const {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : {std::string(), mailbox}) {
    if (const auto found = troubles_.find(name); found != troubles_.end()) return found->second;
  }
  ServiceReport up;
  up.mailbox = mailbox;
  return up;
}

std::vector<ServiceReport> ServiceState::troubles() const {
  const std::lock_guard lock(mutex_);
  std::vector<ServiceReport> out;
  for (const auto& [mailbox, report] : troubles_) out.push_back(report);
  return out;
}

}  // namespace graph_milter::queue
