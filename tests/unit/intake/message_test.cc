// SPDX-License-Identifier: Apache-2.0
// One message from its first header to the answer, over real rules, scanner and plan and a queue that remembers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "core/base/id.h"
#include "core/base/text.h"
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(IntakeTest, DiscardsWhatTheQueueHas) {
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  ASSERT_THAT(queue_->committed, SizeIs(1));
  const auto& entry = queue_->committed.front();
  EXPECT_EQ(
      entry.bytes,
      "From: scanner@contoso.com\r\nTo: a@contoso.com\r\nSubject: two\r\n lines\r\nMessage-ID: <1@contoso.com>\r\n"
      "Date: Sun, 22 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
      "\r\n" +
          pdf_body(kLarge));
  EXPECT_EQ(entry.envelope.queue_id, "4QUEUEID");
  EXPECT_EQ(entry.plan.rule, "scanners");
  EXPECT_THAT(entry.plan.parts, SizeIs(1));
  EXPECT_TRUE(is_entry_id(entry.id));
}

TEST_F(IntakeTest, AsksForTheMtaRightBeforeTheCommit) {
  deliver(kLarge);
  EXPECT_THAT(queue_->calls, ElementsAre("still-there", "find-resend", "room", "still-there", "commit"));
}

TEST_F(IntakeTest, TakesNothingForAnMtaThatHasGone) {
  mta_waits_ = false;
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code, "451");
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, AcceptsSmallMailWithoutAskingTheQueueAnything) {
  EXPECT_EQ(deliver(kSmall).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->calls, IsEmpty());
}

TEST_F(IntakeTest, StoresNothingOfMailThatNoRuleCouldWant) {
  client_ = "192.0.2.1";
  // A directory that does not exist: any attempt to store would fail.
  queue_ = std::make_shared<RememberingQueue>("/nonexistent");
  use_rules(kRules);
  EXPECT_EQ(deliver(5 * kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->calls, IsEmpty());
}

TEST_F(IntakeTest, LeavesMailOfAnotherFromAlone) {
  EXPECT_EQ(deliver(kLarge, " other@contoso.com").kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->calls, IsEmpty());
}

TEST_F(IntakeTest, SaysLoudlyOnceThatThePatternOfARuleTakesTooMuch) {
  use_rules(std::string("[rule odd]\nheader = X-Long: /(a+)+$/\naction = pass\n") + kRules);
  first_fields_ = {{"X-Long", " " + std::string(500, 'a') + "!"}};
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->calls, IsEmpty());
  const std::string lines = log.take();
  std::size_t warnings = 0;
  for (const std::string& line : split_list(lines, "\n"))
    warnings += line.find("warning") != std::string::npos ? 1U : 0U;
  EXPECT_EQ(warnings, 1U) << lines;
  EXPECT_EQ(split_list(lines, "\n").size(), 2U) << lines;
  EXPECT_THAT(lines, testing::HasSubstr("reason=pattern-limit"));
}

TEST_F(IntakeTest, LeavesAloneWhatTheMtaForbids) {
  Message message(context_, envelope());
  feed(message, kLarge);
  message.leave_alone("recipients-changed", "words");
  EXPECT_EQ(message.end("Q", [] { return true; }).kind, AnswerKind::Accept);
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, AnswersAFullDiskWith452) {
  queue_->room_error = system_error("spool", "no room", ENOSPC);
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code, "452");
  EXPECT_EQ(answer.enhanced, "4.3.1");
  EXPECT_EQ(answer.text, "No room to store the mail now; try again later");
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, LetsMailPassAFullDiskIfTheSettingSaysSo) {
  settings_.when_full = WhenFull::Pass;
  use_rules(kRules);
  queue_->commit_error = system_error("spool", "write", ENOSPC);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
}

TEST_F(IntakeTest, NeverLetsMailPassWhoseCommitMayHaveHappened) {
  settings_.when_full = WhenFull::Pass;
  use_rules(kRules);
  queue_->commit_error = system_error("journal", "COMMIT", ENOSPC);
  queue_->has_failed = true;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail);
}

TEST_F(IntakeTest, AnswersOtherTroubleOfTheQueueWith451) {
  queue_->commit_error = make_error(ErrorKind::System, "journal", "disk I/O error");
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code, "451");
  EXPECT_EQ(answer.enhanced, "4.3.0");
}

TEST_F(IntakeTest, BringsTroubleWithStoringUpOnlyForMailThatARuleWants) {
  queue_ = std::make_shared<RememberingQueue>("/nonexistent");
  use_rules(kRules);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail);
  EXPECT_EQ(deliver(kLarge, " other@contoso.com").kind, AnswerKind::Accept);
}

TEST_F(IntakeTest, AnswersAnExceptionInTheMiddleWithTryLater) {
  Message message(context_, envelope());
  feed(message, kLarge);
  const Answer answer = message.end("Q", []() -> bool { throw std::runtime_error("boom"); });
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_THAT(queue_->committed, IsEmpty());
}

TEST_F(IntakeTest, AnswersAnExceptionBehindTheCommitAsTaken) {
  message_id_.clear();  // so that the MTA is asked once more
  Message message(context_, envelope());
  feed(message, kLarge);
  const Answer answer = message.end("Q", [this]() -> bool {
    if (!queue_->committed.empty()) throw std::runtime_error("boom");
    return true;
  });
  EXPECT_EQ(answer.kind, AnswerKind::Discard);
  EXPECT_THAT(queue_->committed, SizeIs(1));
}

TEST_F(IntakeTest, ReadsAlikeHoweverTheBytesArrive) {
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{1000}, std::size_t{1U << 24U}}) {
    Message message(context_, envelope());
    message.header("From", " scanner@contoso.com");
    message.header("To", " a@contoso.com");
    message.header("Content-Type", " multipart/mixed; boundary=b");
    const std::string body = pdf_body(kLarge);
    for (std::size_t at = 0; at < body.size(); at += chunk) message.body(std::string_view(body).substr(at, chunk));
    EXPECT_EQ(message.end("Q", [] { return true; }).kind, AnswerKind::Discard) << chunk;
  }
  ASSERT_THAT(queue_->committed, SizeIs(3));
  EXPECT_EQ(queue_->committed[0].bytes, queue_->committed[1].bytes);
  EXPECT_EQ(queue_->committed[0].bytes, queue_->committed[2].bytes);
}

TEST_F(IntakeTest, KeepsMailInMemoryUpToTheLimit) {
  use_rules("[rule s]\nclient = 10.0.0.0/8\nfrom = scanner@contoso.com\nmessage-size = 1\naction = relay\n");
  deliver(1000);
  deliver(kLarge);
  ASSERT_THAT(queue_->committed, SizeIs(2));
  EXPECT_FALSE(queue_->committed[0].was_on_disk);
  EXPECT_TRUE(queue_->committed[1].was_on_disk);
}

TEST_F(IntakeTest, AcceptsAMessageThatNeverHadAHeader) {
  Message message(context_, envelope());
  EXPECT_EQ(message.end("", [] { return true; }).kind, AnswerKind::Accept);
}

TEST_F(IntakeTest, LeavesNothingBehindWhenItIsDropped) {
  const auto files = [this] {
    return std::distance(std::filesystem::directory_iterator(folder_.path()), std::filesystem::directory_iterator());
  };
  {
    Message message(context_, envelope());
    feed(message, kLarge);
    EXPECT_EQ(files(), 0);
  }
  EXPECT_EQ(files(), 0);
}

}  // namespace
}  // namespace graph_milter::intake
