// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/delivery/returning_world.h"

namespace graph_milter::delivery::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

class AlertsTest : public testing::Test, protected ReturningWorld {
 protected:
  AlertsTest() {
    alert_settings_.mta = settings().mta;
    start();
  }

  // As after a start of the process: what is only in memory is gone.
  void start() {
    alerts_.reset();
    open();
    alerts_ = std::make_unique<Alerts>(alert_settings_, queue(), service_, clock());
  }

  void expired_secret() {
    service_.set("", queue::Condition::Misconfigured, "token: AADSTS7000222: the client secret has expired",
                 clock().now());
  }

  // An entry that is held, by its id.
  std::string hold() {
    std::string id = give_up(queue::Disposal::Dsn);
    queue::Entry entry = lease();
    EXPECT_TRUE(queue().hold(entry, make_error(ErrorKind::Permanent, "send", "nobody knows whether it was sent")));
    return id;
  }

  std::size_t mails() { return mta().mails().size(); }
  std::string last_mail() { return mta().mails().back().content; }

  AlertSettings alert_settings_;
  queue::ServiceState service_;
  std::unique_ptr<Alerts> alerts_;
};

TEST_F(AlertsTest, WhereAllIsWellNobodyIsBothered) {
  alerts_->look();
  EXPECT_EQ(mta().connections(), 0U);
}

TEST_F(AlertsTest, TheAdministratorIsToldAtOnceAndThenDaily) {
  expired_secret();
  const std::string log = logged([this] { alerts_->look(); });
  ASSERT_EQ(mails(), 1U);
  EXPECT_EQ(mta().mails()[0].sender, "");
  EXPECT_EQ(mta().mails()[0].recipients.at(0).address, "postmaster");
  EXPECT_THAT(last_mail(), HasSubstr("To: <postmaster@relay.contoso.com>\r\n"));
  EXPECT_THAT(last_mail(),
              HasSubstr("Subject: graph-milter on relay.contoso.com: can't deliver for all mailboxes\r\n"));
  EXPECT_THAT(last_mail(), HasSubstr("AADSTS7000222"));
  EXPECT_THAT(last_mail(), HasSubstr("Auto-Submitted: auto-generated\r\n"));
  EXPECT_THAT(log, HasSubstr("NOQUEUE: event=alert to=postmaster status=mailed troubles=1 over=0 held=0 "
                             "trouble=\"token: AADSTS7000222: the client secret has expired\""));
  alerts_->look();
  clock().advance(hours(23));
  alerts_->look();
  EXPECT_EQ(mails(), 1U);
  clock().advance(hours(1));
  alerts_->look();
  EXPECT_EQ(mails(), 2U);
}

TEST_F(AlertsTest, ARestartDoesNotSayItAgain) {
  expired_secret();
  alerts_->look();
  start();
  alerts_->look();
  EXPECT_EQ(mails(), 1U);
  clock().advance(hours(24));
  start();
  alerts_->look();
  EXPECT_EQ(mails(), 2U);
}

TEST_F(AlertsTest, HeldEntriesAreNamed) {
  const std::string id = hold();
  alerts_->look();
  ASSERT_EQ(mails(), 1U);
  EXPECT_THAT(last_mail(), HasSubstr("Subject: graph-milter on relay.contoso.com: 1 message held\r\n"));
  EXPECT_THAT(last_mail(), HasSubstr("  " + id +
                                     "  2026-11-22T09:02:05Z  scanner@contoso.com\r\n"
                                     "    send: nobody knows whether it was sent"));
  EXPECT_THAT(last_mail(), HasSubstr("graph-milterctl queue release ID"));
}

TEST_F(AlertsTest, TheEndIsSaidOnce) {
  expired_secret();
  alerts_->look();
  service_.set_up("a@contoso.com");
  clock().advance(hours(2));
  const std::string log = logged([this] { alerts_->look(); });
  ASSERT_EQ(mails(), 2U);
  EXPECT_THAT(last_mail(), HasSubstr("Subject: graph-milter on relay.contoso.com: the trouble is over\r\n"));
  EXPECT_THAT(log, HasSubstr(" info NOQUEUE: event=alert to=postmaster status=mailed troubles=0 over=1 held=0"));
  clock().advance(hours(48));
  alerts_->look();
  EXPECT_EQ(mails(), 2U);
}

TEST_F(AlertsTest, WhatTheMtaDoesNotTakeNowIsTriedAgainAMinuteLater) {
  expired_secret();
  mta().stop_listening();
  const std::string log = logged([this] { alerts_->look(); });
  EXPECT_THAT(log, HasSubstr(" status=deferred "));
  EXPECT_THAT(log, HasSubstr("Connection refused"));
  mta().listen();
  mta().then("RCPT", "450 4.2.0 not now");
  clock().advance(std::chrono::seconds(59));
  alerts_->look();
  EXPECT_EQ(mta().commands().size(), 0U);
  clock().advance(std::chrono::seconds(1));
  alerts_->look();
  EXPECT_EQ(mails(), 0U);
  EXPECT_GT(mta().commands().size(), 0U);
  clock().advance(minutes(1));
  alerts_->look();
  EXPECT_EQ(mails(), 1U);
  alerts_->look();
  EXPECT_EQ(mails(), 1U);
}

TEST_F(AlertsTest, WhatTheMtaMayHaveTakenOrRefusesForGoodCountsAsSaid) {
  expired_secret();
  mta().drop_at_dot(true);
  EXPECT_THAT(logged([this] { alerts_->look(); }), HasSubstr(" status=not-mailed "));
  alerts_->look();
  EXPECT_EQ(mails(), 1U);
  clock().advance(hours(24));
  mta().then("RCPT", "550 5.1.1 no such user");
  EXPECT_THAT(logged([this] { alerts_->look(); }), HasSubstr("550 5.1.1 no such user"));
  alerts_->look();
  EXPECT_EQ(mails(), 1U);
}

TEST_F(AlertsTest, WithoutAnAddressTheLogSaysIt) {
  alert_settings_.to.clear();
  start();
  expired_secret();
  const std::string log = logged([this] {
    alerts_->look();
    alerts_->look();
  });
  EXPECT_EQ(count_of(log, "event=alert to=nobody status=not-mailed"), 1U);
  EXPECT_EQ(mta().connections(), 0U);
}

TEST_F(AlertsTest, ADamagedNoteIsNoReasonToBeSilent) {
  ASSERT_TRUE(queue().set_note("alerts", "{\"mailed\":"));
  expired_secret();
  const std::string log = logged([this] { alerts_->look(); });
  EXPECT_THAT(log, HasSubstr("the administrator may hear of something again"));
  EXPECT_EQ(mails(), 1U);
  start();
  alerts_->look();
  EXPECT_EQ(mails(), 1U);
}

TEST_F(AlertsTest, ThatTheServiceIsDownIsNotTheAdministratorsMatter) {
  service_.set("", queue::Condition::Down, "no route to host", clock().now());
  alerts_->look();
  EXPECT_EQ(mta().connections(), 0U);
}

}  // namespace
}  // namespace graph_milter::delivery::test
