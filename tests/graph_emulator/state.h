// SPDX-License-Identifier: Apache-2.0
// Everything the model knows, and what a request carries through it. Functions that take a State expect its lock held
// unless they say otherwise.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "tests/graph_emulator/attachment_sessions.h"
#include "tests/graph_emulator/exchange.h"
#include "tests/graph_emulator/faults.h"
#include "tests/graph_emulator/mailbox_store.h"
#include "tests/graph_emulator/records.h"
#include "tests/graph_emulator/route.h"
#include "tests/graph_emulator/settings.h"
#include "tests/graph_emulator/target.h"
#include "tests/graph_emulator/throttle.h"
#include "tests/graph_emulator/token_service.h"

namespace graph_milter::emulator {

struct State {
  State(Settings given, std::shared_ptr<Clock> time)
      : settings(std::move(given)),
        clock(std::move(time)),
        switches(settings.switches),
        store(settings),
        tokens(settings) {}

  const Settings settings;
  const std::shared_ptr<Clock> clock;

  std::mutex mutex;
  std::condition_variable changed;  // deliveries, held requests, releases
  Switches switches;
  MailboxStore store;
  TokenService tokens;
  Throttle throttle;
  FaultScript faults;
  SessionTable sessions;
  std::vector<Violation> violations;
  std::deque<RequestRecord> requests;
  std::vector<Delivery> deliveries;
  Counts counts;
  std::uint64_t releases = 0;  // how often held requests were let go
  std::uint64_t resets = 0;
  std::function<void(Duration)> wait;

  std::mutex delivering;  // taken before `mutex`; one thread at a time turns accepted messages into deliveries
};

struct Call {
  const Exchange& exchange;
  Target target;
  Route route;
  std::string body;
  bool oversize = false;  // the body was longer than the service reads
  Mailbox* mailbox = nullptr;
  IdForm form = IdForm::Ordinary;
  TimePoint now{};
  std::string request_id;
};

void violate(State& state, const Call& call, std::string what);

// {"error":{"code","message","innerError":{...}}}.
Reply refuse(const State& state, const Call& call, int status, std::string_view code, std::string_view message);
Reply item_not_found(const State& state, const Call& call);
Reply mailbox_is_full(const State& state, const Call& call);

// True, and counted, if the switches say that this operation does not see the item yet.
bool lags(State& state, const Call& call, Item& item);

constexpr std::size_t kLargestBody = 4'194'304;

}  // namespace graph_milter::emulator
