// SPDX-License-Identifier: Apache-2.0
// The token endpoint for client credentials: form, tenant, application, secret or assertion, scope; the errors it is
// known for.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "tests/graph_emulator/assertions.h"
#include "tests/graph_emulator/exchange.h"
#include "tests/graph_emulator/settings.h"

namespace graph_milter::emulator {

// Not locked: the model's lock guards it.
class TokenService {
 public:
  explicit TokenService(const Settings& settings) : settings_(settings) {}

  struct Answer {
    Reply reply;
    std::string breach;  // a violation; empty: none
  };
  Answer answer(const Switches& switches, std::string_view tenant, const Exchange& exchange, const std::string& body,
                TimePoint now);

  std::string issue(const Switches& switches, TimePoint now);
  bool accepts(std::string_view token, TimePoint now) const;
  void revoke_all() { tokens_.clear(); }

 private:
  const Settings& settings_;
  AssertionDesk assertions_;
  std::map<std::string, TimePoint, std::less<>> tokens_;  // until when
};

}  // namespace graph_milter::emulator
