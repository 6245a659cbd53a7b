// SPDX-License-Identifier: Apache-2.0
// For what an entry waits. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/queue/entry.h"

namespace graph_milter::admin {

enum class Whom {
  Nobody,         // it is finished
  Delivery,       // its turn, or its next try
  Mta,            // to take it back, or its notification
  Administrator,  // held, or its configuration must be mended
};
std::string_view name_of(Whom whom);

struct Waiting {
  Whom whom = Whom::Nobody;
  bool held = false;
  TimePoint next_attempt{};  // 0: none by itself
  TimePoint since{};         // of a configuration that must be mended; 0: not so
};

Waiting waiting_of(const queue::EntrySummary& entry);
Waiting waiting_of(const queue::Entry& entry);

// "waits for its next try at ...".
std::string waiting_words(const Waiting& waiting, TimePoint now);

}  // namespace graph_milter::admin
