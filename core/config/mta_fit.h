// SPDX-License-Identifier: Apache-2.0
// Whether the time-outs of the MTA let it wait as long as accept = delivered asks for. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace graph_milter::config {

// So often the MTA is told that we are at work while it waits. Each restarts milter_content_timeout of Postfix and R:
// of Sendmail (10 s if nothing is said), but not E: of Sendmail, which is one limit for all of the end of a message.
inline constexpr Duration kProgressInterval = std::chrono::seconds(3);

// What the end of a message takes beside waiting: reading and syncing it, the answer, a busy machine.
inline constexpr Duration kEndOfMessageMargin = std::chrono::seconds(30);

// What the MTA says of itself; what is not known is not judged.
struct MtaPatience {
  std::string option;   // as the administrator knows it: "ipc_timeout", "E: of the filter's T="
  Duration patience{};  // its value
  bool restarts_on_progress = false;
};

struct PatienceTrouble {
  std::string option;
  Duration is{};
  Duration must_be{};  // at least
  std::string text;    // for people, with what to do
};

// Those that are too short for `accept_deadline`, in their order.
std::vector<PatienceTrouble> find_impatience(Duration accept_deadline, const std::vector<MtaPatience>& mta);

// Postfix: ipc_timeout, for which smtpd waits for cleanup, which waits for us; milter_content_timeout, which progress
// restarts, must be longer than we need anyhow. Sendmail: R and E of the filter's T=.
std::vector<MtaPatience> patience_of_postfix(Duration ipc_timeout);
std::vector<MtaPatience> patience_of_sendmail(Duration r, Duration e);

}  // namespace graph_milter::config
