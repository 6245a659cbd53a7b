// SPDX-License-Identifier: Apache-2.0
// What the daemon asks of an MTA, and what it does with one that offers less.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

class Negotiation : public testing::Test {
 protected:
  Negotiation() { rig_.start(); }
  DaemonRig rig_;
};

TEST_F(Negotiation, AsksForWhatItUsesAndNothingElse) {
  MilterDriver driver = rig_.connect();
  const Negotiated got = driver.negotiate();
  ASSERT_TRUE(got.accepted);
  EXPECT_EQ(got.actions, wire::kSetMacros | wire::kDeleteRecipients);
  constexpr std::uint32_t kNoUnknown = 0x100;
  EXPECT_EQ(got.steps, wire::kNrHeader | wire::kNrEndOfHeaders | wire::kNrBody | wire::kLeadingSpace | kNoUnknown);
}

TEST_F(Negotiation, NeverSkipsMailRcptOrData) {
  MilterDriver driver = rig_.connect();
  const Negotiated got = driver.negotiate();
  EXPECT_EQ(got.steps & (wire::kNoMail | wire::kNoRcpt | wire::kNoData | wire::kNrData), 0U);
}

TEST_F(Negotiation, AsksForTheMacrosThatMtasDoNotSendByThemselves) {
  MilterDriver driver = rig_.connect();
  const Negotiated got = driver.negotiate();
  constexpr std::uint32_t kConnectStage = 0, kMailStage = 2, kEndStage = 5;
  EXPECT_THAT(got.macros, Contains(Pair(kConnectStage, HasSubstr("{client_addr}"))));
  EXPECT_THAT(got.macros, Contains(Pair(kMailStage, HasSubstr("{auth_authen}"))));
  EXPECT_THAT(got.macros, Contains(Pair(kEndStage, HasSubstr("i"))));
}

TEST_F(Negotiation, IsTheSameForEveryConnection) {
  MilterDriver first = rig_.connect();
  MilterDriver second = rig_.connect();
  EXPECT_EQ(first.negotiate().steps, second.negotiate().steps);
}

TEST_F(Negotiation, RefusesAnMtaThatCannotGiveHeadersAsTheyCame) {
  MilterDriver driver = rig_.connect();
  EXPECT_FALSE(driver.negotiate(0x1ff, 0x1fffffU & ~wire::kLeadingSpace).accepted);
  EXPECT_TRUE(eventually([&] { return rig_.words().find("leading blanks") != std::string::npos; })) << rig_.words();
}

TEST_F(Negotiation, AnswersEveryStepForAnMtaThatWantsReplies) {
  MilterDriver driver = rig_.connect();
  const std::uint32_t replies = wire::kNrHeader | wire::kNrEndOfHeaders | wire::kNrBody;
  ASSERT_TRUE(driver.negotiate(0x1ff, 0x1fffffU & ~replies).accepted);
  driver.macros(wire::kConnect, {{"{client_addr}", "10.1.20.5"}});
  driver.connect_from("client", "10.1.20.5");
  driver.helo("client");
  EXPECT_EQ(driver.deliver(scan_mail(300000), "A1").command, wire::kDiscard);
}

TEST_F(Negotiation, TakesAClientsAddressFromTheConnectionWhenTheMtaSendsNoMacro) {
  MilterDriver driver = rig_.connect();
  ASSERT_TRUE(driver.negotiate(0).accepted);
  driver.connect_from("client", "10.1.20.5");
  driver.helo("client");
  EXPECT_EQ(driver.deliver(scan_mail(300000), "").command, wire::kDiscard);
}

TEST_F(Negotiation, KnowsNobodyWithoutAnAddress) {
  MilterDriver driver = rig_.connect();
  ASSERT_TRUE(driver.negotiate(0).accepted);
  // MAIL without connect: what an MTA does that was told to skip it.
  EXPECT_EQ(driver.deliver(scan_mail(300000), "A1").command, wire::kAccept);
}

}  // namespace
}  // namespace graph_milter::test
