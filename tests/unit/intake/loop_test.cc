// SPDX-License-Identifier: Apache-2.0
// Our own mail that comes back.
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kMarker = "test-instance/0123456789abcdefghijklmnop";

TEST_F(IntakeTest, SealsWhatItTakes) {
  deliver(kLarge);
  ASSERT_THAT(queue_->committed, SizeIs(1));
  const auto& kept = queue_->committed[0];
  StringSource message(kept.bytes);
  mail::SpliceSource skeleton(message, kept.plan.skeleton);
  EXPECT_THAT(*read_all(skeleton, 1U << 20U),
              HasSubstr("\r\nX-Graph-Milter-Seal: " + guard_->seal("test-instance/" + kept.id) + "\r\n"));
}

TEST_F(IntakeTest, LetsASealedMessagePassWithAWarning) {
  first_fields_ = {{"X-Graph-Milter-Seal", " " + guard_->seal(kMarker)}};
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  const std::string words = log.take();
  EXPECT_THAT(words, HasSubstr("warning"));
  EXPECT_THAT(words, HasSubstr(" rule=scanners status=accept reason=loop text=\"it left through us before and came "
                               "back; look for a forwarding or a connector that sends mail of Microsoft 365 here\""));
  EXPECT_THAT(queue_->committed, SizeIs(0));
}

TEST_F(IntakeTest, TakesAMessageWithAForgedSeal) {
  first_fields_ = {{"X-Graph-Milter-Seal", std::string(" ") + kMarker + ";" + std::string(64, '0')},
                   {"X-Graph-Milter-Seal", " " + LoopGuard(Secret("another key of 16")).seal(kMarker)}};
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
}

TEST_F(IntakeTest, SaysNothingOfLoopsForMailThatNoRuleWants) {
  first_fields_ = {{"X-Graph-Milter-Seal", " " + guard_->seal(kMarker)}};
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge, " other@contoso.com").kind, AnswerKind::Accept);
  EXPECT_THAT(log.take(), Not(HasSubstr("reason=loop")));
}

TEST_F(IntakeTest, LetsAMessageIdThatWasSentAndComesBackWithOtherBytesPassWithAnAlarm) {
  deliver(kLarge);
  pretend_sent(queue_->committed[0], clock_->now());
  clock_->advance(std::chrono::hours(23));
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge + 1).kind, AnswerKind::Accept);
  const std::string words = log.take();
  EXPECT_THAT(words, HasSubstr("error"));
  EXPECT_THAT(words, HasSubstr(" reason=message-id-came-back text=\"entry " + queue_->committed[0].id +
                               " of this Message-ID was sent within a day; look for a loop, or for a program that "
                               "repeats its Message-ID\""));
  EXPECT_THAT(queue_->committed, SizeIs(1));
}

TEST_F(IntakeTest, TakesAMessageIdAgainAfterADay) {
  deliver(kLarge);
  pretend_sent(queue_->committed[0], clock_->now());
  clock_->advance(std::chrono::hours(25));
  EXPECT_EQ(deliver(kLarge + 1).kind, AnswerKind::Discard);
  EXPECT_THAT(queue_->committed, SizeIs(2));
}

TEST_F(IntakeTest, TakesAnotherCopyOfASentMessageForOtherRecipients) {
  first_fields_ = {{"Cc", " b@contoso.com"}};
  mail::Envelope both = envelope();
  both.recipients.push_back(mail::make_envelope_path("<b@contoso.com>"));
  deliver_from(both, kLarge);
  pretend_sent(queue_->committed[0], clock_->now());
  mail::Envelope more = both;
  more.recipients.push_back(mail::make_envelope_path("<c@contoso.com>"));
  EXPECT_EQ(deliver_from(more, kLarge).kind, AnswerKind::Discard) << "equal bytes did not come back from anywhere";
  EXPECT_THAT(queue_->committed, SizeIs(2));
}

TEST_F(IntakeTest, NeedsNoGuard) {
  guard_.reset();
  use_settings();
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
}

}  // namespace
}  // namespace graph_milter::intake
