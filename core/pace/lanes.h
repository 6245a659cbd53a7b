// SPDX-License-Identifier: Apache-2.0
// The lanes and budgets of all mailboxes: who is in flight and who must wait. Remembers; never blocks
// (graph::MailboxGate does).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/pace/pace.h"

namespace graph_milter::pace {

// Any thread. Mailboxes are compared as they are written; give canonical addresses. `now` never goes back.
class Lanes {
 public:
  explicit Lanes(Limits limits = {}) : limits_(limits) {}

  // A place at the end of the mailbox's line, for a request that uploads so many bytes. It ends with a Go or leave().
  std::uint64_t line_up(const std::string& mailbox, ByteCount bytes);
  void leave(const std::string& mailbox, std::uint64_t ticket);

  // Takes a lane and leaves the line if the answer is Go; each Go needs one release() with the bytes that were said.
  // They count from then on, because the service has them no sooner.
  Decision try_acquire(const std::string& mailbox, std::uint64_t ticket, TimePoint now);
  void release(const std::string& mailbox, ByteCount bytes, TimePoint now);

  // See place_of in pace.h.
  TimePoint place(const std::string& mailbox, const std::string& message, std::uint64_t recipients, TimePoint now);

  // From now on its bytes are limited; what it has uploaded already counts.
  void limit_bytes(const std::string& mailbox);

  // No request of this mailbox, or of any, before `until`. A later time wins over an earlier one.
  void hold(const std::string& mailbox, TimePoint until);
  void hold_all(TimePoint until);

  // When the next request of this mailbox may start as far as holds are concerned; lanes and budgets don't count.
  TimePoint not_before(const std::string& mailbox) const;

  // How many stand in the mailbox's line.
  std::size_t waiting(const std::string& mailbox) const;

  // Mailboxes that are remembered: never more than twice those that make a difference, or a few.
  std::size_t size() const;

 private:
  MailboxPace& find(const std::string& mailbox, TimePoint now);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, MailboxPace> mailboxes_;
  std::size_t forget_at_ = 0;  // how many mailboxes make it worth while to look for idle ones
  TimePoint all_not_before_{};
  std::uint64_t last_ticket_ = 0;
};

}  // namespace graph_milter::pace
