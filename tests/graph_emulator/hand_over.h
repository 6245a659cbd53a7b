// SPDX-License-Identifier: Apache-2.0
// Gives what was delivered to an SMTP server (switch `deliver_to`), as the recipients' servers would get it.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "tests/graph_emulator/model.h"

namespace graph_milter::emulator {

// A thread of its own, from construction to destruction. One delivery after the other, in their order; a server that is
// not there or answers 4xx is asked again for half a minute. `model` outlives it.
class HandOver {
 public:
  explicit HandOver(Model& model);
  ~HandOver();
  HandOver(const HandOver&) = delete;
  HandOver& operator=(const HandOver&) = delete;

 private:
  void run();
  void give(const std::string& server, const Delivery& delivery);

  Model& model_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace graph_milter::emulator
