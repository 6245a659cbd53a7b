// SPDX-License-Identifier: Apache-2.0
#include "core/pace/lanes.h"

#include <algorithm>

namespace graph_milter::pace {

Decision Lanes::try_acquire(const std::string& mailbox, TimePoint now) {
  const std::lock_guard lock(mutex_);
  forget_idle(now);
  const auto known = mailboxes_.find(mailbox);
  const MailboxPace current = known != mailboxes_.end() ? known->second : MailboxPace{};
  const Decision decision = decide(current, all_not_before_, lanes_, now);
  if (std::holds_alternative<Go>(decision)) ++mailboxes_[mailbox].in_flight;
  return decision;
}

void Lanes::release(const std::string& mailbox) {
  const std::lock_guard lock(mutex_);
  const auto known = mailboxes_.find(mailbox);
  if (known != mailboxes_.end() && known->second.in_flight > 0) --known->second.in_flight;
}

void Lanes::hold(const std::string& mailbox, TimePoint until) {
  const std::lock_guard lock(mutex_);
  MailboxPace& pace = mailboxes_[mailbox];
  pace.not_before = std::max(pace.not_before, until);
}

void Lanes::hold_all(TimePoint until) {
  const std::lock_guard lock(mutex_);
  all_not_before_ = std::max(all_not_before_, until);
}

TimePoint Lanes::not_before(const std::string& mailbox) const {
  const std::lock_guard lock(mutex_);
  const auto known = mailboxes_.find(mailbox);
  return known != mailboxes_.end() ? std::max(known->second.not_before, all_not_before_) : all_not_before_;
}

std::size_t Lanes::size() const {
  const std::lock_guard lock(mutex_);
  return mailboxes_.size();
}

// Any sender may bring a mailbox of its own, so what is remembered must not grow with them.
void Lanes::forget_idle(TimePoint now) {
  std::erase_if(mailboxes_,
                [now](const auto& entry) { return entry.second.in_flight == 0 && entry.second.not_before <= now; });
}

}  // namespace graph_milter::pace
