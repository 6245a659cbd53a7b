// SPDX-License-Identifier: Apache-2.0
// Client assertions (RFC 7523; Microsoft's certificate credentials) as a strict token service judges them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"

namespace graph_milter::emulator {

// Why it is refused: the number of AADSTS and its words; and what no client of ours may do, for the record.
struct AssertionFault {
  std::int64_t number = 0;
  std::string text;
  std::string breach;  // empty: a fault that may happen to anybody
};

// Not locked: the model's lock guards it.
class AssertionDesk {
 public:
  // `certificates`: PEM, registered for the application. nullopt: it is good, and its jti is used up.
  std::optional<AssertionFault> check(std::string_view assertion, const std::vector<std::string>& certificates,
                                      std::string_view audience, std::string_view client_id, TimePoint now);

 private:
  std::set<std::string> used_;  // jti
};

}  // namespace graph_milter::emulator
