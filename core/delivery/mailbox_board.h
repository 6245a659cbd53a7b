// SPDX-License-Identifier: Apache-2.0
// How many couriers are at work for each mailbox, and which mailboxes asked for patience.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace graph_milter::delivery {

// Any thread. A courier does one request at a time, so `per_mailbox` couriers are at most that many requests.
class MailboxBoard {
 public:
  explicit MailboxBoard(std::size_t per_mailbox) : per_mailbox_(per_mailbox) {}

  // Mailboxes that take no further courier now. Forgets those that are idle.
  std::vector<std::string> busy(TimePoint now);

  void begin(const std::string& mailbox);
  void end(const std::string& mailbox);

  // No courier for this mailbox before `until`. A later time wins.
  void hold(const std::string& mailbox, TimePoint until);

 private:
  struct Standing {
    std::size_t at_work = 0;
    TimePoint not_before{};
  };

  const std::size_t per_mailbox_;
  std::mutex mutex_;
  std::map<std::string, Standing> mailboxes_;
};

}  // namespace graph_milter::delivery
