// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/returning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/unit/delivery/returning_world.h"

namespace graph_milter::delivery::test {
namespace {

using mail::make_envelope_path;
using queue::Disposal;
using queue::EntryState;
using queue::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ReturningTest : public testing::Test, protected ReturningWorld {};

// The sender is told.

TEST_F(ReturningTest, TheSenderIsToldOnce) {
  const std::string id = give_up(Disposal::Dsn);
  EXPECT_EQ(carry(), "returned");
  const auto mails = mta().mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].sender, "");
  ASSERT_EQ(mails[0].recipients.size(), 1U);
  EXPECT_EQ(mails[0].recipients[0].address, "scanner@contoso.com");
  EXPECT_THAT(mails[0].content, HasSubstr("Message-ID: <" + id + ".failed@relay.contoso.com>\r\n"));
  EXPECT_THAT(mails[0].content,
              HasSubstr("Final-Recipient: rfc822; alice@example.org\r\nAction: failed\r\nStatus: 5.7.1\r\n"
                        "Remote-MTA: dns; graph.microsoft.com\r\n"
                        "Diagnostic-Code: x-graph; 403 ErrorSendAsDenied: no right to send\r\n"));
  EXPECT_THAT(mails[0].content, HasSubstr("Final-Recipient: rfc822; bob@example.org\r\n"));
  EXPECT_THAT(mails[0].content, Not(HasSubstr("The scan.")));
  const queue::Entry entry = find(id);
  EXPECT_EQ(entry.state, EntryState::Done);
  EXPECT_EQ(entry.outcome, Outcome::Returned);
}

TEST_F(ReturningTest, TheLogNamesTheMessageAndWhy) {
  give_up(Disposal::Dsn);
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, HasSubstr("4Xy1: event=returned entry="));
  EXPECT_THAT(log, HasSubstr(" tries=1 told=2 dsn=5.7.1 reason=\"403 ErrorSendAsDenied: no right to send\""));
  EXPECT_THAT(log, Not(HasSubstr("possible_duplicate")));
  EXPECT_EQ(count_of(log, "\n"), 1U);
}

TEST_F(ReturningTest, RetFullGetsTheWholeMessageByteForByte) {
  give_up(Disposal::Dsn, two_recipients(), {"RET=FULL"});
  EXPECT_EQ(carry(), "returned");
  EXPECT_THAT(mta().mails().at(0).content, HasSubstr("Content-Type: message/rfc822\r\n"));
  EXPECT_THAT(mta().mails().at(0).content, HasSubstr("\r\n\r\n" + kMessage + "\r\n--=_"));
}

TEST_F(ReturningTest, AWholeMessageThatTheMtaDoesNotTakeComesAsItsHeader) {
  give_up(Disposal::Dsn, two_recipients(), {"RET=FULL"});
  mta().then("MAIL", "552 5.3.4 too large");
  EXPECT_EQ(carry(), "returned");
  ASSERT_EQ(mta().mails().size(), 1U);
  EXPECT_THAT(mta().mails()[0].content, HasSubstr("Content-Type: text/rfc822-headers\r\n"));
}

TEST_F(ReturningTest, WhoDoesNotWantToKnowIsLeftInPeace) {
  const std::string id = give_up(Disposal::Dsn, {make_envelope_path("<alice@example.org>", {"NOTIFY=NEVER"}),
                                                 make_envelope_path("<bob@example.org>", {"NOTIFY=SUCCESS"})});
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_EQ(mta().connections(), 0U);
  EXPECT_EQ(find(id).outcome, Outcome::Returned);
  EXPECT_THAT(log, HasSubstr(" told=0 "));
}

TEST_F(ReturningTest, OnlyThoseAreNamedOfWhomTheSenderWantsToHear) {
  give_up(Disposal::Dsn,
          {make_envelope_path("<alice@example.org>", {"NOTIFY=NEVER"}),
           make_envelope_path("<bob@example.org>", {"NOTIFY=FAILURE", "ORCPT=rfc822;Bob+2B1@example.org"})});
  EXPECT_EQ(carry(), "returned");
  EXPECT_THAT(mta().mails().at(0).content, Not(HasSubstr("Final-Recipient: rfc822; alice@example.org")));
  EXPECT_THAT(mta().mails().at(0).content, HasSubstr("Original-Recipient: rfc822;Bob+1@example.org\r\n"));
}

TEST_F(ReturningTest, ACopyGoesToTheNotifyAddressWithTheHeaderAlone) {
  settings().notify_address = "postmaster@contoso.com";
  const std::string id = give_up(Disposal::Dsn, two_recipients(), {"RET=FULL"});
  EXPECT_EQ(carry(), "returned");
  const auto mails = mta().mails();
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].recipients[0].address, "scanner@contoso.com");
  EXPECT_EQ(mails[1].recipients[0].address, "postmaster@contoso.com");
  EXPECT_THAT(mails[1].content, HasSubstr("Message-ID: <" + id + ".failed.copy@relay.contoso.com>\r\n"));
  EXPECT_THAT(mails[1].content, HasSubstr("To: <scanner@contoso.com>\r\n"));
  EXPECT_THAT(mails[1].content, Not(HasSubstr("The scan.")));
}

TEST_F(ReturningTest, WithoutADsnThereIsNoCopy) {
  settings().notify_address = "postmaster@contoso.com";
  give_up(Disposal::Dsn, {make_envelope_path("<alice@example.org>", {"NOTIFY=NEVER"})});
  EXPECT_EQ(carry(), "returned");
  EXPECT_EQ(mta().connections(), 0U);
}

TEST_F(ReturningTest, ACopyThatFailsIsTriedAgainAndTheSenderIsNotToldTwice) {
  settings().notify_address = "postmaster@contoso.com";
  mta().recipient("postmaster@contoso.com", "450 4.2.0 not now");
  give_up(Disposal::Dsn);
  const std::string log = logged([this] {
    EXPECT_EQ(carry(), "retry: SMTP to " + server() + ": RCPT: 450 4.2.0 not now");
    EXPECT_EQ(carry(), "retry: SMTP to " + server() + ": RCPT: 450 4.2.0 not now");
  });
  EXPECT_THAT(log, HasSubstr("event=no-copy"));
  EXPECT_THAT(log, HasSubstr(" notify-address=postmaster@contoso.com "));
  ASSERT_EQ(mta().mails().size(), 1U);
  mta().recipient("postmaster@contoso.com", "");
  EXPECT_EQ(carry(), "returned");
  ASSERT_EQ(mta().mails().size(), 2U);
  EXPECT_EQ(mta().mails()[1].recipients[0].address, "postmaster@contoso.com");
}

TEST_F(ReturningTest, ACopyThatIsRefusedForGoodHoldsNothingUp) {
  settings().notify_address = "postmaster@contoso.com";
  mta().recipient("postmaster@contoso.com", "550 5.1.1 no such user");
  give_up(Disposal::Dsn);
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, HasSubstr("event=no-copy"));
  EXPECT_EQ(mta().mails().size(), 1U);
}

// The MTA is not as it should be.

TEST_F(ReturningTest, WithoutAnMtaItWaits) {
  const std::string id = give_up(Disposal::Dsn);
  mta().stop_listening();
  EXPECT_EQ(carry(), "retry: SMTP to " + server() + ": no connection: Connection refused");
  EXPECT_EQ(find(id).state, EntryState::Returning);
  mta().listen();
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, Not(HasSubstr("possible_duplicate")));  // nothing can have been taken before
  EXPECT_THAT(log, HasSubstr(" tries=2 "));
  EXPECT_EQ(mta().mails().size(), 1U);
}

TEST_F(ReturningTest, WhenNobodyKnowsWhetherItWasTakenTheNextTrySaysSo) {
  give_up(Disposal::Dsn);
  mta().drop_at_dot(true);
  EXPECT_THAT(carry(), StartsWith("retry: SMTP to " + server() + ": no answer to the end of the message"));
  open();
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, HasSubstr(" possible_duplicate=W5 "));
  const auto mails = mta().mails();
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].content, mails[1].content);  // so it can be told that they are the same
}

TEST_F(ReturningTest, ANotificationThatTheMtaRefusesIsForTheAdministrator) {
  for (const char* const verb : {"MAIL", "RCPT", "DOT"}) {
    const std::string id = give_up(Disposal::Dsn);
    mta().then(verb, "550 5.1.1 no such sender");
    EXPECT_EQ(carry(), "hold: SMTP to " + server() + ": " + (verb == std::string("DOT") ? "end of data" : verb) +
                           ": 550 5.1.1 no such sender (the MTA does not take the notification for its sender; hand "
                           "the message over by other means, or delete it)");
    EXPECT_EQ(find(id).state, EntryState::Held);
    EXPECT_FALSE(find(id).progress.return_unresolved);
  }
}

TEST_F(ReturningTest, FourHundredIsTriedAgain) {
  give_up(Disposal::Dsn);
  for (const char* const verb : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"}) {
    mta().then(verb, "451 4.3.0 not now");
    EXPECT_THAT(carry(), testing::EndsWith("451 4.3.0 not now")) << verb;
  }
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, Not(HasSubstr("possible_duplicate")));
  EXPECT_EQ(mta().mails().size(), 1U);
}

TEST_F(ReturningTest, ItStopsWhenAskedToAndSaysNothingWrongAfterwards) {
  auto stop = std::make_shared<std::atomic<bool>>(false);
  settings().mta.stop = stop;
  give_up(Disposal::Dsn);
  mta().then("RCPT", SmtpServer::Answer{"250 2.1.5 late", false, false, true});
  auto carrying = std::async(std::launch::async, [this] { return carry(); });
  mta().wait_until_waiting();
  *stop = true;
  EXPECT_EQ(carrying.get(), "stopped: SMTP to " + server() + ": shutting down");
  mta().go_on();
  *stop = false;
  open();
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, Not(HasSubstr("possible_duplicate")));
}

TEST_F(ReturningTest, WhatTheAdministratorTakesMeanwhileIsHis) {
  const std::string id = give_up(Disposal::Dsn);
  mta().then("RCPT", SmtpServer::Answer{"250 2.1.5 late", false, false, true});
  auto carrying = std::async(std::launch::async, [this] { return carry(); });
  mta().wait_until_waiting();
  ASSERT_TRUE(queue().administer(id, queue::Command::Hold));
  mta().go_on();
  EXPECT_EQ(carrying.get(), "taken away");
  EXPECT_EQ(find(id).state, EntryState::Held);
  // He lets it go: the MTA had taken the notification, which nobody could write down.
  ASSERT_TRUE(queue().administer(id, queue::Command::Retry));
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, HasSubstr(" possible_duplicate=W5 "));
}

// The original goes back.

TEST_F(ReturningTest, WithoutAPortNothingIsHandedBack) {
  const std::string id = give_up(Disposal::Mta);
  EXPECT_EQ(carry(),
            "hold: hand back: no port of the MTA is named that takes it (set hand-back-to and restart, then release "
            "the message; or return it)");
  EXPECT_EQ(find(id).progress.return_epoch, 0);
  EXPECT_EQ(mta().connections(), 0U);
}

TEST_F(ReturningTest, TheOriginalGoesBackByteForByteWithWhatItCameWith) {
  hand_back();
  const std::string message = kMessage + "caf\xE9\r\n..\r\nno line end";
  const std::string id =
      give_up(Disposal::Mta,
              {make_envelope_path("<alice@example.org>", {"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;alice@example.org"}),
               make_envelope_path("<bob@example.org>", {"NOTIFY=NEVER"})},
              {"SIZE=123456", "BODY=8BITMIME", "RET=FULL", "ENVID=QQ314159", "AUTH=<>"}, message);
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  const auto mails = hand_back_port().mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].sender, "scanner@contoso.com");
  EXPECT_THAT(mails[0].parameters,
              ElementsAre("SIZE=" + std::to_string(message.size()), "BODY=8BITMIME", "RET=FULL", "ENVID=QQ314159"));
  ASSERT_EQ(mails[0].recipients.size(), 2U);
  EXPECT_THAT(mails[0].recipients[0].parameters,
              ElementsAre("NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;alice@example.org"));
  EXPECT_THAT(mails[0].recipients[1].parameters, ElementsAre("NOTIFY=NEVER"));
  EXPECT_EQ(mails[0].content, message + "\r\n");
  EXPECT_EQ(mta().connections(), 0U);
  EXPECT_EQ(find(id).outcome, Outcome::HandedBack);
  EXPECT_THAT(log, HasSubstr("4Xy1: event=handed-back entry=" + id));
  EXPECT_THAT(log, HasSubstr(" taken=2 refused=0 tries=1 told=0 "));
}

TEST_F(ReturningTest, ItGoesBackWithSmtpUtf8IfItCameSo) {
  hand_back();
  give_up(Disposal::Mta, two_recipients(), {"SMTPUTF8"});
  EXPECT_EQ(carry(), "returned");
  EXPECT_THAT(hand_back_port().mails().at(0).parameters, testing::Contains("SMTPUTF8"));
}

TEST_F(ReturningTest, WhomTheMtaRefusesTheSenderHearsOf) {
  hand_back();
  hand_back_port().recipient("alice@example.org", "550 5.1.1 <alice@example.org>: no such user");
  const std::string id = give_up(Disposal::Mta);
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  ASSERT_EQ(hand_back_port().mails().size(), 1U);
  ASSERT_EQ(hand_back_port().mails()[0].recipients.size(), 1U);
  ASSERT_EQ(mta().mails().size(), 1U);
  const std::string dsn = mta().mails()[0].content;
  EXPECT_THAT(dsn, HasSubstr("Final-Recipient: rfc822; alice@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
                             "Remote-MTA: dns; relay.contoso.com\r\n"
                             "Diagnostic-Code: smtp; 550 5.1.1 <alice@example.org>: no such user\r\n"));
  EXPECT_THAT(dsn, Not(HasSubstr("Final-Recipient: rfc822; bob@example.org")));
  EXPECT_EQ(find(id).outcome, Outcome::HandedBack);
  EXPECT_THAT(log, HasSubstr(" taken=1 refused=1 tries=1 told=1 "));
}

TEST_F(ReturningTest, WhatTheMtaRefusesAltogetherTheSenderHearsOf) {
  struct Case {
    std::string verb;
    std::string status;
    std::string diagnostic;
  };
  for (const Case& one :
       {Case{"MAIL", "5.7.1", "smtp; 550 5.7.1 denied"}, Case{"DATA", "5.7.1", "smtp; 550 5.7.1 denied"},
        Case{"DOT", "5.7.1", "smtp; 550 5.7.1 denied"}}) {
    hand_back();
    const std::string id = give_up(Disposal::Mta);
    hand_back_port().then(one.verb, "550 5.7.1 denied");
    EXPECT_EQ(carry(), "returned");
    EXPECT_THAT(mta().mails().back().content,
                HasSubstr("Final-Recipient: rfc822; alice@example.org\r\nAction: failed\r\n"
                          "Status: " +
                          one.status + "\r\n"));
    EXPECT_THAT(mta().mails().back().content, HasSubstr("Diagnostic-Code: " + one.diagnostic + "\r\n"));
    EXPECT_EQ(find(id).outcome, Outcome::Returned);
  }
  EXPECT_THAT(hand_back_port().mails(), IsEmpty());
}

TEST_F(ReturningTest, WhatThePortCantTakeTheSenderHearsOf) {
  hand_back();
  hand_back_port().offer({"SIZE 10"});
  give_up(Disposal::Mta);
  EXPECT_EQ(carry(), "returned");
  EXPECT_THAT(mta().mails().at(0).content, HasSubstr("Status: 5.3.4\r\n"));
  EXPECT_THAT(mta().mails().at(0).content, HasSubstr("Diagnostic-Code: x-graph-milter; 5.3.4 the message has"));
}

TEST_F(ReturningTest, WhomTheMtaPutsOffIsTriedAgainAlone) {
  hand_back();
  hand_back_port().recipient("bob@example.org", "450 4.2.0 greylisted");
  hand_back_port().recipient("alice@example.org", "550 5.1.1 no such user");
  const std::string id =
      give_up(Disposal::Mta, {make_envelope_path("<alice@example.org>"), make_envelope_path("<bob@example.org>"),
                              make_envelope_path("<carol@example.org>")});
  EXPECT_EQ(carry(), "retry: SMTP to " + hand_back_server() + ": 450 4.2.0 greylisted");
  EXPECT_THAT(find(id).progress.fates,
              ElementsAre(queue::RecipientFate::Refused, queue::RecipientFate::Waiting, queue::RecipientFate::Taken));
  EXPECT_THAT(mta().mails(), IsEmpty());  // one notification, once all is known
  open();
  hand_back_port().recipient("bob@example.org", "");
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, Not(HasSubstr("possible_duplicate")));
  const auto mails = hand_back_port().mails();
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0].recipients[0].address, "carol@example.org");
  ASSERT_EQ(mails[1].recipients.size(), 1U);
  EXPECT_EQ(mails[1].recipients[0].address, "bob@example.org");
  ASSERT_EQ(mta().mails().size(), 1U);
  EXPECT_THAT(mta().mails()[0].content, HasSubstr("Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"));
}

TEST_F(ReturningTest, WhoIsPutOffForTooLongIsGivenUp) {
  hand_back();
  settings().queue_lifetime = std::chrono::hours(1);
  hand_back_port().always("RCPT", "450 4.2.0 greylisted");
  give_up(Disposal::Mta);
  EXPECT_THAT(carry(), StartsWith("retry: "));
  clock().advance(std::chrono::hours(1));
  EXPECT_EQ(carry(), "returned");
  EXPECT_THAT(mta().mails().at(0).content, HasSubstr("Status: 4.2.0\r\n"));
  EXPECT_THAT(mta().mails().at(0).content, HasSubstr("Diagnostic-Code: smtp; 450 4.2.0 greylisted\r\n"));
}

TEST_F(ReturningTest, AnMtaThatIsNotThereIsWaitedForWithoutEnd) {
  hand_back();
  settings().queue_lifetime = std::chrono::hours(1);
  give_up(Disposal::Mta);
  hand_back_port().stop_listening();
  clock().advance(std::chrono::hours(24 * 30));
  EXPECT_EQ(carry(), "retry: SMTP to " + hand_back_server() + ": no connection: Connection refused");
}

TEST_F(ReturningTest, AnOriginalThatMayHaveBeenTakenGoesBackAgainWithAWarning) {
  hand_back();
  give_up(Disposal::Mta);
  hand_back_port().drop_at_dot(true);
  EXPECT_THAT(carry(), StartsWith("retry: SMTP to " + hand_back_server() + ": no answer to the end"));
  const std::string log = logged([this] { EXPECT_EQ(carry(), "returned"); });
  EXPECT_THAT(log, HasSubstr(" possible_duplicate=W5 "));
  EXPECT_EQ(hand_back_port().mails().size(), 2U);
}

TEST_F(ReturningTest, WhatTheAdministratorReturnsAfterwardsNamesOnlyWhoHasNotGotIt) {
  hand_back();
  hand_back_port().recipient("alice@example.org", "550 5.1.1 no such user");
  const std::string id = give_up(Disposal::Mta);
  mta().then("MAIL", "550 5.7.1 no notifications here");
  EXPECT_THAT(carry(), StartsWith("hold: "));
  ASSERT_TRUE(queue().administer(id, queue::Command::Retry));
  EXPECT_EQ(carry(), "returned");
  EXPECT_EQ(hand_back_port().mails().size(), 1U);
  ASSERT_EQ(mta().mails().size(), 1U);
  EXPECT_THAT(mta().mails()[0].content, Not(HasSubstr("Final-Recipient: rfc822; bob@example.org")));
}

// Other words to the sender.

TEST_F(ReturningTest, TheSenderIsWarnedOfADelay) {
  give_up(Disposal::Dsn,
          {make_envelope_path("<alice@example.org>"), make_envelope_path("<bob@example.org>", {"NOTIFY=FAILURE"})});
  queue::Entry entry = lease();
  entry.last_error = "create draft: 503 serviceUnavailable";
  const auto message = queue().open_message(entry);
  Returning returning(settings(), queue(), clock());
  const std::string log = logged([&] { EXPECT_TRUE(returning.warn_of_delay(entry, **message)); });
  EXPECT_THAT(log, HasSubstr("event=notified"));
  EXPECT_THAT(log, HasSubstr(" action=delayed told=1"));
  const std::string dsn = mta().mails().at(0).content;
  EXPECT_THAT(dsn, HasSubstr("Message-ID: <" + entry.id + ".delayed@relay.contoso.com>\r\n"));
  EXPECT_THAT(dsn, HasSubstr("Will-Retry-Until: Fri, 27 Nov 2026 09:02:05 +0000\r\n"));
  EXPECT_THAT(dsn, HasSubstr("Diagnostic-Code: x-graph; create draft: 503 serviceUnavailable\r\n"));
  EXPECT_THAT(dsn, HasSubstr("Action: delayed\r\nStatus: 4.0.0\r\n"));
  EXPECT_THAT(dsn, Not(HasSubstr("Final-Recipient: rfc822; bob@example.org")));
}

TEST_F(ReturningTest, WhatTheAdministratorMustMendIsNotForTheSendersEyes) {
  give_up(Disposal::Dsn);
  queue::Entry entry = lease();
  entry.last_error = "token: AADSTS7000222: the client secret has expired";
  entry.progress.needs_administrator = clock().now();
  const auto message = queue().open_message(entry);
  EXPECT_TRUE(Returning(settings(), queue(), clock()).warn_of_delay(entry, **message));
  EXPECT_THAT(mta().mails().at(0).content, Not(HasSubstr("AADSTS")));
}

TEST_F(ReturningTest, SuccessIsToldToThoseWhoAsked) {
  give_up(Disposal::Dsn,
          {make_envelope_path("<alice@example.org>", {"NOTIFY=SUCCESS"}), make_envelope_path("<bob@example.org>")});
  const queue::Entry entry = lease();
  const auto message = queue().open_message(entry);
  EXPECT_TRUE(Returning(settings(), queue(), clock()).tell_relayed(entry, **message));
  const std::string dsn = mta().mails().at(0).content;
  EXPECT_THAT(dsn, HasSubstr("Final-Recipient: rfc822; alice@example.org\r\nAction: relayed\r\nStatus: 2.0.0\r\n"
                             "Remote-MTA: dns; graph.microsoft.com\r\n\r\n"));
  EXPECT_THAT(dsn, Not(HasSubstr("bob@example.org\r\nAction")));
}

TEST_F(ReturningTest, NobodyIsToldWhatHeDidNotAskFor) {
  give_up(Disposal::Dsn);
  const queue::Entry entry = lease();
  const auto message = queue().open_message(entry);
  EXPECT_TRUE(Returning(settings(), queue(), clock()).tell_relayed(entry, **message));
  EXPECT_EQ(mta().connections(), 0U);
}

TEST_F(ReturningTest, AFailedCopyOfAWarningIsNoFailureOfTheWarning) {
  settings().notify_address = "postmaster@contoso.com";
  mta().recipient("postmaster@contoso.com", "450 4.2.0 not now");
  give_up(Disposal::Dsn);
  const queue::Entry entry = lease();
  const auto message = queue().open_message(entry);
  const std::string log =
      logged([&] { EXPECT_TRUE(Returning(settings(), queue(), clock()).warn_of_delay(entry, **message)); });
  EXPECT_THAT(log, HasSubstr("event=no-copy"));
  EXPECT_EQ(mta().mails().size(), 1U);
}

TEST_F(ReturningTest, AWarningThatFailsSaysWhy) {
  give_up(Disposal::Dsn);
  const queue::Entry entry = lease();
  const auto message = queue().open_message(entry);
  mta().drop_at_dot(true);
  const Status warned = Returning(settings(), queue(), clock()).warn_of_delay(entry, **message);
  ASSERT_FALSE(warned);
  EXPECT_EQ(warned.error().kind, ErrorKind::Unclear);
}

TEST_F(ReturningTest, AMessageThatCantBeReadIsForTheAdministrator) {
  const std::string id = give_up(Disposal::Dsn);
  queue::Entry entry = lease();
  class Broken final : public ByteSource {
   public:
    ByteCount size() const override { return 10; }
    Result<std::size_t> read_at(ByteCount, std::span<char>) override {
      return fail(ErrorKind::Corrupt, "spool", "the message file is damaged");
    }
  } broken;
  const auto ending = Returning(settings(), queue(), clock()).give_to_mta(entry, broken);
  ASSERT_TRUE(ending);
  ASSERT_TRUE(std::holds_alternative<Hold>(*ending));
  EXPECT_THAT(std::get<Hold>(*ending).why.text(), HasSubstr("the message file is damaged"));
  EXPECT_EQ(mta().connections(), 0U);
}

}  // namespace
}  // namespace graph_milter::delivery::test
