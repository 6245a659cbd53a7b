// SPDX-License-Identifier: Apache-2.0
// New mail while Graph can't be reached, and while the queue is as large as it may be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::size_t kLarge = 300000;

// Nobody listens where the daemon looks for Graph: its first delivery finds that out.
class Down : public testing::Test {
 protected:
  void start(const std::string& when_down) {
    RigOptions options;
    options.conf_lines = {"when-down = " + when_down, "when-full = pass"};
    rig_.emplace(options);
    rig_->start();
  }

  // Delivers one new mail after another until one is answered otherwise; that answer. What was taken before is counted.
  Packet first_other_answer() {
    MilterDriver driver = rig_->greeted();
    Packet answer;
    EXPECT_TRUE(eventually([&] {
      answer = driver.deliver(scan_mail(kLarge, taken_ + 1), format("A{}", taken_ + 1));
      if (answer.command != wire::kDiscard) return true;
      ++taken_;
      return false;
    })) << rig_->words();
    return answer;
  }

  std::optional<DaemonRig> rig_;
  int taken_ = 0;
};

TEST_F(Down, PutsNewMailOffIfTheSettingSaysSo) {
  start("tempfail");
  const Packet answer = first_other_answer();
  EXPECT_EQ(answer.command, wire::kReplyCode);
  EXPECT_THAT(answer.data, HasSubstr("451 4.4.1 Microsoft 365 does not take mail now; try again later"));
  EXPECT_EQ(rig_->greeted().deliver(text_mail(), "B1").command, wire::kAccept) << "what no rule wants passes";
  EXPECT_EQ(rig_->greeted().deliver(scan_mail(kLarge, 1), "B2").command, wire::kDiscard) << "what was taken stays so";
  EXPECT_THAT(rig_->entries(), SizeIs(taken_));
}

TEST_F(Down, LetsNewMailPassIfTheSettingSaysSo) {
  start("pass");
  EXPECT_EQ(first_other_answer().command, wire::kAccept);
  EXPECT_THAT(rig_->words(), HasSubstr(" reason=service-down "));
  EXPECT_EQ(rig_->greeted().deliver(scan_mail(kLarge, 1), "B2").command, wire::kDiscard)
      << "passing it would deliver it twice";
  EXPECT_THAT(rig_->entries(), SizeIs(taken_));
}

TEST(FullQueue, IsLikeAFullDisk) {
  RigOptions options;
  options.conf_lines = {"max-queue-size = 1M", "max-message-size = 1M", "max-part-size = 500K"};  // two of 410 KB
  DaemonRig rig(options);
  rig.start();
  MilterDriver driver = rig.greeted();
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 1), "A1").command, wire::kDiscard);
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
  const Packet answer = driver.deliver(scan_mail(kLarge, 3), "A3");
  EXPECT_EQ(answer.command, wire::kReplyCode);
  EXPECT_THAT(answer.data, HasSubstr("452 4.3.1 No room to store the mail now; try again later"));
  const Packet at_mail = driver.mail("<scanner@contoso.com>", {"SIZE=400000"});
  EXPECT_EQ(at_mail.command, wire::kReplyCode);
  EXPECT_THAT(at_mail.data, HasSubstr("452 4.3.1 No room to store the mail now; try again later"));
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 2), "A4").command, wire::kDiscard) << "sent again, it needs no room";
  EXPECT_THAT(rig.entries(), SizeIs(2));
}

}  // namespace
}  // namespace graph_milter::test
