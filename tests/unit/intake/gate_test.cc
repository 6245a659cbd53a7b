// SPDX-License-Identifier: Apache-2.0
// What may be relayed: every case of gate_cases.h from its first header to the answer, over real rules, scanner, second
// reader and plan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/odd_bytes.h"
#include "tests/unit/intake/gate_cases.h"
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using graph_milter::test::bytes_of;

class Gate : public IntakeTest {
 protected:
  Gate() {
    settings_.service.max_part_size = 20'000;
    settings_.service.max_message_size = 1'000'000;
    use_rules(
        "[rule parts]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 1\naction = relay\n"
        "[rule rest]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = relay\n");
  }

  // The header as an MTA gives it: field by field, folds as LF and blank.
  static void feed_header(Message& message, std::string_view header) {
    while (!header.empty()) {
      std::size_t end = header.find("\r\n");
      while (end + 2 < header.size() && (header[end + 2] == ' ' || header[end + 2] == '\t')) {
        end = header.find("\r\n", end + 2);
      }
      const std::string_view field = header.substr(0, end);
      const std::size_t colon = field.find(':');
      std::string value(field.substr(colon + 1));
      for (std::size_t at = 0; (at = value.find("\r\n", at)) != std::string::npos;) value.erase(at, 1);
      message.header(field.substr(0, colon), value);
      header.remove_prefix(end + 2);
    }
  }

  // kRelayed, or the reason in the log.
  std::string outcome_of(const GateCase& item) {
    mail::Envelope who = envelope();
    who.sender = mail::make_envelope_path("<" + item.sender + ">");
    who.recipients.clear();
    for (std::size_t i = 0; i < item.recipients; ++i) {
      who.recipients.push_back(mail::make_envelope_path("<user" + std::to_string(i) + "@contoso.com>"));
    }
    const std::string bytes = bytes_of(item.text);
    const std::size_t header_end = bytes.find("\r\n\r\n") + 2;
    Message message(context_, who);
    feed_header(message, std::string_view(bytes).substr(0, header_end));
    message.end_of_headers();
    message.body(std::string_view(bytes).substr(header_end + 2));
    CapturedLog log;
    const Answer answer = message.end("Q", [] { return true; });
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
