// SPDX-License-Identifier: Apache-2.0
// Asks the service itself what its documentation leaves open, by test mails in one mailbox.
#pragma once

#include <functional>
#include <string>

#include "core/graph/client.h"
#include "core/probe/report.h"
#include "core/upload/ports.h"
#include "core/upload/range_rules.h"

namespace graph_milter::probe {

struct ProbeSettings {
  std::string mailbox;      // whose Drafts and Sent Items
  std::string to;           // who gets the test mails; empty: the mailbox itself
  std::string marker;       // what the MIME draft carries in X-Graph-Milter-Id; that of no entry
  std::string json_marker;  // the same of the JSON draft
  std::string id;           // letters and digits: makes the test mails unlike every other one
  upload::RangeRules rules = upload::outlook_rules();
  Duration patience = std::chrono::minutes(10);      // for the whole probe, clearing away aside
  Duration sent_within = std::chrono::minutes(3);    // until the sent copies must be there
  Duration look_again = std::chrono::seconds(2);     // between two looks for one
  Duration copy_settles = std::chrono::seconds(10);  // before they are deleted: too early a deletion stops the mail
};

// They outlive the probe.
struct ProbePorts {
  graph::Client& graph;
  upload::RangeDoor& ranges;
  const Clock& clock;
  std::function<void(Duration)> wait;
};

// Makes two drafts, sends them, reads the copies back and deletes all of that again, whatever it finds out; only what
// carries a marker of its own is touched. The error is why nothing could be asked at all: the first draft could not be
// made. What failed later is Unknown, with the reason.
Result<Report> run_probe(const ProbeSettings& settings, const ProbePorts& ports);

}  // namespace graph_milter::probe
