// SPDX-License-Identifier: Apache-2.0
// What is decided with a message, and what becomes of one that was held without a plan.
#include "core/intake/planning.h"

#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class PlanAnew : public IntakeTest {
 protected:
  PlanAnew() { settings_.service.max_message_size = 200'000; }

  queue::Entry held() {
    use_rules(std::string(kRules) + "otherwise = hold\n");
    EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard);
    const auto& kept = queue_->committed.back();
    queue::Entry entry;
    entry.id = kept.id;
    entry.envelope = kept.envelope;
    entry.plan = kept.plan;
    entry.state = queue::EntryState::Held;
    bytes_ = kept.bytes;
    return entry;
  }

  std::string decided(const queue::Entry& entry) {
    StringSource source(bytes_);
    const auto plan = plan_anew(*context_, entry, source);
    return plan ? plan->rule + " through " + plan->mailbox : plan.error().text();
  }

  std::string bytes_;
};

TEST_F(PlanAnew, GoesByTheRulesInForce) {
  const queue::Entry entry = held();
  const std::string refusal = "entry " + entry.id + ": the rules in force do not relay it: ";
  const std::string hint = " (mend what that says and release it again; or return it, hand it back or delete it)";
  EXPECT_THAT(decided(entry), HasSubstr(refusal + "too-large: the message has "));
  use_rules("[rule all]\naction = pass\n");
  EXPECT_EQ(decided(entry), refusal + "rule: rule all says pass" + hint);
  use_rules("[rule all]\nclient = 10.1.20.0/24\naction = reject\n");
  EXPECT_EQ(decided(entry), refusal + "rule: rule all says reject" + hint);
  settings_.service.max_message_size = 36'700'160;
  use_rules(std::string(kRules) + "pretend = yes\n");
  EXPECT_EQ(decided(entry), refusal + "pretend: rule scanners only pretends" + hint);
  use_rules(kRules);
  EXPECT_EQ(decided(entry), "scanners through scanner@contoso.com");
}

TEST_F(PlanAnew, IsThePlanThatItWouldHaveHadAtOnce) {
  const queue::Entry entry = held();
  settings_.service.max_message_size = 36'700'160;
  use_rules(std::string(kRules) + "return = hold\n");
  StringSource source(bytes_);
  const auto plan = plan_anew(*context_, entry, source);
  ASSERT_TRUE(plan) << plan.error().text();
  ASSERT_THAT(plan->parts, SizeIs(1));
  EXPECT_EQ(plan->parts.front().name, "s.pdf");
  EXPECT_EQ(plan->handling.return_by, plan::ReturnBy::Hold);
  mail::SpliceSource skeleton(source, plan->skeleton);
  EXPECT_THAT(*read_all(skeleton, 1 << 20), HasSubstr("X-Graph-Milter-Id: test-instance/" + entry.id + "\r\n"))
      << "its own marker, so that what was sent is found again";
  EXPECT_THAT(*read_all(skeleton, 1 << 20), HasSubstr("X-Graph-Milter-Seal: "));
}

// The MTA has let go of all recipients, so whoever Graph would not mail would get nothing.
TEST_F(PlanAnew, CoversAllRecipients) {
  queue::Entry entry = held();
  settings_.service.max_message_size = 36'700'160;
  use_rules(std::string(kRules) +
            "take = recipients\ntake-recipients = b@contoso.com\nheader-only-recipients = trim\n");
  entry.envelope.recipients.push_back(mail::make_envelope_path("<b@contoso.com>"));
  EXPECT_THAT(decided(entry), HasSubstr("take-recipients: rule scanners takes some of its recipients only, and the MTA "
                                        "has none of them any more"));
}

TEST(HandlingOf, IsTheRulesElseTheOptions) {
  IntakeSettings settings;
  policy::Rule rule;
  EXPECT_EQ(handling_of(settings, rule), (plan::Handling{plan::ReturnBy::Dsn, std::nullopt}));
  settings.return_by = config::Return::Mta;
  EXPECT_EQ(handling_of(settings, rule).return_by, plan::ReturnBy::Mta);
  rule.return_by = config::Return::Hold;
  EXPECT_EQ(handling_of(settings, rule).return_by, plan::ReturnBy::Hold);
  rule.sent_copy_for = Duration{0};
  EXPECT_EQ(handling_of(settings, rule).sent_copy_for, Duration{0}) << "kept for good";
  rule.sent_copy_for = Duration{1};
  settings.send_settle = std::chrono::hours(3);
  settings.resend_window = std::chrono::hours(2);
  EXPECT_EQ(handling_of(settings, rule).sent_copy_for, std::chrono::hours(3)) << "it is evidence of the send so long";
  rule.sent_copy_for = std::chrono::hours(100);
  EXPECT_EQ(handling_of(settings, rule).sent_copy_for, std::chrono::hours(100));
}

// --- set-from

class SetFrom : public IntakeTest {
 protected:
  SetFrom() {
    use_rules(
        "[rule devices]\nclient = 10.1.20.0/24\nset-from = mfp@contoso.com\npart-size = 100K\n"
        "action = relay\n");
  }
};

TEST_F(SetFrom, RelaysWhatDevicesWrite) {
  for (const std::string from : {" mfp3@corp.local", " scanner", " MFP 3 <mfp3>", ""}) {
    queue_->committed.clear();
    CapturedLog log;
    ASSERT_EQ(deliver(kLarge, from).kind, AnswerKind::Discard) << from << log.take();
    const plan::Plan& plan = queue_->committed.front().plan;
    EXPECT_EQ(plan.from, "mfp@contoso.com");
    EXPECT_EQ(plan.mailbox, "mfp@contoso.com");
    EXPECT_THAT(log.take(), HasSubstr(" set-from=mfp@contoso.com"));
    EXPECT_EQ(deliver(kLarge, from).kind, AnswerKind::Discard);
    EXPECT_THAT(queue_->committed, SizeIs(1)) << "the same again is known";
  }
}

TEST_F(SetFrom, LeavesOthersOfTheTenantAlone) {
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge, " ceo@contoso.com").kind, AnswerKind::Accept);
  EXPECT_THAT(log.take(), HasSubstr(" reason=from text=\"From ceo@contoso.com is another address of the tenant"));
}

}  // namespace
}  // namespace graph_milter::intake
