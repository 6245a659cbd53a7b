// SPDX-License-Identifier: Apache-2.0
// The service's limits per application and mailbox: requests at once, requests and bytes in a window. Not locked.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "tests/graph_emulator/switches.h"

namespace graph_milter::emulator {

class Throttle {
 public:
  // Which limit the next request is over ("MailboxConcurrency", "Requests", "IncomingBytes"), or none.
  // A request without a body is never over the limit of bytes.
  std::optional<std::string> refusal(const Switches& switches, const std::string& mailbox, ByteCount body,
                                     TimePoint now);

  void begin(const std::string& mailbox, TimePoint now);
  void end(const std::string& mailbox);
  void count_bytes(const std::string& mailbox, ByteCount bytes, TimePoint now);

  // A Retry-After was answered: the mailbox should be left in peace until then.
  void ask_for_patience(const std::string& mailbox, TimePoint until);
  bool is_too_early(const std::string& mailbox, TimePoint now) const;

  const std::map<std::string, int>& most_at_once() const { return most_; }
  int at_once() const;
  void forget_history();

 private:
  struct Usage {
    int running = 0;
    std::deque<TimePoint> requests;
    std::deque<std::pair<TimePoint, ByteCount>> bytes;
    TimePoint patience{};
  };
  std::map<std::string, Usage> usage_;
  std::map<std::string, int> most_;
};

std::string http_date(TimePoint time);  // RFC 9110 section 5.6.7

// The value of Retry-After in the form the switches choose; empty: no header.
std::string retry_after_value(const Switches& switches, TimePoint now);

}  // namespace graph_milter::emulator
