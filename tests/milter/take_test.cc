// SPDX-License-Identifier: Apache-2.0
// How the MTA is told that a message is taken: at once or once Graph has it, for all recipients or for some.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::size_t kLarge = 110000;
constexpr const char* kShares =
    "[rule shares]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\npart-size = 100K\naction = relay\n"
    "take = recipients\ntake-recipients = @contoso.com\nheader-only-recipients = trim\n";

// Graph does not answer, and the next try is soon: so messages wait until their time is over.
RigOptions waiting(const std::string& deadline, std::size_t most = 400) {
  RigOptions options;
  options.conf_lines = {"accept = delivered", "accept-deadline = " + deadline, format("accept-waiting = {}", most),
                        "retry-initial = 10ms", "retry-max = 50ms"};
  return options;
}

RigOptions sharing() {
  RigOptions options;
  options.rules = kShares;
  return options;
}

// All replies to the end of a message but progress, as "-<a@b>" and "a".
std::vector<std::string> replies(MilterDriver& driver) {
  std::vector<std::string> out;
  driver.send(wire::kEndOfBody);
  for (;;) {
    const Packet packet = driver.receive();
    out.push_back(packet.command + packet.data.substr(0, packet.data.find('\0')));
    if (packet.command != wire::kDeleteRecipient) return out;
  }
}

// Gone, or on its way there: where a request for a draft was under way, only Graph can say that none was made.
bool is_withdrawn(const DaemonRig& rig) {
  const auto entries = rig.entries();
  return std::all_of(entries.begin(), entries.end(),
                     [](const queue::EntrySummary& entry) { return entry.state == queue::EntryState::GiveUp; });
}

Mail to(std::vector<std::string> recipients) {
  Mail mail = scan_mail(kLarge);
  mail.recipients = std::move(recipients);
  return mail;
}

TEST(TakeRecipients, DeletesThoseThatGraphMailsAndAccepts) {
  DaemonRig rig(sharing());
  rig.start();
  MilterDriver driver = rig.greeted();
  driver.begin(to({"<user1@contoso.com>", "<b@elsewhere.example>", "USER1@contoso.com", "<@h1,@h2:c@contoso.com>"}),
               "A1");
  EXPECT_THAT(replies(driver), ElementsAre("-<user1@contoso.com>", "-<USER1@contoso.com>", "-<c@contoso.com>", "a"));
  ASSERT_THAT(rig.entries(), SizeIs(1));
  const auto entry = rig.entry(rig.entries().front().id);
  EXPECT_THAT(entry.envelope.recipients, SizeIs(3));
  EXPECT_THAT(entry.plan.bcc, ElementsAre("c@contoso.com"));
}

TEST(TakeRecipients, DeletesThemAgainWhenTheMtaDidNotHearAll) {
  DaemonRig rig(sharing());
  rig.start();
  const Mail mail = to({"<user1@contoso.com>", "<b@elsewhere.example>"});
  {
    MilterDriver driver = rig.greeted();
    driver.begin(mail, "A1");
    driver.send(wire::kEndOfBody);
    ASSERT_EQ(driver.receive().command, wire::kDeleteRecipient);
    driver.drop();  // it keeps nothing of this message
  }
  MilterDriver again = rig.greeted();
  again.begin(mail, "A2");
  EXPECT_THAT(replies(again), ElementsAre("-<user1@contoso.com>", "a"));
  EXPECT_THAT(rig.entries(), SizeIs(1));
  EXPECT_THAT(rig.words(), HasSubstr("A2: event=adopted"));
}

TEST(TakeRecipients, TempfailsWhenTheMtaIsGoneInBetween) {
  DaemonRig rig(sharing());
  rig.start();
  constexpr int kMany = 400;
  std::vector<std::string> many;
  many.reserve(kMany);
  for (int i = 0; i < kMany; ++i) many.push_back(format("<user{}@contoso.com>", i));
  MilterDriver driver = rig.greeted();
  driver.begin(to(many), "A1");
  driver.send(wire::kEndOfBody);
  driver.drop();
  ASSERT_TRUE(eventually([&] { return rig.is_idle(); }));
  EXPECT_LE(rig.entries().size(), 1U) << "it went before or after the commit";
  MilterDriver again = rig.greeted();
  again.begin(to(many), "A2");
  EXPECT_THAT(replies(again), SizeIs(401));
  EXPECT_THAT(rig.entries(), SizeIs(1));
}

TEST(AcceptDelivered, IsPutOffWhenGraphHasItNotInTimeAndLeavesNothing) {
  DaemonRig rig(waiting("1s"));
  rig.start();
  MilterDriver driver = rig.greeted();
  const Packet answer = driver.deliver(scan_mail(kLarge), "A1");
  EXPECT_EQ(answer.command, wire::kReplyCode);
  EXPECT_THAT(answer.data, HasSubstr("451 4.4.7 Microsoft 365 has not taken the mail in time; try again later"));
  EXPECT_THAT(rig.words(), HasSubstr("A1: event=withdrawn entry="));
  EXPECT_THAT(rig.words(), HasSubstr("status=awaited"));
  EXPECT_TRUE(eventually([&] { return is_withdrawn(rig); })) << rig.words();
  EXPECT_EQ(driver.deliver(scan_mail(kLarge), "A2").command, wire::kReplyCode) << "a new message, with a new wait";
}

TEST(AcceptDelivered, TellsTheMtaThatItIsAtWork) {
  DaemonRig rig(waiting("7s"));
  rig.start();
  MilterDriver driver = rig.greeted();
  driver.deliver(scan_mail(kLarge), "A1");
  EXPECT_GE(driver.progress_reports(), 4U) << "two before the commit, and one every three seconds";
}

TEST(AcceptDelivered, WithdrawsWhatAnMtaThatWentWaitedFor) {
  DaemonRig rig(waiting("10m"));
  rig.start();
  {
    MilterDriver driver = rig.greeted();
    driver.begin(scan_mail(kLarge), "A1");
    driver.send(wire::kEndOfBody);
    ASSERT_TRUE(eventually([&] { return rig.words().find("status=awaited") != std::string::npos; })) << rig.words();
    driver.drop();
  }
  EXPECT_TRUE(eventually([&] { return rig.words().find("reason=\"the MTA has gone\"") != std::string::npos; }))
      << rig.words();
  EXPECT_TRUE(eventually([&] { return is_withdrawn(rig); }));
}

TEST(AcceptDelivered, EndsAllWaitsWhenItStops) {
  DaemonRig rig(waiting("10m"));
  rig.start();
  MilterDriver driver = rig.greeted();
  driver.begin(scan_mail(kLarge), "A1");
  driver.send(wire::kEndOfBody);
  ASSERT_TRUE(eventually([&] { return rig.words().find("status=awaited") != std::string::npos; })) << rig.words();
  rig.signal(SIGTERM);
  EXPECT_THAT(driver.receive().data, HasSubstr("451 4.4.7"));
  EXPECT_EQ(rig.wait_for_end(), 0) << rig.words();
}

TEST(AcceptDelivered, AKillLeavesTheMessageWithItsClient) {
  DaemonRig rig(waiting("10m"));
  rig.start();
  MilterDriver driver = rig.greeted();
  driver.begin(scan_mail(kLarge), "A1");
  driver.send(wire::kEndOfBody);
  ASSERT_TRUE(eventually([&] { return rig.words().find("status=awaited") != std::string::npos; })) << rig.words();
  rig.signal(SIGKILL);
  rig.wait_for_end();
  rig.start();
  EXPECT_TRUE(eventually([&] { return rig.words().find("event=withdrawn") != std::string::npos; })) << rig.words();
  EXPECT_TRUE(eventually([&] { return is_withdrawn(rig); })) << "nothing of it can be with Graph";
}

// libmilter may count one idle thread for two that speak in the same moment.
TEST(AcceptDelivered, ManyThatEndTheirMessageInTheSameMomentAllWait) {
  constexpr int kMany = 20;
  DaemonRig rig(waiting("10m", 2 * kMany));
  rig.start();
  std::vector<MilterDriver> held;
  for (int i = 0; i < kMany; ++i) {
    held.push_back(rig.greeted());
    held.back().begin(scan_mail(kLarge, i), format("H{}", i));
  }
  rig.freeze();
  for (MilterDriver& one : held) one.send(wire::kEndOfBody);
  rig.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return rig.entries().size() == kMany; })) << rig.entries().size();
}

// Each connection of an MTA that waits has a thread of libmilter's; the others go on.
TEST(AcceptDelivered, AHundredWaitAndTheOthersGoOn) {
  DaemonRig rig(waiting("10m", 100));
  rig.start();
  std::vector<MilterDriver> held;
  for (int i = 0; i < 100; ++i) {
    held.push_back(rig.greeted());
    held.back().begin(scan_mail(kLarge, i), format("H{}", i));
    held.back().send(wire::kEndOfBody);
  }
  ASSERT_TRUE(eventually([&] { return rig.entries().size() == 100; })) << rig.entries().size();
  MilterDriver driver = rig.greeted();
  EXPECT_EQ(driver.deliver(text_mail(), "P1").command, wire::kAccept);
  EXPECT_THAT(driver.deliver(scan_mail(kLarge, 100), "P2").data,
              HasSubstr("451 4.3.2 Too many messages wait for Microsoft 365; try again later"));
  rig.signal(SIGTERM);
  for (MilterDriver& one : held) EXPECT_THAT(one.receive().data, HasSubstr("451 4.4.7"));
  EXPECT_EQ(rig.wait_for_end(), 0);
}

}  // namespace
}  // namespace graph_milter::test
