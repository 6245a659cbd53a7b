// SPDX-License-Identifier: Apache-2.0
#include "core/upload/session.h"

#include <gtest/gtest.h>

#include "core/base/format.h"

namespace graph_milter::upload {

// What a failed expectation prints.
void PrintTo(const Step& step, std::ostream* out) {
  static constexpr const char* kNames[] = {"Open", "Send", "AskPosition", "FindFinished", "Wait", "Done", "GiveUp"};
  *out << kNames[step.index()];
  if (const auto* send = std::get_if<Send>(&step)) *out << format("[{}, {})", send->range.begin, send->range.end);
  if (const auto* give_up = std::get_if<GiveUp>(&step)) *out << " " << give_up->error.text();
}

namespace {

constexpr RangeRules kTens{.size = 10, .multiple = 1, .limit = 10};
const TimePoint kStart = from_unix_ms(1'000'000'000'000);

UploadState file_of(ByteCount size) {
  UploadState state;
  state.size = size;
  return state;
}

Error error_of(ErrorKind kind, int status = 0) {
  Error error = make_error(kind, "test", "words");
  error.status = status;
  return error;
}

// A session that is played by hand: each word does one step and checks that it was the step due.
class Play {
 public:
  explicit Play(UploadState state) : session_(std::move(state), kTens) {}
  explicit Play(ByteCount size) : Play(file_of(size)) {}

  Step due() {
    Step step = session_.next(now_);
    EXPECT_EQ(step.index(), session_.next(now_).index()) << "next changed something";
    return step;
  }

  template <class Kind>
  bool is_due() {
    return std::holds_alternative<Kind>(due());
  }

  Play& open(ByteCount position = 0, TimePoint expires = {}) {
    begin<Open>();
    session_.opened({Secret("https://u.example/s?t=1"), expires, position});
    return *this;
  }
  Play& send(ByteRange expected) {
    const Step step = due();
    const auto* send = std::get_if<Send>(&step);
    EXPECT_TRUE(send) << testing::PrintToString(step);
    if (send) {
      EXPECT_EQ(send->range, expected) << send->range.begin << " " << send->range.end;
    }
    session_.begin(step, now_);
    return *this;
  }
  Play& ask() { return begin<AskPosition>(); }
  Play& look() { return begin<FindFinished>(); }
  Play& position(ByteCount next) {
    session_.position({next}, now_);
    return *this;
  }
  Play& refused(ErrorKind kind, int status = 0) {
    session_.refused(error_of(kind, status), now_);
    return *this;
  }
  Play& refused(const Error& error) {
    session_.refused(error, now_);
    return *this;
  }
  Play& completed() {
    session_.completed({"AA1"});
    return *this;
  }
  Play& not_found() {
    session_.not_finished(now_);
    return *this;
  }
  Play& wait() {
    const Step step = due();
    const auto* wait = std::get_if<Wait>(&step);
    EXPECT_TRUE(wait) << testing::PrintToString(step);
    if (wait) now_ = wait->until;
    return *this;
  }
  Play& advance(Duration by) {
    now_ += by;
    return *this;
  }

  Session& session() { return session_; }
  TimePoint now() const { return now_; }

 private:
  template <class Kind>
  Play& begin() {
    const Step step = due();
    EXPECT_TRUE(std::holds_alternative<Kind>(step)) << testing::PrintToString(step);
    session_.begin(step, now_);
    return *this;
  }

  Session session_;
  TimePoint now_ = kStart;
};

TEST(Session, SendsRangeAfterRangeUntilTheServerSaysItIsComplete) {
  Play play(25);
  play.open().send({0, 10}).position(10).send({10, 20}).position(20).send({20, 25}).completed();
  ASSERT_TRUE(play.is_due<Done>());
  EXPECT_EQ(std::get<Done>(play.due()).reference, "AA1");
  EXPECT_FALSE(play.session().state().url) << "the URL of a complete file must be wiped";
}

TEST(Session, AFileOfOneRangeIsOneRange) {
  Play play(10);
  play.open().send({0, 10}).completed();
  EXPECT_TRUE(play.is_due<Done>());
}

TEST(Session, TheServersPositionWinsWhenItKeptLess) {
  Play play(25);
  play.open().send({0, 10}).position(4).send({4, 14}).position(14);
  play.send({14, 24}).position(24).send({24, 25}).completed();
  EXPECT_TRUE(play.is_due<Done>());
}

TEST(Session, WhatIsSentIsMarkedUnknownBeforehandSoThatARestartAsks) {
  Play play(25);
  play.open().send({0, 10});
  EXPECT_FALSE(play.session().state().position_known);
  Play restarted(play.session().state());
  restarted.ask().position(10).send({10, 20});
}

TEST(Session, TheLastRangeIsMarkedBeforeItIsSent) {
  Play play(15);
  play.open().send({0, 10}).position(10);
  EXPECT_FALSE(play.session().state().last_range_sent);
  play.send({10, 15});
  EXPECT_TRUE(play.session().state().last_range_sent);
}

TEST(Session, AnUnclearAnswerIsFollowedByAQuestion) {
  for (const ErrorKind kind : {ErrorKind::Unclear, ErrorKind::Transient, ErrorKind::OutOfStep}) {
    Play play(25);
    play.open().send({0, 10}).refused(kind).ask().position(10).send({10, 20});
  }
}

TEST(Session, AQuestionMayFindThatNothingArrived) {
  Play play(25);
  play.open().send({0, 10}).refused(ErrorKind::Unclear).ask().position(0).send({0, 10});
}

TEST(Session, RepeatedFailuresWaitLongerAndLonger) {
  Play play(25);
  play.open().send({0, 10}).refused(ErrorKind::Transient).ask().refused(ErrorKind::Transient);
  Duration last{0};
  for (int i = 0; i < 8; ++i) {
    const auto until = std::get<Wait>(play.due()).until;
    EXPECT_GE(until - play.now(), last);
    last = until - play.now();
    play.wait().ask().refused(ErrorKind::Transient);
  }
  EXPECT_EQ(last, Duration{30'000});
}

TEST(Session, RetryAfterIsObeyedAndTheRangeRepeatedWithoutAQuestion) {
  Play play(25);
  Error throttled = error_of(ErrorKind::Throttled, 429);
  throttled.retry_after = Duration{7'250};
  play.open().send({0, 10}).position(10).send({10, 20}).refused(throttled);
  const Step step = play.due();
  ASSERT_TRUE(std::holds_alternative<Wait>(step));
  EXPECT_EQ(std::get<Wait>(step).until, play.now() + Duration{7'250});
  EXPECT_EQ(std::get<Wait>(step).why.text(), throttled.text());
  play.wait().send({10, 20});
}

TEST(Session, WhoAsksForPatienceWithoutATimeGetsSomeAllTheSame) {
  Play play(25);
  play.open().send({0, 10}).refused(error_of(ErrorKind::Throttled, 429));
  const Step step = play.due();
  ASSERT_TRUE(std::holds_alternative<Wait>(step));
  EXPECT_EQ(std::get<Wait>(step).until, play.now() + Duration{1'000});
  play.wait().send({0, 10});
}

TEST(Session, AUrlThatNeverWorkedIsNotTriedAgain) {
  Play play(25);
  play.open().send({0, 10}).refused(ErrorKind::Configuration);
  EXPECT_TRUE(play.is_due<GiveUp>());
  UploadState state = play.session().state();
  Session::rearm(state);
  Play next(state);
  next.open().send({0, 10}).position(10).send({10, 20}).refused(ErrorKind::Configuration);
  EXPECT_TRUE(next.is_due<GiveUp>());
  EXPECT_TRUE(next.session().state().url) << "it has worked before";
}

TEST(Session, AUrlThatNeverWorkedForTheOnlyRangeIsNotTriedAgainEither) {
  Play play(5);
  play.open().send({0, 5}).refused(ErrorKind::Configuration);
  EXPECT_TRUE(play.is_due<GiveUp>());
  UploadState state = play.session().state();
  Session::rearm(state);
  Play next(state);
  next.look().not_found().wait().look().not_found();
  next.open().send({0, 5}).completed();
  EXPECT_TRUE(next.is_due<Done>());
}

TEST(Session, A503ThatAsksForPatienceIsNotTrustedToHaveDoneNothing) {
  Play play(25);
  Error busy = error_of(ErrorKind::Throttled, 503);
  busy.retry_after = Duration{1'000};
  play.open().send({0, 10}).refused(busy).wait().ask();
}

TEST(Session, AServerThatAnswersNoQuestionsGetsTheRangeAgain) {
  for (const ErrorKind kind : {ErrorKind::NotFound, ErrorKind::Permanent}) {
    Play play(25);
    play.open().send({0, 10}).position(10).send({10, 20}).refused(ErrorKind::Unclear).ask().refused(kind);
    play.send({10, 20}).position(20).send({20, 25}).completed();
    EXPECT_TRUE(play.is_due<Done>());
  }
}

TEST(Session, AServerThatAnswersNoQuestionsIsNotAskedTwice) {
  Play play(35);
  play.open().send({0, 10}).refused(ErrorKind::Unclear).ask().refused(ErrorKind::NotFound, 404);
  play.send({0, 10}).position(10).send({10, 20}).refused(ErrorKind::Unclear).send({10, 20});
}

TEST(Session, WithoutQuestionsARangeOutOfStepIsTakenForStored) {
  Play play(35);
  play.open().send({0, 10}).refused(ErrorKind::Unclear).ask().refused(ErrorKind::Permanent, 405);
  play.send({0, 10}).refused(ErrorKind::OutOfStep, 416).send({10, 20}).position(20).send({20, 30});
}

TEST(Session, WithoutQuestionsASecondStepOutOfLineCostsTheSession) {
  Play play(35);
  play.open().send({0, 10}).refused(ErrorKind::Unclear).ask().refused(ErrorKind::Permanent, 405);
  play.send({0, 10}).refused(ErrorKind::OutOfStep, 416).send({10, 20}).refused(ErrorKind::OutOfStep, 416);
  EXPECT_TRUE(play.session().take_abandoned());
  play.wait().open().send({0, 10});
}

TEST(Session, WithoutQuestionsAConflictSaysNothingOfPositions) {
  Play play(35);
  play.open().send({0, 10}).refused(ErrorKind::Unclear).ask().refused(ErrorKind::Permanent, 405);
  play.send({0, 10}).refused(ErrorKind::OutOfStep, 412).wait().send({0, 10}).position(10).send({10, 20});
}

TEST(Session, WithoutQuestionsALastRangeOutOfStepCostsTheSession) {
  Play play(10);
  play.open().send({0, 10}).refused(ErrorKind::Unclear).ask().refused(ErrorKind::NotFound);
  play.look().not_found().wait().look().not_found().send({0, 10}).refused(ErrorKind::OutOfStep);
  EXPECT_TRUE(play.session().take_abandoned());
  play.wait().look();
}

TEST(Session, ALostSessionIsReplaced) {
  Play play(25);
  play.open().send({0, 10}).position(10).send({10, 20}).refused(ErrorKind::SessionGone, 404);
  play.open().send({0, 10});
  EXPECT_EQ(play.session().state().sessions_opened, 2);
  EXPECT_FALSE(play.session().take_abandoned()) << "the server has forgotten it already";
}

TEST(Session, AnExpiredSessionIsReplacedWithoutTryingIt) {
  Play play(25);
  play.open(0, kStart + Duration{60'000}).send({0, 10}).position(10).advance(Duration{60'000});
  play.open().send({0, 10});
}

TEST(Session, ASessionThatSeemsExpiredWhenItIsOpenedIsUsedAllTheSame) {
  Play play(15);
  play.open(0, kStart - std::chrono::hours(22));
  play.send({0, 10}).position(10).send({10, 15}).completed();
  EXPECT_TRUE(play.is_due<Done>());
}

TEST(Session, ALostAnswerToTheLastRangeIsSettledByLooking) {
  Play play(15);
  play.open().send({0, 10}).position(10).send({10, 15}).refused(ErrorKind::Unclear);
  play.ask().refused(ErrorKind::SessionGone).wait().look().completed();
  EXPECT_TRUE(play.is_due<Done>());
}

TEST(Session, WithoutQuestionsALostLastAnswerIsSettledByLookingToo) {
  Play play(15);
  play.open().send({0, 10}).position(10).send({10, 15}).refused(ErrorKind::Unclear);
  play.ask().refused(ErrorKind::NotFound).look().completed();
  EXPECT_TRUE(play.is_due<Done>());
}

TEST(Session, OneLookInVainProvesNothing) {
  Play play(15);
  play.open().send({0, 10}).position(10).send({10, 15}).refused(ErrorKind::SessionGone);
  play.look().not_found();
  EXPECT_FALSE(std::get<Wait>(play.due()).failed) << "nothing failed: the second look is just not due yet";
  play.wait().look().not_found().open().send({0, 10});
  EXPECT_FALSE(play.session().state().last_range_sent);
}

TEST(Session, ALookInVainIsRememberedOverARestart) {
  Play play(15);
  play.open().send({0, 10}).position(10).send({10, 15}).refused(ErrorKind::SessionGone).look().not_found();
  Play restarted(play.session().state());
  restarted.look().not_found().open();
}

TEST(Session, WithoutQuestionsTheLastRangeIsRepeatedAfterTwoLooksInVain) {
  Play play(15);
  play.open().send({0, 10}).position(10).send({10, 15}).refused(ErrorKind::Unclear).ask().refused(ErrorKind::NotFound);
  play.look().not_found().wait().look().not_found().send({10, 15}).completed();
  EXPECT_TRUE(play.is_due<Done>());
}

TEST(Session, APositionAtTheEndIsNoProofOfCompletion) {
  Play play(10);
  play.open().send({0, 10}).position(10).look().not_found().wait().look().not_found();
  EXPECT_TRUE(play.session().take_abandoned());
  play.open().send({0, 10}).completed();
}

TEST(Session, APositionBeyondWhatWasSentCostsTheSession) {
  Play play(25);
  play.open().send({0, 10}).position(11);
  ASSERT_TRUE(play.session().take_abandoned());
  EXPECT_FALSE(play.session().take_abandoned()) << "only once";
  play.open().send({0, 10});
}

TEST(Session, APositionBeforeWhatTheServerHadCostsTheSession) {
  Play play(35);
  play.open().send({0, 10}).position(10).send({10, 20}).position(9);
  EXPECT_TRUE(play.session().take_abandoned());
  play.open().send({0, 10});
}

TEST(Session, ANewSessionThatBeginsInTheMiddleIsNotUsed) {
  Play play(25);
  play.open(10);
  EXPECT_TRUE(play.session().take_abandoned());
  play.open().send({0, 10});
}

TEST(Session, AnEndThatComesTooEarlyIsNotBelieved) {
  Play play(25);
  play.open().send({0, 10}).completed();
  EXPECT_FALSE(play.session().state().done);
  play.open().send({0, 10});
}

TEST(Session, AServerThatNeverKeepsAnythingLosesTheSession) {
  Play play(25);
  play.open().send({0, 10}).position(0);
  for (int i = 0; i < Session::kMaxStalls; ++i) {
    if (play.is_due<Wait>()) play.wait();
    play.send({0, 10}).position(0);
  }
  EXPECT_TRUE(play.session().take_abandoned());
  EXPECT_TRUE(play.wait().is_due<Open>());
}

TEST(Session, AfterFiveLostSessionsItGivesUpForNow) {
  Play play(25);
  for (int i = 0; i < Session::kMaxSessions; ++i) {
    if (play.is_due<Wait>()) play.wait();
    play.open().send({0, 10}).refused(ErrorKind::SessionGone, 410);
  }
  const Step step = play.wait().due();
  ASSERT_TRUE(std::holds_alternative<GiveUp>(step)) << testing::PrintToString(step);
  const Error& error = std::get<GiveUp>(step).error;
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_EQ(error.text(),
            "upload: 5 upload sessions were lost before the file of 25 bytes was complete; the last: words");
  UploadState later = play.session().state();
  Session::rearm(later);
  Play(later).open();
}

TEST(Session, WhatTimeCannotMendEndsIt) {
  for (const ErrorKind kind : {ErrorKind::Permanent, ErrorKind::Configuration, ErrorKind::Corrupt, ErrorKind::System}) {
    Play play(25);
    play.open().send({0, 10}).refused(kind);
    ASSERT_TRUE(play.is_due<GiveUp>());
    EXPECT_EQ(std::get<GiveUp>(play.due()).error.kind, kind);
  }
}

TEST(Session, ADraftThatIsGoneIsTheCallersMatter) {
  Play play(25);
  play.due();
  play.session().begin(Open{}, play.now());
  play.refused(ErrorKind::NotFound, 404);
  ASSERT_TRUE(play.is_due<GiveUp>());
  EXPECT_EQ(std::get<GiveUp>(play.due()).error.kind, ErrorKind::NotFound);
}

TEST(Session, AFailedOpeningIsRepeatedLater) {
  Play play(25);
  play.session().begin(play.due(), play.now());
  play.refused(ErrorKind::Unclear).wait().open().send({0, 10});
}

TEST(Session, AnEmptyFileCannotGoThisWay) {
  Play play(ByteCount{0});
  ASSERT_TRUE(play.is_due<GiveUp>());
  EXPECT_EQ(std::get<GiveUp>(play.due()).error.text(), "upload: an empty file can't go through an upload session");
}

}  // namespace
}  // namespace graph_milter::upload
