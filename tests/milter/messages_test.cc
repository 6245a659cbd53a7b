// SPDX-License-Identifier: Apache-2.0
// Messages through the real callbacks: what is taken, what passes, and what is left of either.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/mail/splice.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kLarge = 300000;  // decoded; the rule wants 100K

class Messages : public testing::Test {
 protected:
  Messages() { rig_.start(); }

  // The only entry in the queue.
  queue::Entry only_entry() const {
    const auto entries = rig_.entries();
    if (entries.size() != 1) throw std::runtime_error(format("{} entries instead of one", entries.size()));
    return rig_.entry(entries.front().id);
  }

  DaemonRig rig_;
};

TEST_F(Messages, TakesALargePartOnceTheQueueHasIt) {
  const Mail mail = scan_mail(kLarge);
  MilterDriver driver = rig_.greeted();
  const Packet answer = driver.deliver(mail, "4F1234567");
  ASSERT_EQ(answer.command, wire::kDiscard);
  EXPECT_EQ(driver.progress_reports(), 2U) << "asked whether the MTA still waits";
  const queue::Entry entry = only_entry();
  EXPECT_EQ(entry.envelope.queue_id, "4F1234567");
  EXPECT_EQ(entry.envelope.client_address, "10.1.20.5");
  EXPECT_EQ(entry.envelope.sender.address, "scanner@contoso.com");
  EXPECT_EQ(entry.plan.rule, "scanners");
  EXPECT_EQ(entry.plan.mailbox, "scanner@contoso.com");
  EXPECT_THAT(entry.plan.parts, SizeIs(1));
  EXPECT_EQ(rig_.message_file(entry.id), wire_form(mail));
  EXPECT_EQ(entry.sha256, sha256_hex(wire_form(mail)));
}

TEST_F(Messages, AnswersOnlyAtTheEndOfTheMessage) {
  MilterDriver driver = rig_.greeted("192.0.2.1");  // no rule knows it
  driver.begin(text_mail(), "A1");                  // throws unless every step before the end says "continue"
  EXPECT_EQ(driver.end_of_message().command, wire::kAccept);
}

TEST_F(Messages, PassesSmallMailWithoutTouchingTheSpool) {
  MilterDriver driver = rig_.greeted();
  EXPECT_EQ(driver.deliver(text_mail(), "A1").command, wire::kAccept);
  EXPECT_THAT(rig_.entries(), IsEmpty());
  EXPECT_EQ(rig_.spool_files(), 0U);
}

TEST_F(Messages, SaysWhyALargeMailPasses) {
  Mail mail = scan_mail(kLarge);
  mail.headers[0].second = " stranger@contoso.com";
  MilterDriver driver = rig_.greeted();
  EXPECT_EQ(driver.deliver(mail, "A7").command, wire::kAccept);
  EXPECT_THAT(rig_.words(), HasSubstr("A7: event=passed"));
  EXPECT_THAT(rig_.words(), HasSubstr("reason="));
}

// The first answer is the verdict: no change of header or body is asked for, so every byte stays what it was.
TEST_F(Messages, PassesProtectedMailWithoutAskingForAnyChange) {
  const std::string plain = " multipart/mixed;\n boundary=\"=_scan\"";
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {" multipart/signed; protocol=\"application/pkcs7-signature\";\n boundary=\"=_scan\"", "protected:signed"},
      {" multipart/signed; protocol=\"application/pgp-signature\";\n boundary=\"=_scan\"", "protected:pgp"},
      {" multipart/encrypted; protocol=\"application/pgp-encrypted\";\n boundary=\"=_scan\"", "protected:pgp"},
      {" application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "protected:encrypted"}};
  MilterDriver driver = rig_.greeted();
  for (const auto& [type, reason] : kinds) {
    Mail mail = scan_mail(kLarge);
    for (auto& [name, value] : mail.headers) {
      if (value == plain) value = type;
    }
    const Packet answer = driver.deliver(mail, "P1");
    EXPECT_EQ(answer.command, wire::kAccept) << type;
    EXPECT_EQ(answer.data, "") << type;
    EXPECT_THAT(rig_.words(), HasSubstr("reason=" + reason)) << type;
  }
  EXPECT_THAT(rig_.entries(), IsEmpty());
  EXPECT_EQ(rig_.spool_files(), 0U);
}

TEST_F(Messages, LogsTheTakenMessageWithAllThatSupportAsksFor) {
  MilterDriver driver = rig_.greeted();
  ASSERT_EQ(driver.deliver(scan_mail(kLarge), "B9").command, wire::kDiscard);
  const std::string words = rig_.words();
  const std::string id = only_entry().id;
  EXPECT_THAT(words, HasSubstr("B9: event=received entry=" + id +
                               " message-id=<scan-1@device.contoso.com> "
                               "client=10.1.20.5 sender=scanner@contoso.com from=scanner@contoso.com nrcpt=1 "
                               "to=user1@contoso.com size="));
  EXPECT_THAT(words, HasSubstr(" mailbox=scanner@contoso.com parts=1 rule=scanners delay="));
  EXPECT_THAT(words, HasSubstr("B9: event=planned entry=" + id));
}

TEST_F(Messages, ReadsTheBodyWhereverItIsCut) {
  MilterDriver driver = rig_.greeted();
  int number = 0;
  for (const std::size_t chunk :
       {std::size_t{1}, std::size_t{7}, std::size_t{76}, std::size_t{4097}, std::size_t{65535}}) {
    const Mail mail = scan_mail(110000, ++number);
    ASSERT_EQ(driver.deliver(mail, format("C{}", number), chunk).command, wire::kDiscard) << chunk;
  }
  const auto entries = rig_.entries();
  ASSERT_THAT(entries, SizeIs(5));
  for (const auto& entry : entries) {
    const int which = std::stoi(entry.queue_id.substr(1));
    EXPECT_EQ(rig_.message_file(entry.id), wire_form(scan_mail(110000, which)));
  }
}

TEST_F(Messages, HandlesEightOnOneConnectionWithoutMixingThem) {
  MilterDriver driver = rig_.greeted();
  for (int number = 1; number <= 8; ++number) {
    const bool large = number % 2 == 1;
    const Mail mail = large ? scan_mail(kLarge, number) : text_mail(number);
    const Packet answer = driver.deliver(mail, format("Q{}", number));
    EXPECT_EQ(answer.command, large ? wire::kDiscard : wire::kAccept) << number;
  }
  const auto entries = rig_.entries();
  ASSERT_THAT(entries, SizeIs(4));
  for (const auto& summary : entries) {
    const queue::Entry entry = rig_.entry(summary.id);
    const int number = std::stoi(summary.queue_id.substr(1));
    ASSERT_THAT(entry.envelope.recipients, SizeIs(1));
    EXPECT_EQ(entry.envelope.recipients[0].address, format("user{}@contoso.com", number));
    EXPECT_EQ(rig_.message_file(entry.id), wire_form(scan_mail(kLarge, number)));
  }
}

TEST_F(Messages, ForgetsTheRecipientsOfAMessageThatALaterFilterRefused) {
  MilterDriver driver = rig_.greeted();
  Mail first = scan_mail(kLarge, 1);
  driver.begin(first, "A1");  // no end, no abort: the next MAIL comes at once
  ASSERT_EQ(driver.deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
  EXPECT_EQ(only_entry().envelope.recipients.size(), 1U);
}

TEST_F(Messages, KeepsEveryParameterAsItCame) {
  Mail mail = scan_mail(kLarge);
  mail.sender_parameters = {"SIZE=400000", "BODY=8BITMIME", "RET=HDRS", "ENVID=x+3Dy"};
  MilterDriver driver = rig_.greeted();
  driver.mail(mail.sender, mail.sender_parameters);
  driver.rcpt("<user1@contoso.com>", {"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;user1@contoso.com"});
  driver.data();
  for (const auto& [name, value] : mail.headers) driver.header(name, value);
  driver.end_of_headers();
  driver.body(mail.body);
  ASSERT_EQ(driver.end_of_message().command, wire::kDiscard);
  const mail::Envelope envelope = only_entry().envelope;
  EXPECT_EQ(envelope.sender.argument, "<scanner@contoso.com>");
  EXPECT_THAT(envelope.sender.parameters, ElementsAre("SIZE=400000", "BODY=8BITMIME", "RET=HDRS", "ENVID=x+3Dy"));
  EXPECT_THAT(envelope.recipients[0].parameters,
              ElementsAre("NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;user1@contoso.com"));
}

TEST_F(Messages, OfOnlyHeadersPass) {
  Mail mail = text_mail();
  mail.body.clear();
  MilterDriver driver = rig_.greeted();
  EXPECT_EQ(driver.deliver(mail, "A1").command, wire::kAccept);
  EXPECT_EQ(driver.deliver(mail, "A2").command, wire::kAccept);
}

TEST_F(Messages, WithoutAnyHeaderPass) {
  MilterDriver driver = rig_.greeted();
  driver.mail("<scanner@contoso.com>");
  driver.rcpt("<a@contoso.com>");
  driver.data();
  driver.end_of_headers();
  EXPECT_EQ(driver.end_of_message().command, wire::kAccept);
}

TEST_F(Messages, WithBytesThatNoTwoReadersTakeAlikePassUntouched) {
  MilterDriver driver = rig_.greeted();
  int number = 0;
  for (const std::string& bytes :
       {std::string("\0", 1), std::string("\r"), std::string("\n"), std::string("x\n.\ny")}) {
    Mail mail = scan_mail(kLarge, ++number);
    // Inside the PDF: what is cut out must decode to exactly one result.
    mail.body.insert(mail.body.size() / 2, bytes);
    EXPECT_EQ(driver.deliver(mail, format("N{}", number)).command, wire::kAccept) << number;
  }
  EXPECT_THAT(rig_.entries(), IsEmpty());
}

TEST_F(Messages, OfTheNullSenderPass) {
  Mail mail = scan_mail(kLarge);
  mail.sender = "<>";
  MilterDriver driver = rig_.greeted();
  EXPECT_EQ(driver.deliver(mail, "A1").command, wire::kAccept);
  EXPECT_THAT(rig_.entries(), IsEmpty());
}

TEST_F(Messages, PassWhenTheMtaServesOtherRecipientsThanItNamed) {
  MilterDriver driver = rig_.greeted();
  driver.begin(scan_mail(kLarge), "A1");
  driver.macros(wire::kEndOfBody, {{"i", "A1"}, {"{nrcpts}", "2"}});
  EXPECT_EQ(driver.end_of_message().command, wire::kAccept);
  EXPECT_THAT(rig_.words(), HasSubstr("reason=recipients-changed"));
}

TEST_F(Messages, AreNotTakenWhenTheMtaHasGone) {
  MilterDriver driver = rig_.greeted();
  driver.begin(scan_mail(kLarge), "A1");
  driver.stop_listening();
  driver.send(wire::kEndOfBody);
  EXPECT_TRUE(eventually([&] { return rig_.words().find("the MTA has gone") != std::string::npos; })) << rig_.words();
  EXPECT_THAT(rig_.entries(), IsEmpty());
  EXPECT_EQ(rig_.spool_files(), 0U);
}

TEST_F(Messages, AreForgottenWhenTheMtaLeavesRightBehindTheirEnd) {
  MilterDriver driver = rig_.greeted();
  EXPECT_EQ(rig_.connections(), 1U);
  driver.begin(scan_mail(kLarge), "A1");
  EXPECT_TRUE(eventually([&] { return rig_.arriving_files() == 1; }));
  // The daemon stands still until the MTA has asked and gone, so it can't answer in between.
  rig_.freeze();
  driver.send(wire::kEndOfBody);
  driver.drop();
  rig_.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return rig_.is_idle(); }));
  EXPECT_THAT(rig_.entries(), IsEmpty());
  EXPECT_EQ(rig_.spool_files(), 0U);
}

TEST_F(Messages, SentAgainAreAnsweredAsTheFirstTime) {
  const Mail mail = scan_mail(kLarge);
  ASSERT_EQ(rig_.greeted().deliver(mail, "A1").command, wire::kDiscard);
  ASSERT_EQ(rig_.greeted().deliver(mail, "A2").command, wire::kDiscard);
  const queue::Entry entry = only_entry();
  EXPECT_EQ(entry.envelope.queue_id, "A1");
  EXPECT_THAT(rig_.words(),
              HasSubstr("A2: event=adopted entry=" + entry.id + " message-id=<scan-1@device.contoso.com>"));
  EXPECT_EQ(rig_.spool_files(), 1U);
}

TEST_F(Messages, SentAgainAreKnownAfterARestartToo) {
  const Mail mail = scan_mail(kLarge);
  ASSERT_EQ(rig_.greeted().deliver(mail, "A1").command, wire::kDiscard);
  rig_.signal(SIGKILL);
  rig_.wait_for_end();
  rig_.start();
  ASSERT_EQ(rig_.greeted().deliver(mail, "A2").command, wire::kDiscard);
  EXPECT_EQ(only_entry().envelope.queue_id, "A1");
}

TEST_F(Messages, SentTwiceAtTheSameTimeAreOneEntry) {
  constexpr int kConnections = 8;
  const Mail mail = scan_mail(kLarge);
  std::vector<MilterDriver> drivers;
  for (int i = 0; i < kConnections; ++i) {
    drivers.push_back(rig_.greeted());
    drivers.back().begin(mail, format("T{}", i));
  }
  for (auto& driver : drivers) driver.send(wire::kEndOfBody);
  for (auto& driver : drivers) EXPECT_EQ(driver.receive().command, wire::kDiscard);
  EXPECT_EQ(only_entry().sha256, sha256_hex(wire_form(mail)));
  EXPECT_EQ(rig_.spool_files(), 1U);
}

TEST_F(Messages, ThatOnlyLookAlikeAreTwo) {
  Mail mail = scan_mail(kLarge);
  std::erase_if(mail.headers, [](const auto& field) { return field.first == "Message-ID"; });
  ASSERT_EQ(rig_.greeted().deliver(mail, "A1").command, wire::kDiscard);
  ASSERT_EQ(rig_.greeted().deliver(mail, "A2").command, wire::kDiscard);
  EXPECT_THAT(rig_.entries(), SizeIs(2));
}

TEST_F(Messages, ThatLeftThroughUsBeforePass) {
  ASSERT_EQ(rig_.greeted().deliver(scan_mail(kLarge, 1), "A1").command, wire::kDiscard);
  const queue::Entry entry = only_entry();
  StringSource message(rig_.message_file(entry.id));
  mail::SpliceSource spliced(message, entry.plan.skeleton);
  const std::string skeleton = *read_all(spliced, 1U << 24U);
  const std::size_t at = skeleton.find("X-Graph-Milter-Seal:");
  ASSERT_NE(at, std::string::npos) << skeleton;
  const std::string seal = skeleton.substr(at + 20, skeleton.find("\r\n", at) - at - 20);
  Mail again = scan_mail(kLarge, 2);
  again.headers.emplace_back("X-Graph-Milter-Seal", seal);
  EXPECT_EQ(rig_.greeted().deliver(again, "A2").command, wire::kAccept);
  EXPECT_THAT(rig_.words(), HasSubstr(" reason=loop "));
  again.headers.back().second.back() ^= 1;
  EXPECT_EQ(rig_.greeted().deliver(again, "A3").command, wire::kDiscard) << "a forged one means nothing";
}

TEST_F(Messages, ArriveOnManyConnectionsAtOnce) {
  constexpr int kConnections = 20;
  std::vector<MilterDriver> drivers;
  drivers.reserve(kConnections);
  for (int i = 0; i < kConnections; ++i) drivers.push_back(rig_.greeted());
  for (int i = 0; i < kConnections; ++i)
    drivers[static_cast<std::size_t>(i)].begin(scan_mail(120000, i), format("P{}", i));
  for (auto& driver : drivers) driver.send(wire::kEndOfBody);
  for (auto& driver : drivers) EXPECT_EQ(driver.receive().command, wire::kDiscard);
  EXPECT_THAT(rig_.entries(), SizeIs(kConnections));
}

// A login belongs to one message: the MTA tells it at MAIL.
TEST(Login, OfAnEarlierMessageCountsForNothing) {
  RigOptions options;
  options.rules =
      "[rule users]\nlogin = scanner@contoso.com\nfrom = scanner@contoso.com\npart-size = 100K\naction = relay\n";
  DaemonRig rig(options);
  rig.start();
  MilterDriver driver = rig.greeted("192.0.2.1");
  driver.macros(wire::kMail, {{"{auth_authen}", "scanner@contoso.com"}, {"{auth_type}", "PLAIN"}});
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 1), "A1").command, wire::kDiscard);
  driver.macros(wire::kMail, {{"i", ""}});
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 2), "A2").command, wire::kAccept);
  EXPECT_THAT(rig.entries(), SizeIs(1));
}

TEST(Tcp, AsksTwiceWhetherTheMtaIsStillThere) {
  constexpr std::uint16_t kPort = 28917;
  RigOptions options;
  options.socket = format("inet:{}@127.0.0.1", kPort);
  DaemonRig rig(options);
  rig.start();
  MilterDriver driver = MilterDriver::connect_tcp(kPort);
  driver.greet("10.1.20.5");
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 1), "A1").command, wire::kDiscard);
  EXPECT_EQ(driver.progress_reports(), 2U);
}

}  // namespace
}  // namespace graph_milter::test
