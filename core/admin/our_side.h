// SPDX-License-Identifier: Apache-2.0
// What the MTA's settings must fit: our socket, limits and rules, as one plain value for the checks of MTAs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/config/settings.h"
#include "core/config/socket_address.h"
#include "core/policy/policy.h"

namespace graph_milter::admin {

struct OurSide {
  config::SocketAddress socket;
  ByteCount largest_message = 0;                           // that any rule relays
  bool relays = false;                                     // some rule does
  bool discards = false;                                   // some rule takes mail by DISCARD
  bool copies_may_be_lost = false;                         // bcc-copies = lose
  bool logins = false;                                     // some rule asks who has logged in
  std::vector<std::string> daemons;                        // the names that rules ask for, each once
  bool hands_back = false;                                 // originals go to hand_back_to
  std::string hand_back_to;                                // as the option says it; empty: not set
  std::optional<Duration> accept_deadline = std::nullopt;  // so long the MTA may be kept waiting at end of message
};

// REQUIRES: the settings were read without an error.
OurSide our_side(const config::Settings& settings, const policy::Policy& policy);

}  // namespace graph_milter::admin
