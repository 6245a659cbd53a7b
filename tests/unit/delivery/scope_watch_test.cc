// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/scope_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/delivery/returning_world.h"

namespace graph_milter::delivery::test {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

class ScopeWatchTest : public testing::Test, protected ReturningWorld {
 protected:
  ScopeWatchTest() {
    alert_settings_.mta = settings().mta;
    start();
  }

  // As after a start of the process.
  void start() {
    watch_.reset();
    open();
    watch_ =
        std::make_unique<ScopeWatch>(alert_settings_, outside_, queue(), clock(), [this](const std::string& mailbox) {
          asked_.push_back(mailbox);
          return answer_;
        });
  }

  std::string look_after(Duration time) {
    clock().advance(time);
    return logged([this] { watch_->look(); });
  }

  static Status refusal(int status, ErrorKind kind) {
    Error error = make_error(kind, "get folder", "Graph said no");
    error.status = status;
    return fail(std::move(error));
  }

  std::size_t mails() { return mta().mails().size(); }

  AlertSettings alert_settings_;
  std::string outside_ = "ceo@contoso.com";
  Status answer_ = refusal(403, ErrorKind::Configuration);
  std::vector<std::string> asked_;
  std::unique_ptr<ScopeWatch> watch_;
};

TEST_F(ScopeWatchTest, AMailboxThatDoesNotAnswerIsAskedForDailyAndIsNoNews) {
  EXPECT_THAT(look_after(hours(0)), HasSubstr("event=scope outside=ceo@contoso.com status=out-of-reach\n"));
  EXPECT_EQ(look_after(hours(23)), "");
  EXPECT_NE(look_after(hours(1)), "");
  EXPECT_EQ(asked_, (std::vector<std::string>{"ceo@contoso.com", "ceo@contoso.com"}));
  EXPECT_EQ(mails(), 0U);
}

TEST_F(ScopeWatchTest, OneThatAnswersIsWarnedOfInTheLogAndByMailDaily) {
  answer_ = {};
  EXPECT_THAT(look_after(hours(0)),
              HasSubstr("event=scope outside=ceo@contoso.com status=answers mail=postmaster hint="));
  ASSERT_EQ(mails(), 1U);
  EXPECT_THAT(
      mta().mails()[0].content,
      HasSubstr("Subject: graph-milter on relay.contoso.com: the application can open\r\n ceo@contoso.com\r\n"));
  start();
  EXPECT_THAT(look_after(hours(1)), HasSubstr("status=answers mail=none")) << "the log at every start, the mail daily";
  EXPECT_EQ(mails(), 1U);
  look_after(hours(24));
  EXPECT_EQ(mails(), 2U);
}

TEST_F(ScopeWatchTest, WhatProvesNothingIsAskedAgainInAnHour) {
  answer_ = refusal(503, ErrorKind::Transient);
  EXPECT_THAT(look_after(hours(0)), HasSubstr("event=scope outside=ceo@contoso.com status=not-proven"));
  EXPECT_EQ(look_after(std::chrono::minutes(59)), "");
  EXPECT_NE(look_after(std::chrono::minutes(1)), "");
  EXPECT_EQ(mails(), 0U);
}

TEST_F(ScopeWatchTest, WithoutAMailboxNobodyIsAsked) {
  outside_.clear();
  start();
  EXPECT_EQ(look_after(hours(0)), "");
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace graph_milter::delivery::test
