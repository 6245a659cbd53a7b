// SPDX-License-Identifier: Apache-2.0
// take = recipients: whom Graph mails, and what the MTA is told to delete.
#include "core/intake/share.h"

#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

mail::Envelope to(const std::vector<std::string>& arguments) {
  mail::Envelope out;
  out.client_address = "10.1.20.7";
  out.sender = mail::make_envelope_path("<scanner@contoso.com>");
  for (const std::string& argument : arguments) out.recipients.push_back(mail::make_envelope_path(argument));
  return out;
}

TEST(Forms, AreTheClientsLetterForLetterInBracketsWithoutARoute) {
  const mail::Envelope envelope = to({"<b@X.example>", "B@x.example", "<@h1,@h2:b@x.example>", "<b@x.example>",
                                      "<\"o d\"@x.example>", "<c@x.example>"});
  EXPECT_THAT(forms_of(envelope, {"b@x.example", "\"o d\"@x.example"}),
              ElementsAre("<b@X.example>", "<B@x.example>", "<b@x.example>", "<\"o d\"@x.example>"));
}

TEST(Half, HoldsTheseRecipientsAloneWithTheirParameters) {
  mail::Envelope envelope = to({"<a@x.example>", "<b@x.example>", "<A@X.example>"});
  envelope.recipients[0].parameters = {"NOTIFY=NEVER"};
  const mail::Envelope half = with_recipients(envelope, {"a@x.example"});
  ASSERT_THAT(half.recipients, SizeIs(2));
  EXPECT_EQ(half.recipients[0], envelope.recipients[0]);
  EXPECT_EQ(half.recipients[1].argument, "<A@X.example>");
  EXPECT_TRUE(is_wider(envelope, {"a@x.example"}));
  EXPECT_FALSE(is_wider(half, {"a@x.example"}));
  EXPECT_TRUE(is_wider(to({"<not an address>"}), {}));
}

constexpr const char* kShares =
    "[rule shares]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 100K\naction = relay\n"
    "take = recipients\ntake-recipients = @contoso.com\nheader-only-recipients = trim\n";

TEST_F(IntakeTest, SharesAMessageWithTheMta) {
  use_rules(kShares);
  const Answer answer = deliver_from(to({"<a@contoso.com>", "<b@elsewhere.example>"}), kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::Share);
  EXPECT_THAT(answer.taken, ElementsAre("<a@contoso.com>"));
  EXPECT_EQ(queue_->committed[0].envelope, [&] {
    mail::Envelope half = to({"<a@contoso.com>"});
    half.queue_id = "4QUEUEID";
    return half;
  }()) << "nobody else is told or handed anything";
}

TEST_F(IntakeTest, SharesAResendAsTheFirstTimeWhateverTheRuleSaysNow) {
  use_rules(kShares);
  const mail::Envelope both = to({"<a@contoso.com>", "<b@elsewhere.example>"});
  deliver_from(both, kLarge);
  for (const char* rules : {kShares, kRules}) {
    use_rules(rules);
    const Answer again = deliver_from(both, kLarge);
    EXPECT_EQ(again.kind, AnswerKind::Share) << "DISCARD would destroy the other's mail";
    EXPECT_THAT(again.taken, ElementsAre("<a@contoso.com>"));
  }
  EXPECT_THAT(queue_->committed, SizeIs(1));
}

TEST_F(IntakeTest, DeletesAllRecipientsWhereTheRuleTakesThemAll) {
  use_rules(std::string(kRules) + "take = recipients\n");
  const Answer answer = deliver_from(to({"<a@contoso.com>", "b@contoso.com"}), kLarge);
  EXPECT_EQ(answer.kind, AnswerKind::Share);
  EXPECT_THAT(answer.taken, ElementsAre("<a@contoso.com>", "<b@contoso.com>"));
}

TEST_F(IntakeTest, LeavesMailAloneOfWhichItTakesNoRecipient) {
  use_rules(kShares);
  CapturedLog log;
  EXPECT_EQ(deliver_from(to({"<b@elsewhere.example>"}), kLarge).kind, AnswerKind::Accept);
  EXPECT_THAT(log.take(),
              testing::HasSubstr("reason=no-recipients text=\"none of the recipients is in take-recipients\""));
  EXPECT_THAT(queue_->committed, IsEmpty());
}

}  // namespace
}  // namespace graph_milter::intake
