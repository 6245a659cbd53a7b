// SPDX-License-Identifier: Apache-2.0
#include "core/pace/lanes.h"

#include <algorithm>

namespace graph_milter::pace {
namespace {

constexpr std::size_t kFew = 64;

void leave_line(MailboxPace& pace, std::uint64_t ticket) {
  std::erase_if(pace.line, [ticket](const Waiting& waiting) { return waiting.ticket == ticket; });
}

}  // namespace

// Any sender may bring a mailbox of its own, so what is remembered must not grow with them.
MailboxPace& Lanes::find(const std::string& mailbox, TimePoint now) {
  if (mailboxes_.size() >= std::max(forget_at_, kFew)) {
    std::erase_if(mailboxes_, [&](const auto& entry) { return is_idle(entry.second, limits_, now); });
    forget_at_ = 2 * mailboxes_.size();
  }
  return mailboxes_[mailbox];
}

std::uint64_t Lanes::line_up(const std::string& mailbox, ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  mailboxes_[mailbox].line.push_back({++last_ticket_, bytes});
  return last_ticket_;
}

void Lanes::leave(const std::string& mailbox, std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  leave_line(mailboxes_[mailbox], ticket);
}

Decision Lanes::try_acquire(const std::string& mailbox, std::uint64_t ticket, TimePoint now) {
  const std::lock_guard lock(mutex_);
  MailboxPace& pace = find(mailbox, now);
  const Decision decision = decide(pace, limits_, all_not_before_, ticket, now);
  if (std::holds_alternative<Wait>(decision)) return decision;
  const auto ours = std::find_if(pace.line.begin(), pace.line.end(),
                                 [ticket](const Waiting& waiting) { return waiting.ticket == ticket; });
  if (ours != pace.line.end()) pace.bytes_in_flight += ours->bytes;
  leave_line(pace, ticket);
  ++pace.in_flight;
  return decision;
}

void Lanes::release(const std::string& mailbox, ByteCount bytes, TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto known = mailboxes_.find(mailbox);
  if (known == mailboxes_.end() || known->second.in_flight == 0) return;
  MailboxPace& pace = known->second;
  --pace.in_flight;
  pace.bytes_in_flight -= std::min(bytes, pace.bytes_in_flight);
  use(pace.bytes, limits_.bytes, bytes, now);
}

TimePoint Lanes::place(const std::string& mailbox, const std::string& message, std::uint64_t recipients,
                       TimePoint now) {
  const std::lock_guard lock(mutex_);
  return place_of(find(mailbox, now), limits_, message, recipients, now);
}

void Lanes::limit_bytes(const std::string& mailbox) {
  const std::lock_guard lock(mutex_);
  mailboxes_[mailbox].bytes_limited = true;
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

std::size_t Lanes::waiting(const std::string& mailbox) const {
  const std::lock_guard lock(mutex_);
  const auto known = mailboxes_.find(mailbox);
  return known != mailboxes_.end() ? known->second.line.size() : 0;
}

std::size_t Lanes::size() const {
  const std::lock_guard lock(mutex_);
  return mailboxes_.size();
}

}  // namespace graph_milter::pace
