// SPDX-License-Identifier: Apache-2.0
// Is Graph there, and does it let us in? Delivery says so, the arriving half asks, and `graph-milterctl status` shows
// it.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace graph_milter::queue {

enum class Condition {
  Up,
  Down,           // Graph or the token service can't be reached or fails: time will mend it
  Misconfigured,  // only the administrator can mend it: credential, consent, scope, licence, rights
};
std::string_view name_of(Condition condition);

struct ServiceReport {
  Condition condition = Condition::Up;
  TimePoint since{};
  std::string why;      // Error::text
  std::string mailbox;  // empty: all mailboxes
};

// Thread-safe; lives in memory: after a start all is Up until delivery knows better.
class ServiceState {
 public:
  // `mailbox` empty: for all of them. A condition that is already known keeps its `since`.
  void set(const std::string& mailbox, Condition condition, const std::string& why, TimePoint now);
  // A request for `mailbox` went well: it is Up, and so is what concerns all mailboxes.
  void set_up(const std::string& mailbox);

  // What a new message for `mailbox` must expect: what concerns all mailboxes comes first.
  ServiceReport report(const std::string& mailbox) const;
  // All that are not Up.
  std::vector<ServiceReport> troubles() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ServiceReport> troubles_;  // by mailbox
};

}  // namespace graph_milter::queue
