// SPDX-License-Identifier: Apache-2.0
// The lanes of all mailboxes: who is in flight and who must wait. Remembers; never blocks (graph::MailboxGate does).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/pace/pace.h"

namespace graph_milter::pace {

// Any thread. Mailboxes are compared as they are written; give canonical addresses.
class Lanes {
 public:
  explicit Lanes(int lanes_per_mailbox = 4) : lanes_(lanes_per_mailbox) {}

  // Takes a lane if the answer is Go; each Go needs one release().
  Decision try_acquire(const std::string& mailbox, TimePoint now);
  void release(const std::string& mailbox);

  // No request of this mailbox, or of any, before `until`. A later time wins over an earlier one.
  void hold(const std::string& mailbox, TimePoint until);
  void hold_all(TimePoint until);

  // When the next request of this mailbox may start as far as times are concerned; lanes in use don't count.
  TimePoint not_before(const std::string& mailbox) const;

  // Mailboxes that are remembered: those in flight or on hold.
  std::size_t size() const;

 private:
  void forget_idle(TimePoint now);

  const int lanes_;
  mutable std::mutex mutex_;
  std::map<std::string, MailboxPace> mailboxes_;
  TimePoint all_not_before_{};
};

}  // namespace graph_milter::pace
