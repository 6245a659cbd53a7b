// SPDX-License-Identifier: Apache-2.0
#include "core/policy/match.h"

#include <algorithm>

#include "core/base/format.h"

namespace graph_milter::policy {

namespace {

std::vector<Check> join_tables() {
  std::vector<Check> out;
  for (const auto checks : {envelope_checks(), content_checks()}) out.insert(out.end(), checks.begin(), checks.end());
  return out;
}

}  // namespace

const std::vector<Check>& all_checks() {
  static const std::vector<Check> checks = join_tables();
  return checks;
}

Checks checks_of(const Rule& rule) {
  Checks checks;
  for (const Check& check : all_checks()) {
    if (check.is_set(rule)) checks.push_back(&check);
  }
  return checks;
}

std::string describe(const Rule& rule, const Outcome& outcome, Question& question) {
  if (outcome.holds == Holds::No) return outcome.decided->why_not(rule, question);
  return format("{}: a pattern needs more steps than all patterns together may take for one message",
                outcome.decided->key);
}

}  // namespace graph_milter::policy
