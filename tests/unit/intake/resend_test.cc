// SPDX-License-Identifier: Apache-2.0
// A message that a client sends again because it did not hear our answer.
#include <cerrno>

#include "core/intake/taking.h"
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(IntakeTest, AnswersAResendAsTheFirstTimeAndKeepsNothingNew) {
  ASSERT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  queue_->calls.clear();
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  EXPECT_THAT(log.take(), HasSubstr("4QUEUEID: event=adopted entry=" + queue_->committed[0].id +
                                    " message-id=<1@contoso.com> client=10.1.20.7 sender=scanner@contoso.com "
                                    "from=scanner@contoso.com nrcpt=1 to=a@contoso.com size="));
  EXPECT_THAT(queue_->committed, SizeIs(1));
  EXPECT_THAT(queue_->calls, ElementsAre("still-there", "find-resend")) << "nothing is written";
}

TEST_F(IntakeTest, SaysOfAResendThatNothingIsDoubled) {
  deliver(kLarge);
  CapturedLog log;
  deliver(kLarge);
  EXPECT_THAT(log.take(), HasSubstr(" status=queued reason=resend possible_duplicate=none\n"));
}

TEST_F(IntakeTest, BelievesTheTransactionWhereTheLookSawNothing) {
  deliver(kLarge);
  queue_->looks_are_blind = true;
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  const std::string words = log.take();
  EXPECT_THAT(words, HasSubstr("event=adopted entry=" + queue_->committed[0].id));
  EXPECT_THAT(words, testing::Not(HasSubstr("event=received")));
  EXPECT_THAT(queue_->committed, SizeIs(1));
}

TEST_F(IntakeTest, AdoptsWhateverTheConditionOfDiskAndService) {
  settings_.when_full = WhenFull::Pass;
  settings_.when_down = WhenDown::Pass;
  use_settings();
  deliver(kLarge);
  queue_->room_error = system_error("spool", "no room", ENOSPC);
  service_->set("", queue::Condition::Down, "no answer", clock_->now());
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard) << "passing it would deliver it twice";
}

TEST_F(IntakeTest, AdoptsAResendOfWhichTheMtaNowRefusesARecipient) {
  deliver(kLarge);
  Message message(context_, envelope());
  feed(message, kLarge);
  message.leave_alone("recipients-changed", "words");
  EXPECT_EQ(message.end("Q", [] { return true; }).kind, AnswerKind::Discard);
}

TEST_F(IntakeTest, KnowsAResendWhateverWasWrittenOnItsWay) {
  deliver(kLarge);
  first_fields_ = {{"Authentication-Results", " mx; auth=pass"}, {"X-Filter-Queue-Id", " 4F77"}};
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  EXPECT_THAT(queue_->committed, SizeIs(1));
}

TEST_F(IntakeTest, TakesAnotherContentOrEnvelopeAsAnotherMessage) {
  deliver(kLarge);
  deliver(kLarge + 3);
  mail::Envelope other = envelope();
  other.sender = mail::make_envelope_path("<other@contoso.com>");
  deliver_from(other, kLarge);
  EXPECT_THAT(queue_->committed, SizeIs(3));
}

TEST_F(IntakeTest, TakesTwoMailsWithoutMessageIdAsTwo) {
  message_id_.clear();
  deliver(kLarge);
  deliver(kLarge);
  EXPECT_THAT(queue_->committed, SizeIs(2));
  EXPECT_EQ(queue_->committed[0].resend_key, "");
}

TEST_F(IntakeTest, SaysThatAMessageMayBeDoubledIfItsMtaLeftAndItWillNotBeKnown) {
  const auto deliver_to_leaving_mta = [this] {
    Message message(context_, envelope());
    feed(message, kLarge);
    const std::size_t before = queue_->committed.size();
    return message.end("Q", [this, before] { return queue_->committed.size() == before; });
  };
  message_id_.clear();
  {
    CapturedLog log;
    EXPECT_EQ(deliver_to_leaving_mta().kind, AnswerKind::Discard) << "it is taken, whoever hears it";
    const std::string words = log.take();
    EXPECT_THAT(words, HasSubstr("warning Q: event=received entry="));
    EXPECT_THAT(words, HasSubstr(" status=queued possible_duplicate=W1\n"));
  }
  {
    CapturedLog log;
    EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
    EXPECT_THAT(log.take(), testing::Not(HasSubstr("possible_duplicate")));
  }
  message_id_ = " <2@contoso.com>";
  CapturedLog log;
  EXPECT_EQ(deliver_to_leaving_mta().kind, AnswerKind::Discard);
  EXPECT_THAT(log.take(), testing::Not(HasSubstr("possible_duplicate"))) << "it will be known";
}

TEST_F(IntakeTest, TakesTwoMailsWithoutDateAsTwo) {
  date_.clear();
  deliver(kLarge);
  deliver(kLarge);
  EXPECT_THAT(queue_->committed, SizeIs(2));
}

TEST_F(IntakeTest, TakesTwoMailsWithAnEmptyMessageIdAsTwo) {
  message_id_ = " ";
  deliver(kLarge);
  deliver(kLarge);
  EXPECT_THAT(queue_->committed, SizeIs(2));
}

TEST_F(IntakeTest, TakesNothingWhileItCanNotBeKnownWhetherItIsAResend) {
  settings_.when_full = WhenFull::Pass;
  use_settings();
  queue_->read_error = make_error(ErrorKind::System, "journal", "disk I/O error");
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code + " " + answer.enhanced + " " + answer.text,
            "451 4.3.0 The mail could not be processed now; try again later");
  EXPECT_THAT(queue_->committed, SizeIs(0));
}

// Where not even the bytes can be stored, a message is only suspected.
class IntakeWithoutStorage : public IntakeTest {
 protected:
  IntakeWithoutStorage() {
    settings_.when_full = WhenFull::Pass;
    use_settings();
  }
  void remember(queue::Outcome outcome, Duration ago) {
    queue::TraceRecord record;
    record.message_id = "<1@contoso.com>";
    record.sender = "scanner@contoso.com";
    record.outcome = outcome;
    record.accepted = clock_->now() - ago;
    queue_->records.push_back(record);
  }
  Answer lack_of_room() {
    mail::Scanner scanner;
    scanner.feed("Message-ID: <1@contoso.com>\r\n\r\n");
    const mail::MessageFacts facts = scanner.finish();
    const mail::Envelope who = envelope();
    policy::Rule rule;
    rule.name = "scanners";
    const policy::Decision decision{&rule, policy::Action::Relay, "scanner@contoso.com", "", "", {}};
    mail::MessageFile file(folder_.path(), 1000);
    const Answers answers(*context_, who, kLarge);
    return Taking(*context_, who, file, decision, answers)
        .not_stored(facts, system_error(folder_.path(), "cannot write", ENOSPC));
  }
};

TEST_F(IntakeWithoutStorage, LetsANewMessagePass) { EXPECT_EQ(lack_of_room().kind, AnswerKind::Accept); }

TEST_F(IntakeWithoutStorage, RefusesOneThatMayBeInTheQueueAlready) {
  remember(queue::Outcome::None, std::chrono::hours(1));
  const Answer answer = lack_of_room();
  EXPECT_EQ(answer.code + " " + answer.enhanced, "452 4.3.1");
}

TEST_F(IntakeWithoutStorage, LetsOnePassThatWasReturned) {
  remember(queue::Outcome::Returned, std::chrono::hours(1));
  EXPECT_EQ(lack_of_room().kind, AnswerKind::Accept);
}

TEST_F(IntakeWithoutStorage, LetsOnePassWhoseTimeIsOver) {
  remember(queue::Outcome::Sent, std::chrono::hours(25));
  EXPECT_EQ(lack_of_room().kind, AnswerKind::Accept);
}

TEST_F(IntakeWithoutStorage, RefusesWhereNobodyKnows) {
  queue_->read_error = make_error(ErrorKind::System, "journal", "disk I/O error");
  EXPECT_EQ(lack_of_room().code, "452");
}

}  // namespace
}  // namespace graph_milter::intake
