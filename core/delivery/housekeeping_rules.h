// SPDX-License-Identifier: Apache-2.0
// What may be cleared up, and when. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/graph/client.h"
#include "core/queue/entry.h"

namespace graph_milter::delivery {

struct HousekeepingSettings {
  std::string instance;
  std::vector<std::string> adopted_instances;
  Duration interval = std::chrono::hours(1);  // of the sweep; alerts are looked at every 10 s, or as often if less
  Duration abandoned_after = std::chrono::hours(24);  // a draft of ours that no live entry knows
  Duration sent_copy_for{0};                          // 0: kept
  Duration send_settle = std::chrono::hours(24);      // so long an unclear send is asked about
  Duration resend_window = std::chrono::hours(24);    // so long a message is known again
};

// "<instance>/" for each instance whose drafts are ours.
std::vector<std::string> marker_prefixes(const HousekeepingSettings& settings);

// The entry in a marker with one of these prefixes; empty if it names none.
std::string entry_of_marker(std::string_view marker, const std::vector<std::string>& prefixes);

// May this draft, which carries a marker of ours, go? Never what is no draft, nor what is young, nor what a live entry
// may need or an intended send may still take; `entry` is what the queue knows of it, tombstones included. A service
// that has accepted a send may keep the draft where it was for a while, so that what was sent counts as young too.
bool is_abandoned(const graph::MarkedMessage& draft, const std::optional<queue::Entry>& entry,
                  const HousekeepingSettings& settings, TimePoint now);

// How long a copy in Sent Items stays: never shorter than it is needed as evidence of the send.
Duration sent_copy_stays(const HousekeepingSettings& settings);

}  // namespace graph_milter::delivery
