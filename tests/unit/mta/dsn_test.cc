// SPDX-License-Identifier: Apache-2.0
#include "core/mta/dsn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/base/text.h"
#include "core/mail/scanner.h"
#include "core/mta/dsn_text.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/mta/dsn_samples.h"

namespace graph_milter::mta {
namespace {

using test::kNow;
using test::plain_sample;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

mail::MessageFacts scan(std::string_view bytes) {
  mail::Scanner scanner;
  scanner.feed(bytes);
  return scanner.finish();
}

// The three parts below the root; the children of a message/rfc822 are left out.
std::vector<mail::Part> parts_of(const mail::MessageFacts& facts) {
  std::vector<mail::Part> parts;
  for (const mail::Part& part : facts.parts)
    if (part.depth == 1) parts.push_back(part);
  return parts;
}

TEST(Dsn, IsThisMailToTheByte) {
  const auto sample = plain_sample();
  const std::string mail = sample->compose();
  const std::string boundary = mail.substr(mail.find("boundary=\"") + 10, 42);
  std::string expected = R"(From: Mail Delivery System <MAILER-DAEMON@relay.contoso.com>
To: <scanner@contoso.com>
Subject: Undelivered: Scan of Tuesday
Date: Sun, 22 Nov 2026 09:02:05 +0000
Message-ID: <01kap5e0000123456789abcdef.failed@relay.contoso.com>
Auto-Submitted: auto-replied
MIME-Version: 1.0
In-Reply-To: <1@scanner.contoso.com>
References: <1@scanner.contoso.com>
Content-Type: multipart/report; report-type=delivery-status;
 boundary="@"

This is a delivery status notification (RFC 3464).

--@
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

This is the mail system on relay.contoso.com.

Your message could not be delivered to the recipients named below. They do
not have it, and it will not be tried again.

    Subject:  Scan of Tuesday
    Received: Sun, 22 Nov 2026 08:52:05 +0000

    alice@example.org
    bob@example.org
      The reason:
        403 ErrorSendAsDenied: The user account which was used to submit
        this request does not have the right to send mail on behalf of the
        specified sending account.
      What you can do:
        You, or the account that sends for you, may not send this. Ask your
        postmaster for the permission, then send the message again.

Your postmaster finds this message under the number
01kap5e0000123456789abcdef.

--@
Content-Description: Delivery status
Content-Type: message/delivery-status
Content-Transfer-Encoding: 7bit

Reporting-MTA: dns; relay.contoso.com
Arrival-Date: Sun, 22 Nov 2026 08:52:05 +0000
X-Graph-Milter-Entry: 01kap5e0000123456789abcdef

Final-Recipient: rfc822; alice@example.org
Action: failed
Status: 5.7.1
Remote-MTA: dns; graph.microsoft.com
Diagnostic-Code: x-graph; 403 ErrorSendAsDenied: The user account which was
 used to submit this request does not have the right to send mail on behalf of
 the specified sending account.

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 5.7.1
Remote-MTA: dns; graph.microsoft.com
Diagnostic-Code: x-graph; 403 ErrorSendAsDenied: The user account which was
 used to submit this request does not have the right to send mail on behalf of
 the specified sending account.

--@
Content-Description: Header of the message
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: 7bit

Received: from scanner (scanner.contoso.com [192.0.2.7])
	by relay.contoso.com; Sun, 22 Nov 2026 08:52:05 +0000
From: Scanner <scanner@contoso.com>
To: alice@example.org, bob@example.org
Subject: Scan of Tuesday
Message-ID: <1@scanner.contoso.com>
Content-Type: text/plain

--@--
)";
  std::string wire;
  for (const char c : expected)
    wire += c == '@' && wire.size() >= 2 && (wire.back() == '-' || wire.back() == '"') ? boundary
            : c == '\n'                                                                ? "\r\n"
                                                                                       : std::string(1, c);
  EXPECT_EQ(mail, wire);
}

TEST(Dsn, IsTheSameMailEachTime) { EXPECT_EQ(plain_sample()->compose(), plain_sample()->compose()); }

TEST(Dsn, GoesFromTheNullSenderToTheEnvelopeSender) {
  const auto sample = plain_sample();
  StringSource source(sample->original);
  const auto dsn = compose_dsn(sample->content, source);
  ASSERT_TRUE(dsn);
  EXPECT_EQ(dsn->envelope.sender, "");
  ASSERT_EQ(dsn->envelope.recipients.size(), 1U);
  EXPECT_EQ(dsn->envelope.recipients[0].address, "scanner@contoso.com");
  EXPECT_THAT(dsn->envelope.recipients[0].parameters, IsEmpty());
  EXPECT_FALSE(dsn->envelope.eight_bit);
  EXPECT_FALSE(dsn->envelope.utf8);
}

TEST(Dsn, ACopyGoesElsewhereUnderAnotherMessageId) {
  const auto sample = plain_sample();
  sample->content.copy_to = "postmaster@contoso.com";
  StringSource source(sample->original);
  const auto dsn = compose_dsn(sample->content, source);
  ASSERT_TRUE(dsn);
  EXPECT_EQ(dsn->envelope.recipients[0].address, "postmaster@contoso.com");
  EXPECT_THAT(sample->compose(), HasSubstr("Message-ID: <01kap5e0000123456789abcdef.failed.copy@relay.contoso.com>"));
  EXPECT_THAT(sample->compose(), HasSubstr("To: <scanner@contoso.com>\r\n"));
}

// Our own strict reader takes every one of them for a clean multipart of three parts, or for a report.
TEST(Dsn, EveryKindHasThreeParts) {
  for (const auto& sample : test::all_samples()) {
    const mail::MessageFacts facts = scan(sample->compose());
    EXPECT_EQ(facts.parts.at(0).type, "multipart/report") << sample->name;
    const auto parts = parts_of(facts);
    ASSERT_EQ(parts.size(), 3U) << sample->name;
    EXPECT_EQ(parts[0].type, "text/plain") << sample->name;
    EXPECT_THAT(parts[1].type, testing::EndsWith("delivery-status")) << sample->name;
    EXPECT_EQ(facts.verdict, mail::Verdict::Protected) << sample->name;
    for (const mail::Finding& finding : facts.findings)
      EXPECT_EQ(finding.verdict, mail::Verdict::Protected) << sample->name << ": " << finding.detail;
  }
}

TEST(Dsn, TheNullSenderIsToldNothing) {
  const auto sample = plain_sample();
  sample->envelope.sender = mail::make_envelope_path("<>");
  StringSource source(sample->original);
  const auto dsn = compose_dsn(sample->content, source);
  ASSERT_FALSE(dsn);
  EXPECT_EQ(dsn.error().kind, ErrorKind::Permanent);
  sample->envelope.recipients[0].parameters = {"NOTIFY=SUCCESS,FAILURE"};
  EXPECT_THAT(wants_notice(sample->envelope, DsnAction::Failed), IsEmpty());
}

TEST(Dsn, ASenderThatCouldNotStandInAHeaderIsToldNothing) {
  const auto sample = plain_sample();
  for (const char* const bad : {"a@b\r\nBcc: all@contoso.com", "a b@c", "a@b>, <c@d"}) {
    sample->envelope.sender.address = bad;
    StringSource source(sample->original);
    const auto dsn = compose_dsn(sample->content, source);
    ASSERT_FALSE(dsn) << bad;
    EXPECT_EQ(dsn.error().kind, ErrorKind::Permanent);
  }
}

TEST(Dsn, NotifyIsAskedPerRecipient) {
  mail::Envelope envelope;
  envelope.sender = mail::make_envelope_path("<a@b>");
  for (const char* const parameter : {"NOTIFY=NEVER", "NOTIFY=SUCCESS", "NOTIFY=FAILURE,DELAY", "X=1"})
    envelope.recipients.push_back(mail::make_envelope_path("<c@d>", {parameter}));
  EXPECT_THAT(wants_notice(envelope, DsnAction::Failed), ElementsAre(2, 3));
  EXPECT_THAT(wants_notice(envelope, DsnAction::Delayed), ElementsAre(2, 3));
  EXPECT_THAT(wants_notice(envelope, DsnAction::Relayed), ElementsAre(1));
}

TEST(Dsn, TheWholeMessageComesBackOnlyOnRequestAndOnlyWithAFailure) {
  mail::Envelope envelope;
  EXPECT_FALSE(wants_whole_message(envelope, DsnAction::Failed));
  envelope.sender.parameters = {"RET=HDRS"};
  EXPECT_FALSE(wants_whole_message(envelope, DsnAction::Failed));
  envelope.sender.parameters = {"ret=full"};
  EXPECT_TRUE(wants_whole_message(envelope, DsnAction::Failed));
  EXPECT_FALSE(wants_whole_message(envelope, DsnAction::Delayed));
  EXPECT_FALSE(wants_whole_message(envelope, DsnAction::Relayed));
}

TEST(Dsn, TheWholeMessageIsInItByteForByte) {
  const auto seed = graph_milter::test::seed();
  std::mt19937_64 dice(seed);
  const auto sample = plain_sample();
  sample->content.original = DsnOriginal::Whole;
  sample->original = "Subject: x\r\n\r\n";
  for (int i = 0; i < 300'000; ++i) sample->original += static_cast<char>(dice());
  StringSource source(sample->original);
  const auto dsn = compose_dsn(sample->content, source);
  ASSERT_TRUE(dsn);
  EXPECT_TRUE(dsn->envelope.eight_bit);
  EXPECT_FALSE(dsn->envelope.utf8);
  EXPECT_NE(sample->compose().find("\r\n\r\n" + sample->original + "\r\n--=_"), std::string::npos) << "seed " << seed;
}

TEST(Dsn, NothingInTheOriginalCanEndItsPart) {
  const auto sample = plain_sample();
  sample->content.original = DsnOriginal::Whole;
  const std::string first = sample->compose();
  const std::string boundary = first.substr(first.find("boundary=\"") + 10, 42);
  // Somebody who saw a notification puts its boundary into the next mail.
  sample->original += "--" + boundary + "--\r\n";
  const std::string second = sample->compose();
  EXPECT_EQ(second.find("boundary=\"" + boundary), std::string::npos);
  EXPECT_EQ(parts_of(scan(second)).size(), 3U);
  // And the number that only we know is in it, too.
  sample->content.entry_id = "01kap5e0000123456789abcdeg";
  EXPECT_EQ(sample->compose().find("boundary=\"" + second.substr(second.find("boundary=\"") + 10, 42)),
            std::string::npos);
}

TEST(Dsn, NoSubjectCanInjectAField) {
  const auto sample = plain_sample();
  sample->original =
      "Subject: =?utf-8?Q?x=0D=0ABcc:_all@contoso.com=0D=0A=0D=0Abody?=\r\n"
      "Message-ID: <a\tb@c>\r\n"
      "\r\n";
  const mail::MessageFacts facts = scan(sample->compose());
  EXPECT_EQ(facts.find_header("bcc"), nullptr);
  EXPECT_EQ(facts.find_header("in-reply-to"), nullptr);
  EXPECT_EQ(facts.find_header("subject")->value.substr(0, 12), "Undelivered:");
}

TEST(Dsn, NoDiagnosticCanInjectAField) {
  const auto sample = plain_sample();
  sample->content.recipients[0].diagnostic =
      "x-graph; 403\r\nAction: delivered\r\n\r\nFinal-Recipient: rfc822; x\x01\xFF";
  sample->content.recipients[0].remote_mta = "x\r\nAction: delivered";
  sample->content.recipients[0].status = "5.7.1\r\nAction: delivered";
  const std::string mail = sample->compose();
  EXPECT_THAT(mail, Not(HasSubstr("\nAction: delivered")));
  EXPECT_THAT(mail, HasSubstr("Status: 5.0.0\r\n"));
  EXPECT_THAT(mail, HasSubstr("Diagnostic-Code: x-graph; 403 Action: delivered  Final-Recipient: rfc822; x ?\r\n"));
}

TEST(Dsn, LinesAreShortWhateverIsPutIn) {
  const auto sample = plain_sample();
  const std::string long_word(5'000, 'x');
  sample->content.recipients[0].diagnostic = "x-graph; " + long_word;
  sample->content.recipients[0].path.address = long_word + "@example.org";
  sample->content.recipients[0].remote_mta = long_word;
  sample->original = "Subject: " + std::string(900, 'y') + "\r\nMessage-ID: <" + std::string(950, 'z') + "@x>\r\n\r\n";
  const std::string mail = sample->compose();
  std::size_t line = 0;
  for (const char c : mail) {
    line = c == '\n' ? 0 : line + 1;
    ASSERT_LE(line, 999U);  // 998 and the CR
  }
}

TEST(Dsn, AStatusThatDoesNotFitTheActionIsTheGeneralOne) {
  const auto status = [](DsnAction action, const std::string& given) {
    const auto sample = plain_sample();
    sample->content.action = action;
    for (DsnRecipient& recipient : sample->content.recipients) recipient.status = given;
    const std::string mail = sample->compose();
    const std::size_t at = mail.find("\r\nStatus: ") + 10;
    return mail.substr(at, mail.find("\r\n", at) - at);
  };
  EXPECT_EQ(status(DsnAction::Failed, "5.7.1"), "5.7.1");
  EXPECT_EQ(status(DsnAction::Failed, "4.4.7"), "4.4.7");
  EXPECT_EQ(status(DsnAction::Failed, "2.0.0"), "5.0.0");
  EXPECT_EQ(status(DsnAction::Failed, ""), "5.0.0");
  EXPECT_EQ(status(DsnAction::Failed, "5.7"), "5.0.0");
  EXPECT_EQ(status(DsnAction::Delayed, "4.4.1"), "4.4.1");
  EXPECT_EQ(status(DsnAction::Delayed, "5.7.1"), "4.0.0");
  EXPECT_EQ(status(DsnAction::Relayed, ""), "2.0.0");
  EXPECT_EQ(status(DsnAction::Relayed, "2.1.5"), "2.1.5");
  EXPECT_EQ(status(DsnAction::Relayed, "5.7.1"), "2.0.0");
}

TEST(Dsn, AddressesBeyondAsciiMakeAGlobalReport) {
  const auto sample = plain_sample();
  sample->content.recipients[1].path.address = "b\xC3\xA4r@example.org";
  StringSource source(sample->original);
  const auto dsn = compose_dsn(sample->content, source);
  ASSERT_TRUE(dsn);
  EXPECT_TRUE(dsn->envelope.eight_bit);
  EXPECT_FALSE(dsn->envelope.utf8);  // the sender's address is ASCII
  sample->envelope.sender.address = "j\xC3\xB6rg@contoso.com";
  const auto to_utf8 = compose_dsn(sample->content, source);
  ASSERT_TRUE(to_utf8);
  EXPECT_TRUE(to_utf8->envelope.utf8);
}

TEST(Dsn, AHeaderWithoutEndIsCutBehindALine) {
  const auto sample = plain_sample();
  sample->original.clear();
  while (sample->original.size() < 400'000) sample->original += "X-Filler: " + std::string(60, 'x') + "\r\n";
  const std::string mail = sample->compose();
  EXPECT_LT(mail.size(), 270'000U);
  EXPECT_EQ(parts_of(scan(mail)).size(), 3U);
  EXPECT_THAT(mail, HasSubstr(std::string(60, 'x') + "\r\n\r\n--=_"));
}

class BrokenSource final : public ByteSource {
 public:
  ByteCount size() const override { return 10; }
  Result<std::size_t> read_at(ByteCount, std::span<char>) override {
    return fail(ErrorKind::Corrupt, "spool", "no such file");
  }
};

TEST(Dsn, AnOriginalThatCantBeReadIsAnError) {
  const auto sample = plain_sample();
  BrokenSource source;
  const auto dsn = compose_dsn(sample->content, source);
  ASSERT_FALSE(dsn);
  EXPECT_EQ(dsn.error().kind, ErrorKind::Corrupt);
}

// What people read.

TEST(DsnText, RecipientsWithTheSameStoryShareIt) {
  const auto sample = plain_sample();
  sample->content.recipients[1].status = "5.1.1";
  sample->content.recipients[1].diagnostic = "smtp; 550 5.1.1 no such user";
  const std::string text = dsn_text(sample->content, "");
  EXPECT_THAT(text, HasSubstr("    alice@example.org\n      The reason:\n"));
  EXPECT_THAT(
      text,
      HasSubstr("    bob@example.org\n      The reason:\n        550 5.1.1 no such user\n"
                "      What you can do:\n        Check the address, and send the message again to the right one.\n"));
  EXPECT_THAT(text, Not(HasSubstr("Subject:")));
}

TEST(DsnText, SaysWhatTheSenderCanDo) {
  const auto advice = [](const std::string& status) {
    const auto sample = plain_sample();
    sample->content.recipients.resize(1);
    sample->content.recipients[0].status = status;
    sample->content.recipients[0].diagnostic.clear();
    const std::string text = dsn_text(sample->content, "");
    const std::size_t at = text.find("What you can do:\n") + 17;
    return text.substr(at, text.find("\n\n", at) - at);
  };
  EXPECT_THAT(advice("5.3.4"), HasSubstr("smaller message"));
  EXPECT_THAT(advice("5.2.3"), HasSubstr("smaller message"));
  EXPECT_THAT(advice("5.2.2"), HasSubstr("wrong with a mailbox"));
  EXPECT_THAT(advice("4.4.7"), HasSubstr("until it was too old"));
  EXPECT_THAT(advice("5.6.0"), HasSubstr("another form"));
  EXPECT_THAT(advice("5.5.0"), HasSubstr("Send the message again."));
  EXPECT_THAT(advice("5.0.0"), HasSubstr("Send the message again later."));
  EXPECT_THAT(advice(""), HasSubstr("Send the message again later."));
}

TEST(DsnText, OfADelayNamesItsEnd) {
  const auto sample = plain_sample();
  sample->content.action = DsnAction::Delayed;
  sample->content.retry_until = kNow + std::chrono::hours(1);
  EXPECT_EQ(dsn_text(sample->content, "x"), R"(This is the mail system on relay.contoso.com.

Your message has not been delivered to the recipients named below yet. You
need not do anything, and need not send it again: it is tried until Sun, 22
Nov 2026 10:02:05 +0000, and you will hear if that fails.

    Subject:  x
    Received: Sun, 22 Nov 2026 08:52:05 +0000

    alice@example.org
    bob@example.org
      The reason:
        403 ErrorSendAsDenied: The user account which was used to submit
        this request does not have the right to send mail on behalf of the
        specified sending account.

Your postmaster finds this message under the number
01kap5e0000123456789abcdef.
)");
}

TEST(DsnText, OfASuccessPromisesNothing) {
  const auto sample = plain_sample();
  sample->content.action = DsnAction::Relayed;
  for (DsnRecipient& recipient : sample->content.recipients) recipient.diagnostic.clear();
  const std::string text = dsn_text(sample->content, "x");
  EXPECT_THAT(text, HasSubstr("As you asked, we tell you that Microsoft 365 has taken your message"));
  EXPECT_THAT(text, Not(HasSubstr("What you can do")));
}

TEST(DsnText, TheSubjectNamesTheOriginals) {
  EXPECT_EQ(dsn_subject(DsnAction::Failed, "Scan"), "Undelivered: Scan");
  EXPECT_EQ(dsn_subject(DsnAction::Delayed, "Scan"), "Delayed: Scan");
  EXPECT_EQ(dsn_subject(DsnAction::Relayed, "Scan"), "Passed on: Scan");
  EXPECT_EQ(dsn_subject(DsnAction::Failed, ""), "Undelivered mail");
}

}  // namespace
}  // namespace graph_milter::mta
