// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/expiry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/delivery/expiry_watch.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/delivery/returning_world.h"

namespace graph_milter::delivery::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Duration kDay = hours(24);
const TimePoint kEnd = from_unix_ms(1'800'000'000'000);  // Fri, 15 Jan 2027 08:00:00 +0000

TEST(Expiry, HasFourStages) {
  EXPECT_EQ(expiry_stage(kEnd, kEnd - 30 * kDay - seconds(1)), std::nullopt);
  EXPECT_EQ(expiry_stage(kEnd, kEnd - 30 * kDay), 30);
  EXPECT_EQ(expiry_stage(kEnd, kEnd - 7 * kDay - seconds(1)), 30);
  EXPECT_EQ(expiry_stage(kEnd, kEnd - 7 * kDay), 7);
  EXPECT_EQ(expiry_stage(kEnd, kEnd - kDay - seconds(1)), 7);
  EXPECT_EQ(expiry_stage(kEnd, kEnd - kDay), 1);
  EXPECT_EQ(expiry_stage(kEnd, kEnd - seconds(1)), 1);
  EXPECT_EQ(expiry_stage(kEnd, kEnd), 0);
  EXPECT_EQ(expiry_stage(kEnd, kEnd + 1000 * kDay), 0);
}

// Asks every `step` from 60 days ahead until 10 days after the end; how many days before it was told of it.
std::vector<int> told_days(Duration step) {
  std::vector<int> out;
  ExpiryState told;
  for (TimePoint now = kEnd - 60 * kDay; now < kEnd + 10 * kDay; now += step) {
    const auto next = decide_expiry(told, kEnd, now);
    if (!next) continue;
    told = *next;
    out.push_back(static_cast<int>((kEnd - now) / kDay));
  }
  return out;
}

TEST(Expiry, EachStageIsToldOnce) {
  EXPECT_THAT(told_days(hours(1)), ElementsAre(30, 7, 1, 0));
  EXPECT_THAT(told_days(kDay), ElementsAre(30, 7, 1, 0));
  EXPECT_THAT(told_days(10 * kDay), ElementsAre(30, 0)) << "what was slept through is not told later";
}

TEST(Expiry, AStartWithFewDaysLeftTellsOnlyTheStageItIsIn) {
  const auto next = decide_expiry({}, kEnd, kEnd - 5 * kDay);
  EXPECT_EQ(next, (ExpiryState{kEnd, 7}));
  EXPECT_EQ(decide_expiry(*next, kEnd, kEnd - 5 * kDay), std::nullopt);
}

TEST(Expiry, ANewCredentialIsANewStory) {
  const ExpiryState told{kEnd, 1};
  EXPECT_EQ(decide_expiry(told, kEnd + 365 * kDay, kEnd), std::nullopt);
  EXPECT_EQ(decide_expiry(told, kEnd + 20 * kDay, kEnd), (ExpiryState{kEnd + 20 * kDay, 30}));
}

TEST(Expiry, AClockThatIsSetBackTellsNothingAgain) {
  EXPECT_EQ(decide_expiry({kEnd, 1}, kEnd, kEnd - 20 * kDay), std::nullopt);
}

TEST(Expiry, AtRandomTimesNoStageIsToldTwice) {
  std::mt19937_64 random(graph_milter::test::seed());
  ExpiryState told;
  std::vector<int> stages;
  for (int i = 0; i < 2000; ++i) {
    const auto hour = std::uniform_int_distribution<int>(-100 * 24, 24)(random);
    const auto next = decide_expiry(told, kEnd, kEnd + hours(hour));
    if (!next) continue;
    EXPECT_TRUE(stages.empty() || next->stage < stages.back());
    stages.push_back(next->stage);
    told = *next;
  }
  EXPECT_EQ(stages.back(), 0);
}

TEST(Expiry, SaysItInWords) {
  EXPECT_EQ(expiry_words(kEnd, kEnd - 28 * kDay - hours(3)), "ends in 28 days (Fri, 15 Jan 2027 08:00:00 +0000)");
  EXPECT_EQ(expiry_words(kEnd, kEnd - kDay), "ends in 1 day (Fri, 15 Jan 2027 08:00:00 +0000)");
  EXPECT_EQ(expiry_words(kEnd, kEnd - hours(3)), "ends in less than a day (Fri, 15 Jan 2027 08:00:00 +0000)");
  EXPECT_EQ(expiry_words(kEnd, kEnd), "has ended (Fri, 15 Jan 2027 08:00:00 +0000)");
}

TEST(Expiry, ItsStateSurvivesTheJournal) {
  EXPECT_EQ(*expiry_state_from_json(to_json({kEnd, 7})), (ExpiryState{kEnd, 7}));
  EXPECT_EQ(*expiry_state_from_json(""), ExpiryState{});
  EXPECT_EQ(expiry_state_from_json("{}").error().kind, ErrorKind::Corrupt);
}

class ExpiryWatchTest : public testing::Test, protected ReturningWorld {
 protected:
  ExpiryWatchTest() {
    alert_settings_.mta = settings().mta;
    end_ = clock().now() + 40 * kDay;
    start();
  }

  // As after a start of the process.
  void start() {
    watch_.reset();
    open();
    watch_ = std::make_unique<ExpiryWatch>(alert_settings_, queue(), clock(), [this] { return answer_(); });
  }

  std::string look_after(Duration time) {
    clock().advance(time);
    return logged([this] { watch_->look(); });
  }

  std::size_t mails() { return mta().mails().size(); }

  AlertSettings alert_settings_;
  TimePoint end_{};
  std::function<Result<std::optional<auth::CredentialEnd>>()> answer_ = [this] {
    return std::optional<auth::CredentialEnd>({"the client secret", end_});
  };
  std::unique_ptr<ExpiryWatch> watch_;
};

TEST_F(ExpiryWatchTest, TellsOfEachStageInTheLogAndByMail) {
  EXPECT_EQ(look_after(9 * kDay), "");
  EXPECT_EQ(mails(), 0U);
  const std::string log = look_after(kDay);
  EXPECT_THAT(log, HasSubstr("NOQUEUE: event=credential-ends what=\"the client secret\" when=\"ends in 30 days ("));
  EXPECT_THAT(log, HasSubstr(" to=postmaster status=mailed"));
  ASSERT_EQ(mails(), 1U);
  EXPECT_EQ(mta().mails()[0].recipients.at(0).address, "postmaster");
  EXPECT_THAT(mta().mails()[0].content,
              HasSubstr("Subject: graph-milter on relay.contoso.com: the client secret ends in 30 days\r\n"));
  EXPECT_THAT(mta().mails()[0].content, HasSubstr("From then on no mail goes out"));
  EXPECT_EQ(look_after(hours(2)), "");
  look_after(23 * kDay);
  look_after(6 * kDay);
  EXPECT_THAT(look_after(kDay), HasSubstr("has ended ("));
  EXPECT_EQ(mails(), 4U);
  EXPECT_THAT(mta().mails()[3].content, HasSubstr("Since then no mail goes out"));
}

TEST_F(ExpiryWatchTest, ARestartDoesNotSayItAgain) {
  look_after(12 * kDay);
  start();
  EXPECT_EQ(look_after(kDay), "");
  EXPECT_EQ(mails(), 1U);
  start();
  look_after(22 * kDay);
  EXPECT_EQ(mails(), 2U);
}

TEST_F(ExpiryWatchTest, ANewCredentialEndsTheStory) {
  look_after(39 * kDay);
  EXPECT_EQ(mails(), 1U);
  end_ += 365 * kDay;
  look_after(2 * kDay);
  EXPECT_EQ(mails(), 1U);
}

TEST_F(ExpiryWatchTest, WithoutAnAddressTheLogAloneSaysIt) {
  alert_settings_.to.clear();
  start();
  EXPECT_THAT(look_after(39 * kDay), HasSubstr(" to=nobody status=not-mailed"));
  EXPECT_EQ(look_after(hours(2)), "");
  EXPECT_EQ(mta().connections(), 0U);
}

TEST_F(ExpiryWatchTest, WhereNobodyKnowsTheEndOrTheFilesAreBrokenNothingIsSaid) {
  answer_ = [] { return std::optional<auth::CredentialEnd>(); };
  EXPECT_EQ(look_after(39 * kDay), "");
  answer_ = []() -> Result<std::optional<auth::CredentialEnd>> {
    return fail(ErrorKind::Configuration, "key.pem", "is empty");
  };
  EXPECT_EQ(look_after(kDay), "");
  EXPECT_EQ(mails(), 0U);
}

}  // namespace
}  // namespace graph_milter::delivery::test
