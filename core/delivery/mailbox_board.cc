// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/mailbox_board.h"

#include <algorithm>

namespace graph_milter::delivery {

std::vector<std::string> MailboxBoard::busy(TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(mailboxes_,
                [now](const auto& item) { return item.second.at_work == 0 && now >= item.second.not_before; });
  std::vector<std::string> mailboxes;
  for (const auto& [mailbox, standing] : mailboxes_) {
    if (standing.at_work >= per_mailbox_ || now < standing.not_before) mailboxes.push_back(mailbox);
  }
  return mailboxes;
}

void MailboxBoard::begin(const std::string& mailbox) {
  const std::lock_guard lock(mutex_);
  ++mailboxes_[mailbox].at_work;
}

void MailboxBoard::end(const std::string& mailbox) {
  const std::lock_guard lock(mutex_);
  --mailboxes_[mailbox].at_work;
}

void MailboxBoard::hold(const std::string& mailbox, TimePoint until) {
  const std::lock_guard lock(mutex_);
  TimePoint& not_before = mailboxes_[mailbox].not_before;
  not_before = std::max(not_before, until);
}

}  // namespace graph_milter::delivery
