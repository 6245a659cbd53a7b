// SPDX-License-Identifier: Apache-2.0
// What would become of a message, and why: the arriving half's own reading, rules and plan, without the queue.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/admin/queue_view.h"
#include "core/base/clock.h"
#include "core/config/arguments.h"
#include "core/intake/intake.h"
#include "core/mail/facts.h"
#include "core/plan/losses.h"
#include "core/plan/plan.h"
#include "core/policy/policy.h"

namespace graph_milter::admin {

struct Explanation {
  mail::Envelope envelope;
  mail::MessageFacts facts;
  bool line_ends_changed = false;                // the file had LF; an MTA would have sent CRLF
  std::string rules;                             // Policy::explain
  std::string rule;                              // that decided; empty: none
  policy::Action action = policy::Action::Pass;  // of the rules; the outcome may still leave the message alone
  std::string reason;                            // why the rules pass it
  std::string reason_text;
  std::optional<plan::Outcome> outcome;  // of a message that a rule relays

  std::vector<plan::Loss> losses;  // of a message that would be relayed
  plan::Handling handling;         // of one that its rule relays

  config::Otherwise otherwise = config::Otherwise::Pass;  // what becomes of it where it can't be relayed
  std::optional<intake::Answer> reply;                    // what the client would hear, if it is refused
  bool pretends = false;                                  // all of this only goes to the log

  bool relayed() const { return outcome && std::holds_alternative<plan::Plan>(*outcome); }
};

// Reads the message in `file` ("-": standard input). What the envelope flags leave open is taken from the message: the
// sender from From, the recipients from To, Cc and Bcc; the client is 127.0.0.1. A file whose lines end in LF is read
// as if they ended in CRLF. Larger messages go through an unlinked file in the directory for temporary files.
Result<Explanation> explain(const policy::Policy& policy, const intake::IntakeSettings& settings,
                            const config::EnvelopeFlags& flags, const std::string& file, TimePoint now);

// Part by part and rule by rule; `range_size` is the option, for counting ranges.
std::string print_explanation(const Explanation& explanation, ByteCount range_size, Form form);

}  // namespace graph_milter::admin
