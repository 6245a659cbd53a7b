// SPDX-License-Identifier: Apache-2.0
// The conditions of a rule, asked about one message.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/question.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

enum class Holds {
  Yes,
  No,
  Unknown,  // a pattern came to the end of its work (pattern.h)
};

// One condition. Checks are asked in the order of the table: first what costs little and what the envelope knows.
struct Check {
  std::string_view key;  // as it is written in a rule
  bool asks_content;     // the envelope alone does not tell
  bool (*is_set)(const Rule&);
  Holds (*holds)(const Rule&, Question&);
  std::string (*why_not)(const Rule&, Question&);  // REQUIRES: it does not hold
  // The condition of `outer` holds whenever that of `inner` does. False where that can't be told. REQUIRES: both set.
  bool (*includes)(const Rule& outer, const Rule& inner);
};

std::span<const Check> envelope_checks();  // match_envelope.cc
std::span<const Check> content_checks();   // match_content.cc
const std::vector<Check>& all_checks();

// The checks that a rule asks, in order.
using Checks = std::vector<const Check*>;
Checks checks_of(const Rule& rule);

struct Outcome {
  Holds holds = Holds::Yes;        // all conditions together
  const Check* decided = nullptr;  // the first that does not hold, or whose answer nobody knows; null: all hold
};

Outcome ask_all(const Rule& rule, const Checks& checks, Question& question);
// Only what the envelope knows.
Outcome ask_envelope(const Rule& rule, const Checks& checks, Question& question);

// "client 10.9.9.9 is not in 10.1.20.0/24". REQUIRES: outcome.decided.
std::string describe(const Rule& rule, const Outcome& outcome, Question& question);

}  // namespace graph_milter::policy
