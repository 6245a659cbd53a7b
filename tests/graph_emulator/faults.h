// SPDX-License-Identifier: Apache-2.0
// Faults by script: which request, and what goes wrong with it. README.md lists the actions.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tests/graph_emulator/exchange.h"
#include "tests/graph_emulator/json.h"

namespace graph_milter::emulator {

enum class Action {
  Refuse,
  DropBefore,
  EffectThenDrop,
  DropInBody,
  Status,
  Delay,
  Truncate,
  Garbage,
  Alter,
  Hold,
  Ndr
};

struct Fault {
  std::string operation = "*";
  std::string mailbox;  // empty: any
  int nth = 1;          // the first matching request that is hit
  int times = 1;        // how many from there on; 0: all
  double chance = 1;    // that it hits one of those
  Action action = Action::DropBefore;

  int status_code = 503;
  std::string code;
  std::string message;
  std::string retry_after;
  std::optional<std::string> body;
  bool close = false;
  bool effect = false;
  int delay_ms = 0;
  std::string upload_url;  // of Alter
  std::string location;    // of Status: the header

  int seen = 0;  // matching requests so far
  int hits = 0;

  static Fault of(Action action, std::string operation, int nth = 1);
  static Fault status(std::string operation, int nth, int status, std::string code, std::string retry_after = {});
  static Fault status_after_effect(std::string operation, int nth, int status, std::string code);
  // The answer says `status` (0: what it says anyway) and, if it names an upload URL and `upload_url` is not empty,
  // that.
  static Fault alter(std::string operation, int nth, int status, std::string upload_url = {});
};

Result<std::vector<Fault>> parse_faults(const Json& list);  // Usage
Json to_json(const Fault& fault);

// Not locked: the model's lock guards it.
class FaultScript {
 public:
  void add(Fault fault) { faults_.push_back(std::move(fault)); }
  void clear() { faults_.clear(); }
  void seed(std::uint64_t seed) { dice_.seed(seed); }
  const std::vector<Fault>& all() const { return faults_; }

  // Counts the request against every fault that matches it, and returns the first that hits. `last_range`: the request
  // is the PUT that ends a file.
  std::optional<Fault> hit(const std::string& operation, const std::string& mailbox, bool last_range);

 private:
  std::vector<Fault> faults_;
  std::mt19937_64 dice_{1};  // the same requests in the same order have the same faults
};

bool needs_no_effect(const Fault& fault);

}  // namespace graph_milter::emulator
