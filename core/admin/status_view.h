// SPDX-License-Identifier: Apache-2.0
// The running daemon for people and for programs: words and JSON of `status`. Pure, but for the time zone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/admin/words.h"
#include "core/base/clock.h"
#include "core/queue/entry.h"
#include "core/queue/queue.h"
#include "core/queue/service_state.h"

namespace graph_milter::admin {

using Faults = std::vector<std::string>;

// Why an older configuration is in force than the one on disk.
struct ConfigTrouble {
  TimePoint since{};
  std::string words;  // "the old maps stay: /etc/graph-milter/senders:3: ..."
};

struct DaemonFacts {
  std::string instance;
  TimePoint started{};
  TimePoint now{};
  Faults faults{};  // of the configuration in force, which keep mail from being relayed
  std::vector<ConfigTrouble> config_troubles = {};
};

// By what the application proves to Graph that it is itself.
struct CredentialFacts {
  std::string name;     // "the client secret"
  TimePoint end{};      // 0: nobody knows
  std::string problem;  // why the files can't be used; empty: they can
};

struct StatusFacts {
  DaemonFacts daemon;
  queue::Totals totals;
  std::vector<queue::ServiceReport> troubles;  // of ServiceState
  std::vector<queue::EntrySummary> entries;
  std::optional<CredentialFacts> credential = {};  // nothing: nothing is known of it
};

// Something that time does not mend: a misconfigured service, a held message, a credential that has ended, a
// configuration that can't be taken.
bool needs_a_person(const StatusFacts& facts);

// The errors that keep most messages waiting are told, at most five.
std::string print_status(const StatusFacts& facts, Form form);

}  // namespace graph_milter::admin
