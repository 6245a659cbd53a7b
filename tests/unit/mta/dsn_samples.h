// SPDX-License-Identifier: Apache-2.0
// Notifications of every kind, for tests here and for another reader's opinion (check_dsn.py).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/mta/dsn.h"

namespace graph_milter::mta::test {

struct DsnSample {
  std::string name;
  mail::Envelope envelope;
  DsnContent content{.envelope = envelope};
  std::string original;

  DsnSample() = default;
  DsnSample(const DsnSample&) = delete;
  DsnSample& operator=(const DsnSample&) = delete;
  std::string compose();  // the whole notification
};

// 22 Nov 2026, 09:02:05 UTC.
inline const TimePoint kNow = from_unix_ms(1'795'338'125'000);

// A refusal of a scan for two recipients; what a test changes comes after.
std::unique_ptr<DsnSample> plain_sample();

// One of each kind, by name.
std::vector<std::unique_ptr<DsnSample>> all_samples();

}  // namespace graph_milter::mta::test
