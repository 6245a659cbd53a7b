// SPDX-License-Identifier: Apache-2.0
#include "core/plan/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/plan/draft_fields.h"
#include "tests/unit/plan/plan_case.h"

namespace graph_milter::plan {

inline void PrintTo(const Loss& loss, std::ostream* out) { *out << loss.code << ": " << loss.text; }

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Loss> losses_of(PlanCase& c) {
  const Plan plan = c.plan();
  return find_losses(c.envelope, c.facts, plan);
}

// A mail of which everything is kept, but for what `fields` add to its header.
std::vector<Loss> losses_with(const std::string& fields) {
  PlanCase c;
  c.header += fields;
  return losses_of(c);
}

TEST(Losses, AreNoneOfAnOrdinaryMail) {
  EXPECT_THAT(losses_with(""), IsEmpty());
  EXPECT_THAT(losses_with("Subject: Scan\r\nReply-To: x@y.example\r\nCc: bob@example.com\r\nIn-Reply-To: <a@b>\r\n"
                          "References: <a@b>\r\nX-Mailer: swaks\r\nImportance: high\r\nSensitivity: private\r\n"
                          "Disposition-Notification-To: Ann <ANN@contoso.com>\r\n"
                          "List-Unsubscribe: <mailto:x@contoso.com>\r\nSender: ann@contoso.com\r\n"),
              IsEmpty());
}

TEST(Losses, AutoSubmittedBecomesXAutoResponseSuppress) {
  EXPECT_THAT(
      losses_with("Auto-Submitted: auto-generated\r\n"),
      ElementsAre(Loss{"auto-submitted", "auto-submitted: auto-generated (the draft says X-Auto-Response-Suppress)"}));
  EXPECT_THAT(losses_with("Auto-Submitted: no\r\n"), ElementsAre(Loss{"auto-submitted", "auto-submitted: no"}));
}

TEST(Losses, NameFieldsThatTheServiceHasNoPlaceForByTheirKind) {
  EXPECT_THAT(losses_with("List-Id: <l.contoso.com>\r\nList-Post: <mailto:l@contoso.com>\r\n"),
              ElementsAre(Loss{"list-fields", "list-id, list-post"}));
  EXPECT_THAT(losses_with("Resent-From: ann@contoso.com\r\nResent-Date: Sun, 22 Nov 2026 09:02:05 +0000\r\n"),
              ElementsAre(Loss{"resent-fields", "resent-from, resent-date"}));
  EXPECT_THAT(losses_with("Received: from a by b\r\nReceived: from c by d\r\nReturn-Path: <x@y.example>\r\n"),
              ElementsAre(Loss{"trace-fields", "received, return-path (Exchange writes its own)"}));
  EXPECT_THAT(losses_with("DKIM-Signature: v=1; d=contoso.com\r\n"),
              ElementsAre(Loss{"signature-fields", "dkim-signature (Exchange signs as the tenant is set up)"}));
  EXPECT_THAT(losses_with("X-MS-Exchange-Organization-SCL: -1\r\n"),
              ElementsAre(Loss{"reserved-fields", "x-ms-exchange-organization-scl"}));
  EXPECT_THAT(losses_with("Organization: Contoso\r\nUser-Agent: mutt\r\nPrecedence: bulk\r\n"),
              ElementsAre(Loss{"other-fields", "organization, user-agent, precedence"}));
}

TEST(Losses, CountWhatIsTooMuchToName) {
  std::string fields;
  for (int i = 0; i < 20; ++i) fields += "Field-" + std::to_string(i) + ": x\r\n";
  EXPECT_THAT(losses_with(fields),
              ElementsAre(Loss{"other-fields",
                               "field-0, field-1, field-2, field-3, field-4, field-5, field-6, field-7 and 12 more"}));
}

TEST(Losses, NameASenderThatIsNotTheMailbox) {
  EXPECT_THAT(losses_with("Sender: secretary@contoso.com\r\n"),
              ElementsAre(Loss{"sender-field", "sender: secretary@contoso.com (only the mailbox can be the sender)"}));
}

TEST(Losses, NameWhomReceiptsWillNotReach) {
  EXPECT_THAT(losses_with("Disposition-Notification-To: Desk <desk@contoso.com>\r\nReturn-Receipt-To: a@b, c@d\r\n"),
              ElementsAre(Loss{"receipt-address",
                               "the address in disposition-notification-to: Desk <desk@contoso.com>, the address in "
                               "return-receipt-to: a@b, c@d (receipts go to ann@contoso.com)"}));
}

TEST(Losses, NameTheEndOfASubjectOfMoreThan255Characters) {
  const auto subject = [](std::size_t length) {
    std::string text;
    while (length-- > 0) text += "\u00FC";
    return losses_with(mail::make_field("Subject", text) + "\r\n");
  };
  EXPECT_THAT(subject(255), IsEmpty());
  EXPECT_THAT(subject(256),
              ElementsAre(Loss{"long-subject", "the end of the subject (255 of its 256 characters stay)"}));
}

TEST(Losses, NameAnEnvelopeSenderThatIsNotTheMailbox) {
  PlanCase c;
  c.envelope.sender = mail::make_envelope_path("<bounces+7@contoso.com>");
  EXPECT_THAT(losses_of(c), ElementsAre(Loss{"envelope-sender",
                                             "the envelope sender <bounces+7@contoso.com> (non-delivery reports go to "
                                             "ann@contoso.com)"}));
  c.envelope.sender = mail::make_envelope_path("<ANN@Contoso.com>");
  EXPECT_THAT(losses_of(c), IsEmpty());
}

TEST(Losses, NameWhatTheClientAskedOfTheEnvelope) {
  PlanCase c;
  c.envelope.sender.parameters = {"SIZE=100", "BODY=8BITMIME", "RET=HDRS", "envid=x", "MT-PRIORITY=4"};
  c.envelope.recipients[0].parameters = {"NOTIFY=SUCCESS", "ORCPT=rfc822;bob@example.com"};
  EXPECT_THAT(losses_of(c),
              ElementsAre(Loss{"delivery-reports",
                               "RET, ENVID, NOTIFY, ORCPT of the envelope (Exchange reports in its own way)"},
                          Loss{"priority", "MT-PRIORITY of the envelope"}));
}

TEST(Losses, NameANameThatHadToBeCleaned) {
  PlanCase c;
  c.body = multipart("mixed", "b",
                     {text_part(), attachment_part("a:b.pdf", "QUJD"), attachment_part("c.pdf", "QUJD"),
                      "Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nnameless\r\n"});
  EXPECT_THAT(losses_of(c), ElementsAre(Loss{"part-names", "the name \"a:b.pdf\" (it becomes \"a_b.pdf\")"}));
}

TEST(Losses, NameMessagesThatBecomeFiles) {
  PlanCase c;
  c.rule.message_as_file = true;
  c.limits.request_body = 2'000;
  std::string nested = "Content-Type: message/rfc822; name=\"Re: x\"\r\n\r\nFrom: x@y.example\r\n\r\n";
  for (int i = 0; i < 12; ++i) nested += std::string(98, 'x') + "\r\n";
  c.body = multipart("mixed", "b", {text_part(), nested});
  EXPECT_THAT(losses_of(c),
              ElementsAre(Loss{"message-as-file", "a message inside the message (it becomes the file \"Re_ x.eml\")"}));
}

TEST(Losses, NameTheTypeOfWhatGoesByUploadSession) {
  PlanCase c;
  c.limits.request_body = 2'000;
  c.body = multipart("mixed", "b",
                     {text_part(), attachment_part("a.pdf", base64_body(4000)), attachment_part("small.pdf", "QUJD"),
                      attachment_part("b.bin", base64_body(4000), "application/octet-stream")});
  EXPECT_THAT(losses_of(c), ElementsAre(Loss{"part-types",
                                             "the type application/pdf of \"a.pdf\" (by upload session, all become "
                                             "application/octet-stream)"}));
}

TEST(Losses, NameParametersOfTypes) {
  PlanCase c;
  c.body = multipart("mixed", "b",
                     {text_part(),
                      "Content-Type: text/csv; charset=iso-8859-15; header=present; name=a.csv\r\n"
                      "Content-Disposition: attachment; filename=a.csv\r\n\r\n1;2\r\n"});
  EXPECT_THAT(losses_of(c), ElementsAre(Loss{"part-parameters", "charset=iso-8859-15, header=present of \"a.csv\""}));
}

TEST(Losses, NameWhatElseTheHeaderOfAPartSays) {
  PlanCase c;
  c.body = multipart("mixed", "b",
                     {text_part(),
                      "Content-Type: application/pdf\r\nContent-Description: a scan\r\nX-Foo: x\r\n"
                      "Content-Length: 7\r\nContent-Location: http://a.example/b\r\n"
                      "Content-Disposition: attachment; filename=a.pdf; size=5; "
                      "creation-date=\"Sun, 22 Nov 2026 09:02:05 +0000\"\r\n\r\n%PDF-\r\n"});
  EXPECT_THAT(losses_of(c),
              ElementsAre(Loss{"part-fields", "creation-date, content-description, content-location of \"a.pdf\""}));
}

TEST(Losses, NamePartsThatMoveBehindWhatFollowedThem) {
  PlanCase c;
  c.body = multipart(
      "mixed", "b",
      {text_part("before"), attachment_part("a.pdf", "QUJD"), text_part("after"), attachment_part("last.pdf", "QUJD")});
  EXPECT_THAT(losses_of(c), ElementsAre(Loss{"part-places", "the place of \"a.pdf\" (behind all text)"}));
}

TEST(Losses, HaveEachCodeOnceInTheOrderOfLossCodes) {
  PlanCase c;
  c.header += "Organization: x\r\nList-Id: <x>\r\nAuto-Submitted: auto-generated\r\nFoo: x\r\n";
  c.envelope.sender = mail::make_envelope_path("<x@contoso.com>");
  const std::vector<Loss> losses = losses_of(c);
  EXPECT_EQ(join_codes(losses), "auto-submitted,list-fields,other-fields,envelope-sender");
  const auto codes = loss_codes();
  auto at = codes.begin();
  for (const Loss& loss : losses) {
    at = std::find(at, codes.end(), loss.code);
    ASSERT_NE(at, codes.end()) << loss.code;
  }
  EXPECT_EQ(join_codes({}), "");
}

// The draft's own header.

TEST(DraftFields, TellExchangeThatAMailWasMadeByAProgram) {
  const auto skeleton_with = [](const std::string& fields) {
    PlanCase c;
    c.header += fields;
    return c.skeleton();
  };
  for (const char* value : {"auto-generated", "Auto-Generated", "auto-notified; owner-email=\"x@y\""}) {
    const std::string skeleton = skeleton_with(std::string("Auto-Submitted: ") + value + "\r\n");
    EXPECT_NE(skeleton.find("\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\n"), std::string::npos) << skeleton;
    EXPECT_NE(skeleton.find(std::string("\r\nAuto-Submitted: ") + value + "\r\n"), std::string::npos);
  }
  EXPECT_EQ(skeleton_with("Auto-Submitted: no\r\n").find("Suppress"), std::string::npos);
  EXPECT_EQ(skeleton_with("").find("Suppress"), std::string::npos);
  const std::string own = skeleton_with("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: OOF\r\n");
  EXPECT_EQ(own.find("Suppress: OOF, AutoReply"), std::string::npos);
  EXPECT_NE(own.find("Suppress: OOF"), std::string::npos);
}

TEST(DraftFields, HoldNothingThatExchangeBelievesToBeItsOwn) {
  PlanCase c;
  c.header += "X-MS-Exchange-Organization-SCL: -1\r\nx-ms-exchange-forest-x: y\r\nX-MS-Exchange-Foo: kept\r\n";
  const std::string skeleton = c.skeleton();
  EXPECT_EQ(skeleton.find("SCL"), std::string::npos);
  EXPECT_EQ(skeleton.find("forest"), std::string::npos);
  EXPECT_NE(skeleton.find("X-MS-Exchange-Foo: kept"), std::string::npos);
}

TEST(DraftFields, HoldNoOtherSenderThanTheMailboxOrFrom) {
  const auto keeps = [](const std::string& sender, const std::string& mailbox) {
    PlanCase c;
    c.header += "Sender: " + sender + "\r\n";
    c.rule.mailbox = mailbox;
    return c.skeleton().find("Sender:") != std::string::npos;
  };
  EXPECT_TRUE(keeps("Ann <ANN@contoso.com>", ""));
  EXPECT_TRUE(keeps("scans@contoso.com", "scans@contoso.com"));
  EXPECT_TRUE(keeps("ann@contoso.com", "scans@contoso.com"));
  EXPECT_FALSE(keeps("carol@contoso.com", ""));
  EXPECT_FALSE(keeps("not an address", ""));
}

TEST(DraftFields, HoldNoHiddenRecipientButThoseOfTheEnvelope) {
  PlanCase c;
  c.header += "Bcc: x@y.example\r\nResent-Bcc: z@y.example\r\n";
  EXPECT_EQ(c.skeleton().find("cc:"), std::string::npos);
}

}  // namespace
}  // namespace graph_milter::plan
