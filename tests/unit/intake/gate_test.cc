// SPDX-License-Identifier: Apache-2.0
// What may be relayed: every case of gate_cases.h from its first header to the answer, over real rules, scanner, second
// reader and plan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/intake/gate_rig.h"

namespace graph_milter::intake {
namespace {

class Gate : public GateRig {
 protected:
  // kRelayed, or the reason in the log.
  std::string outcome_of(const GateCase& item) {
    CapturedLog log;
    const Answer answer = answer_to(item);
    const std::string words = log.take();
    if (answer.kind == AnswerKind::Discard) return kRelayed;
    if (answer.kind != AnswerKind::Accept) return "refused: " + words;
    const std::size_t reason = words.find(" reason=");
    return reason == std::string::npos ? words : words.substr(reason + 8, words.find(' ', reason + 8) - reason - 8);
  }
};

TEST_F(Gate, DecidesEachCaseAsItsRowSays) {
  std::set<std::string> names;
  for (const GateCase& item : gate_cases()) {
    SCOPED_TRACE(item.name);
    EXPECT_TRUE(names.insert(item.name).second) << "two cases of this name";
    queue_->committed.clear();
    queue_->records.clear();
    EXPECT_EQ(outcome_of(item), item.outcome);
    if (item.outcome != kRelayed || queue_->committed.empty()) {
      EXPECT_THAT(queue_->committed, testing::IsEmpty()) << "left alone, and kept";
      continue;
    }
    std::vector<std::string> cut;
    for (const plan::PlannedPart& part : queue_->committed.front().plan.parts) cut.push_back(part.name);
    EXPECT_EQ(cut, item.cut);
  }
}

TEST_F(Gate, HasACaseForEachAttack) {
  std::set<std::string> attacks;
  for (const GateCase& item : gate_cases()) attacks.insert(item.name.substr(0, 3));
  for (int number = 1; number <= 32; ++number) {
    EXPECT_TRUE(attacks.contains((number < 10 ? "M0" : "M") + std::to_string(number))) << number;
  }
}

}  // namespace
}  // namespace graph_milter::intake
