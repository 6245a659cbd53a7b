// SPDX-License-Identifier: Apache-2.0
// The table of what a rule may ask about a message.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/question.h"
#include "core/policy/rule.h"

namespace graph_milter::policy {

enum class Holds : unsigned char {
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
  // All that the answer depends on besides the message, as it was written: in one policy, rules of equal text get one
  // answer. REQUIRES: set.
  std::string (*text)(const Rule&);
  // By what names the condition knows those for whom it can hold, and by what names the message does: it holds for
  // nobody who is not in both. Null, or nullopt: they can't be listed.
  std::optional<Names> (*names)(const Rule&) = nullptr;
  Names (*names_in)(Question&) = nullptr;
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

// "client 10.9.9.9 is not in 10.1.20.0/24". REQUIRES: outcome.decided.
std::string describe(const Rule& rule, const Outcome& outcome, Question& question);

}  // namespace graph_milter::policy
