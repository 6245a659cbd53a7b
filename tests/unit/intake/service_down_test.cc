// SPDX-License-Identifier: Apache-2.0
// New mail while Graph can't take it.
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class WhileDown : public IntakeTest {
 protected:
  void use(WhenDown what) {
    settings_.when_down = what;
    use_settings();
  }
  void set(const std::string& mailbox, queue::Condition condition, const std::string& why = "connect: timed out") {
    service_->set(mailbox, condition, why, clock_->now());
  }
};

TEST_F(WhileDown, MailIsQueuedAsEver) {
  set("", queue::Condition::Down);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
}

TEST_F(WhileDown, MailIsPutOffIfTheSettingSaysSo) {
  use(WhenDown::TempFail);
  set("", queue::Condition::Down);
  CapturedLog log;
  const Answer answer = deliver(kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code + " " + answer.enhanced + " " + answer.text,
            "451 4.4.1 Microsoft 365 does not take mail now; try again later");
  EXPECT_THAT(log.take(), HasSubstr("event=refused message-id=<1@contoso.com> "));
  EXPECT_THAT(queue_->committed, SizeIs(0));
}

TEST_F(WhileDown, MailPassesIfTheSettingSaysSo) {
  use(WhenDown::Pass);
  set("", queue::Condition::Misconfigured, "token: AADSTS7000222 (renew the secret)");
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(log.take(), HasSubstr(" rule=scanners status=accept reason=service-down text=\"token: AADSTS7000222 "
                                    "(renew the secret)\""));
  EXPECT_THAT(queue_->committed, SizeIs(0));
}

TEST_F(WhileDown, OnlyTheMailboxThatIsConcernedMatters) {
  use(WhenDown::TempFail);
  set("other@contoso.com", queue::Condition::Misconfigured);
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
  set("scanner@contoso.com", queue::Condition::Misconfigured);
  message_id_ = " <2@contoso.com>";
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::TempFail);
  service_->set_up("scanner@contoso.com");
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
}

TEST_F(WhileDown, MailThatCanNotBeRelayedAnywayPasses) {
  use(WhenDown::TempFail);
  set("", queue::Condition::Down);
  first_fields_ = {{"Cc", " not-in-the-envelope@contoso.com"}};
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Accept);
  EXPECT_EQ(deliver(kSmall).kind, AnswerKind::Accept);
  EXPECT_EQ(deliver(kLarge, " other@contoso.com").kind, AnswerKind::Accept);
}

}  // namespace
}  // namespace graph_milter::intake
