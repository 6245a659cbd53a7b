// SPDX-License-Identifier: Apache-2.0
#include "core/mail/tolerance.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace graph_milter::mail {
namespace {

constexpr bool kTolerable = true;

constexpr std::array kCodes = {
    // what two readers could understand differently
    FindingCode{"dup-header", Verdict::Ambiguous},
    FindingCode{"boundary", Verdict::Ambiguous},
    FindingCode{"delimiter", Verdict::Ambiguous},
    FindingCode{"unclosed", Verdict::Ambiguous},
    FindingCode{"no-parts", Verdict::Ambiguous},
    FindingCode{"preamble", Verdict::Ambiguous},
    FindingCode{"epilogue", Verdict::Ambiguous},
    FindingCode{"cte", Verdict::Ambiguous},
    FindingCode{"content-type", Verdict::Ambiguous},
    FindingCode{"digest", Verdict::Ambiguous},
    FindingCode{"comment-odd", Verdict::Ambiguous},
    FindingCode{"param", Verdict::Ambiguous},
    FindingCode{"header-line", Verdict::Ambiguous},
    FindingCode{"fold", Verdict::Ambiguous},
    FindingCode{"nul", Verdict::Ambiguous},
    FindingCode{"bare-eol", Verdict::Ambiguous},
    FindingCode{"address", Verdict::Ambiguous},
    FindingCode{"second-reader", Verdict::Ambiguous},
    // the same, but only in how it is written
    FindingCode{"boundary-form", Verdict::Ambiguous, kTolerable},
    FindingCode{"comment", Verdict::Ambiguous, kTolerable},
    FindingCode{"param-form", Verdict::Ambiguous, kTolerable},
    FindingCode{"cte-form", Verdict::Ambiguous, kTolerable},
    FindingCode{"disposition", Verdict::Ambiguous, kTolerable},
    FindingCode{"header-blank", Verdict::Ambiguous, kTolerable},
    FindingCode{"preamble-size", Verdict::Ambiguous, kTolerable},
    FindingCode{"epilogue-size", Verdict::Ambiguous, kTolerable},
    // not ours to change
    FindingCode{"signed", Verdict::Protected},
    FindingCode{"encrypted", Verdict::Protected},
    FindingCode{"pgp", Verdict::Protected},
    FindingCode{"partial", Verdict::Protected},
    FindingCode{"external-body", Verdict::Protected},
    FindingCode{"report", Verdict::Protected},
    // more than we read
    FindingCode{"header-size", Verdict::OverLimit},
    FindingCode{"header-fields", Verdict::OverLimit},
    FindingCode{"parts", Verdict::OverLimit},
    FindingCode{"depth", Verdict::OverLimit},
};

}  // namespace

std::span<const FindingCode> finding_codes() { return kCodes; }

bool is_tolerable(std::string_view code) {
  const auto* const found =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const FindingCode& row) { return row.code == code; });
  return found != kCodes.end() && found->tolerable;
}

MessageFacts tolerate(MessageFacts facts) {
  const auto decisive = std::stable_partition(facts.findings.begin(), facts.findings.end(),
                                              [](const Finding& finding) { return !is_tolerable(finding.code); });
  if (decisive == facts.findings.end()) return facts;
  facts.tolerated.assign(std::make_move_iterator(decisive), std::make_move_iterator(facts.findings.end()));
  facts.findings.erase(decisive, facts.findings.end());
  facts.verdict = facts.findings.empty() ? Verdict::Clean : facts.findings.front().verdict;
  return facts;
}

}  // namespace graph_milter::mail
