// SPDX-License-Identifier: Apache-2.0
// The words of a mail to the administrator. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/delivery/alert_state.h"
#include "core/queue/queue.h"

namespace graph_milter::delivery {

struct AlertContent {
  std::string hostname;
  std::vector<Trouble> troubles;
  std::vector<Trouble> over;
  queue::Totals totals;
  std::vector<queue::EntrySummary> held;  // the oldest first; all, or as many as are at hand
  Duration interval{};
  TimePoint now{};
};

std::string alert_subject(const AlertContent& content);
std::string alert_text(const AlertContent& content);  // UTF-8, LF

}  // namespace graph_milter::delivery
