// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/service_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/log.h"

namespace graph_milter::delivery {
namespace {

using queue::Condition;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart = from_unix_ms(1'790'000'000'000);

class Watch : public testing::Test {
 protected:
  Watch() { EXPECT_TRUE(open_log({})); }
  bool back(Finding finding, const std::string& mailbox = "a@contoso.com") {
    const ServiceWatch::Leave leave = watch_.ask(now_);
    EXPECT_TRUE(leave.granted);
    return watch_.back(leave, mailbox, finding, make_error(ErrorKind::Transient, "Graph", "is down"), now_);
  }
  void open_breaker() {
    testing::internal::CaptureStderr();
    for (int i = 0; i < 5; ++i) back(Finding::Fails);
    testing::internal::GetCapturedStderr();
  }
  Condition condition(const std::string& mailbox = "a@contoso.com") { return state_.report(mailbox).condition; }

  TimePoint now_ = kStart;
  queue::ServiceState state_;
  ServiceWatch watch_{{}, std::chrono::seconds(30), state_};
};

TEST_F(Watch, FourFailuresInARowAreBadLuckAndTheFifthIsAnOutage) {
  for (int i = 0; i < 4; ++i) back(Finding::Fails);
  EXPECT_EQ(condition(), Condition::Up);
  EXPECT_EQ(watch_.next_start(now_), now_);
  testing::internal::CaptureStderr();
  back(Finding::Fails);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("Graph fails for everybody"));
  EXPECT_EQ(condition(), Condition::Down);
  EXPECT_EQ(condition("b@contoso.com"), Condition::Down);
  EXPECT_EQ(watch_.next_start(now_), now_ + std::chrono::seconds(15));
  EXPECT_FALSE(watch_.ask(now_).granted);
}

TEST_F(Watch, WhatWorksInBetweenEndsTheRow) {
  for (const Finding finding : {Finding::Works, Finding::MailboxMisconfigured, Finding::ServiceMisconfigured}) {
    for (int i = 0; i < 4; ++i) back(Finding::Fails);
    back(finding);
    EXPECT_EQ(watch_.next_start(now_), now_);
  }
}

TEST_F(Watch, OneProbeAtATimeFindsOutWhenItIsOver) {
  open_breaker();
  now_ += std::chrono::seconds(15);
  const ServiceWatch::Leave probe = watch_.ask(now_);
  EXPECT_TRUE(probe.granted && probe.probe);
  EXPECT_FALSE(watch_.ask(now_).granted) << "one is on its way";
  testing::internal::CaptureStderr();
  EXPECT_TRUE(watch_.back(probe, "a@contoso.com", Finding::Works, {}, now_)) << "it is back";
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("Graph answers again"));
  EXPECT_TRUE(watch_.ask(now_).granted);
  EXPECT_EQ(condition(), Condition::Up);
}

TEST_F(Watch, WhatFailedWithAllOthersIsKnownUntilItIsOver) {
  watch_.delayed("one");
  watch_.delayed("two");
  watch_.delayed("two");
  watch_.goes_on("one");
  EXPECT_THAT(watch_.take_delayed(), testing::ElementsAre("two"));
  EXPECT_THAT(watch_.take_delayed(), testing::IsEmpty());
}

TEST_F(Watch, AProbeThatFindsOutNothingLeavesItsPlaceToTheNext) {
  open_breaker();
  now_ += std::chrono::seconds(15);
  watch_.unused(watch_.ask(now_));
  back(Finding::Nothing);
  EXPECT_TRUE(watch_.ask(now_).granted);
}

TEST_F(Watch, AMailboxThatIsMisconfiguredIsAnOutageForNobodyElse) {
  open_breaker();
  now_ += std::chrono::seconds(15);
  testing::internal::CaptureStderr();
  back(Finding::MailboxMisconfigured);
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(condition(), Condition::Misconfigured);
  EXPECT_EQ(condition("b@contoso.com"), Condition::Up);
  back(Finding::Works, "b@contoso.com");
  EXPECT_EQ(condition(), Condition::Misconfigured) << "that says nothing of this mailbox";
  back(Finding::Works);
  EXPECT_THAT(state_.troubles(), IsEmpty());
}

TEST_F(Watch, WhatConcernsAllIsMendedByAnySuccess) {
  back(Finding::ServiceMisconfigured);
  EXPECT_EQ(condition("b@contoso.com"), Condition::Misconfigured);
  back(Finding::Works, "b@contoso.com");
  EXPECT_EQ(condition(), Condition::Up);
}

TEST_F(Watch, ThoseThatWaitForTheAdministratorGoOnWhenTheirMailboxWorks) {
  watch_.waits("1", "a@contoso.com", false, now_);
  watch_.waits("2", "b@contoso.com", false, now_);
  watch_.waits("3", "b@contoso.com", true, now_);
  watch_.waits("4", "a@contoso.com", false, now_);
  watch_.goes_on("4");
  EXPECT_THAT(watch_.mended("a@contoso.com", now_), IsEmpty()) << "they have only just failed";
  now_ += std::chrono::seconds(30);
  EXPECT_THAT(watch_.mended("a@contoso.com", now_), ElementsAre("1", "3"));
  EXPECT_THAT(watch_.mended("a@contoso.com", now_), IsEmpty());
  EXPECT_THAT(watch_.mended("b@contoso.com", now_), ElementsAre("2"));
}

}  // namespace
}  // namespace graph_milter::delivery
