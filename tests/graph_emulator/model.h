// SPDX-License-Identifier: Apache-2.0
// The model of Graph: requests in, replies out, and a record of what happened. README.md is the contract.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "tests/graph_emulator/exchange.h"
#include "tests/graph_emulator/faults.h"
#include "tests/graph_emulator/records.h"
#include "tests/graph_emulator/settings.h"

namespace graph_milter::emulator {

struct State;

// Any thread.
class Model {
 public:
  Model(Settings settings, std::shared_ptr<Clock> clock);
  ~Model();

  // Answers one request; blocks for thinking times, delays and holds. May leave the body unread.
  Reply handle(const Exchange& exchange, BodyReader& body);

  const Settings& settings() const;

  // The record.
  std::vector<Violation> violations() const;
  std::vector<RequestRecord> requests() const;
  std::vector<Delivery> deliveries() const;
  std::size_t delivery_count() const;
  Counts counts() const;
  std::map<std::string, int> most_at_once() const;         // per mailbox
  std::string message_of(const Delivery& delivery) const;  // as the recipient gets it
  Json stats() const;
  Json mailboxes() const;

  // Waits until there are that many, at most that long in real time. False: there are not.
  bool wait_for_deliveries(std::size_t count, Duration longest) const;
  bool wait_for_held(int count, Duration longest) const;

  // Controls.
  void add_fault(Fault fault);
  void clear_faults();
  void seed_faults(std::uint64_t seed);  // of those that have a chance
  std::vector<Fault> faults() const;
  Switches switches() const;
  Status change_switches(const Json& wanted);
  void change_switches(const std::function<void(Switches&)>& change);
  Status change_mailbox(const Json& wanted);  // {"address","state","maxSendSize","sendAs"}
  void note_handed_over(const std::optional<std::string>& refusal);
  void release_held();
  void revoke_tokens();
  std::string issue_token();
  void reset();
  void on_wait(std::function<void(Duration)> wait);

  // Delivers what has become due. handle() does it too; a server also does it from time to time.
  void settle();

 private:
  std::unique_ptr<State> state_;
};

}  // namespace graph_milter::emulator
