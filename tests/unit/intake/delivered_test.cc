// SPDX-License-Identifier: Apache-2.0
// accept = delivered: the MTA is held until it is known what its client can be told.
#include "core/intake/awaiting.h"
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using queue::Outlook;
using queue::Prospect;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kDelivered =
    "[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 100K\naction = relay\n"
    "accept = delivered\n";

Outlook outlook(Prospect prospect) {
  Outlook out;
  out.prospect = prospect;
  return out;
}

Outlook refused(const std::string& status, const std::string& words) {
  Outlook out = outlook(Prospect::NotTaken);
  out.why.status = status;
  out.why.diagnostic = words;
  return out;
}

class DeliveredTest : public IntakeTest {
 protected:
  DeliveredTest() { use_rules(kDelivered); }
};

TEST_F(DeliveredTest, AnswersWhenGraphHasIt) {
  queue_->outlooks = {Outlook{}, Outlook{}, outlook(Prospect::Taken)};
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  EXPECT_THAT(queue_->calls, ElementsAre("still-there", "find-resend", "room", "still-there", "begin-wait", "commit",
                                         "wait", "still-there", "wait", "still-there", "wait", "end-wait"))
      << "it waits before anybody can be told, and says so to the MTA meanwhile";
  const std::string words = log.take();
  EXPECT_THAT(words, HasSubstr("event=received"));
  EXPECT_THAT(words, HasSubstr(" status=awaited\n"));
  EXPECT_THAT(words, HasSubstr("4QUEUEID: event=answered entry=" + queue_->committed[0].id + " delay="));
}

TEST_F(DeliveredTest, WaitsNoLongerThanItMay) {
  settings_.accept_deadline = std::chrono::seconds(2);
  use_rules(kDelivered);
  queue_->outlooks = {outlook(Prospect::Taken)};
  deliver(kLarge);
  EXPECT_EQ(queue_->waited_until.front(), clock_->now() + std::chrono::seconds(2));
  settings_.accept_deadline = std::chrono::seconds(200);
  use_rules(kDelivered);
  queue_->outlooks = {outlook(Prospect::Taken)};
  deliver(kLarge + 3);
  EXPECT_EQ(queue_->waited_until.back(), clock_->now() + config::kProgressInterval);
}

TEST_F(DeliveredTest, TellsTheClientWhatGraphSays) {
  struct Case {
    const char* status;
    const char* code;
  };
  for (const Case& item :
       {Case{"5.7.1", "550"}, Case{"5.1.1", "550"}, Case{"5.3.4", "552"}, Case{"5.2.2", "552"}, Case{"5.0.0", "554"}}) {
    queue_->outlooks = {refused(item.status, "403 ErrorX: 100% no")};
    const Answer answer = deliver(kLarge);
    queue_->committed.clear();
    EXPECT_EQ(answer.kind, AnswerKind::Reject);
    EXPECT_EQ(answer.code, item.code) << item.status;
    EXPECT_EQ(answer.enhanced, item.status);
    EXPECT_EQ(answer.text, "Microsoft 365 refused the mail: 403 ErrorX: 100  no");
  }
}

TEST_F(DeliveredTest, WithdrawsWhatIsNotThereInTime) {
  Outlook later;
  later.next_attempt = clock_->now() + std::chrono::hours(1);
  queue_->outlooks = {later};
  CapturedLog log;
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code + " " + answer.enhanced, "451 4.4.7");
  EXPECT_EQ(answer.text, "Microsoft 365 has not taken the mail in time; try again later");
  EXPECT_THAT(queue_->calls, Contains("withdraw 4.4.1"));
  EXPECT_THAT(log.take(), HasSubstr(" status=\"451 4.4.7\" reason=\"it can't be delivered within accept-deadline\"\n"));
}

TEST_F(DeliveredTest, TakesWhatMayBeOut) {
  Outlook stuck;
  stuck.is_stuck = true;
  queue_->outlooks = {stuck};
  queue_->withdrawal = outlook(Prospect::Taken);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
}

TEST_F(DeliveredTest, WithdrawsWhenTheMtaHasGone) {
  Message message(context_, envelope());
  feed(message, kLarge);
  int asked = 0;
  const Answer answer = message.end("Q", [&] { return ++asked < 3; });
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_THAT(queue_->calls, Contains("withdraw 4.4.2"));
}

TEST_F(DeliveredTest, PutsOffWhatIsMoreThanMayWait) {
  settings_.accept_waiting = 1;
  use_rules(kDelivered);
  queue_->waited_for = {"another"};
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.code + " " + answer.enhanced + " " + answer.text,
            "451 4.3.2 Too many messages wait for Microsoft 365; try again later");
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(DeliveredTest, DoesNotWaitForWhatCouldNotBeCommitted) {
  queue_->commit_error = make_error(ErrorKind::System, "journal", "no");
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail);
  EXPECT_THAT(queue_->calls, Contains("end-wait"));
  EXPECT_THAT(queue_->calls, Not(Contains("wait")));
}

TEST_F(DeliveredTest, DoesNotKnowWhatAFailedJournalDid) {
  Outlook stuck;
  stuck.is_stuck = true;
  queue_->outlooks = {stuck};
  queue_->withdraw_error = make_error(ErrorKind::System, "journal", "no");
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail) << "the next start withdraws it, or makes it ours";
}

TEST_F(DeliveredTest, WaitsWithTheFirstConnectionForTheSameMessage) {
  queue_->outlooks = {outlook(Prospect::Taken)};
  deliver(kLarge);
  queue_->still_awaited = true;
  queue_->outlooks = {Outlook{}, outlook(Prospect::Taken)};
  queue_->calls.clear();
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  EXPECT_THAT(queue_->committed, SizeIs(1));
  EXPECT_THAT(queue_->calls,
              ElementsAre("still-there", "find-resend", "begin-wait", "wait", "still-there", "wait", "end-wait"));
}

TEST_F(DeliveredTest, TheOptionHoldsWhereTheRuleSaysNothing) {
  settings_.accept = config::Accept::Delivered;
  use_rules(kRules);
  queue_->outlooks = {outlook(Prospect::Taken)};
  deliver(kLarge);
  EXPECT_THAT(queue_->calls, Contains("begin-wait"));
  queue_->calls.clear();
  use_rules(std::string(kRules) + "accept = queued\n");
  deliver(kLarge + 3);
  EXPECT_THAT(queue_->calls, Not(Contains("begin-wait")));
}

TEST(ReasonToLeave, IsFoundInWhatIsKnown) {
  const TimePoint now = from_unix_ms(1'795'338'000'000);
  const TimePoint deadline = now + std::chrono::minutes(1);
  Outlook waits;
  EXPECT_FALSE(reason_to_leave(waits, now, deadline));
  waits.next_attempt = deadline;
  EXPECT_FALSE(reason_to_leave(waits, now, deadline));
  EXPECT_EQ(reason_to_leave(waits, deadline, deadline)->status, "4.4.7");
  waits.next_attempt = deadline + Duration(1);
  EXPECT_EQ(reason_to_leave(waits, now, deadline)->status, "4.4.1");
  waits.is_stuck = true;
  EXPECT_EQ(reason_to_leave(waits, now, deadline)->status, "4.3.0");
  waits.is_stopping = true;
  EXPECT_EQ(reason_to_leave(waits, now, deadline)->status, "4.3.2");
}

}  // namespace
}  // namespace graph_milter::intake
