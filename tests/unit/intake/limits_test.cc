// SPDX-License-Identifier: Apache-2.0
// More mail in an hour than a client, a login or a mailbox may give.
#include "core/intake/quota.h"
#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;
using testing::SizeIs;

class Limits : public IntakeTest {
 protected:
  Limits() { quotas_ = std::make_shared<pace::Quotas>(); }

  Answer one(const std::string& client = "10.1.20.7", std::size_t pdf_bytes = kLarge) {
    client_ = client;
    message_id_ = " <" + std::to_string(++number_) + "@contoso.com>";
    return deliver(pdf_bytes);
  }

  int number_ = 0;
};

TEST_F(Limits, LeaveMailBeyondThemToTheMta) {
  settings_.client_quota = {2, 0};
  use_settings();
  EXPECT_EQ(one().kind, AnswerKind::Discard);
  EXPECT_EQ(one().kind, AnswerKind::Discard);
  CapturedLog log;
  EXPECT_EQ(one().kind, AnswerKind::Accept);
  EXPECT_THAT(log.take(), HasSubstr(" rule=scanners status=accept reason=client-limit text=\"client 10.1.20.7 has "
                                    "reached client-messages-per-hour = 2\""));
  EXPECT_EQ(one("10.1.20.8").kind, AnswerKind::Discard);
  EXPECT_THAT(queue_->committed, SizeIs(3));
  clock_->advance(minutes(60));
  EXPECT_EQ(one().kind, AnswerKind::Discard);
}

TEST_F(Limits, PutItOffIfTheSettingSaysSo) {
  settings_.mailbox_quota = {0, 500'000};
  settings_.when_over_limit = WhenOverLimit::TempFail;
  use_settings();
  EXPECT_EQ(one().kind, AnswerKind::Discard);
  CapturedLog log;
  const Answer answer = one("10.1.20.8");
  EXPECT_EQ(answer.kind, AnswerKind::TempFail);
  EXPECT_EQ(answer.code + " " + answer.enhanced + " " + answer.text,
            "450 4.7.1 Too much mail within an hour; try again later");
  EXPECT_THAT(log.take(), HasSubstr("mailbox-limit: mailbox scanner@contoso.com has reached mailbox-bytes-per-hour = "
                                    "500000"));
}

TEST_F(Limits, CountEachLogin) {
  settings_.login_quota = {1, 0};
  use_rules("[rule people]\nlogin = @contoso.com, app\nfrom = scanner@contoso.com\naction = relay\n");
  const auto as = [&](const std::string& login) {
    auto who = envelope();
    who.login = login;
    message_id_ = " <" + std::to_string(++number_) + "@contoso.com>";
    return deliver_from(who, kLarge).kind;
  };
  EXPECT_EQ(as("anna@contoso.com"), AnswerKind::Discard);
  EXPECT_EQ(as("ANNA@contoso.com"), AnswerKind::Accept) << "the same login";
  EXPECT_EQ(as("app"), AnswerKind::Discard);
}

TEST_F(Limits, DoNotCountWhatIsNotTaken) {
  settings_.client_quota = {1, 0};
  use_settings();
  EXPECT_EQ(one("10.1.20.7", kSmall).kind, AnswerKind::Accept);
  mta_waits_ = false;
  EXPECT_EQ(one().kind, AnswerKind::TempFail);
  mta_waits_ = true;
  EXPECT_EQ(one().kind, AnswerKind::Discard);
  queue_->calls.clear();
  CapturedLog log;
  EXPECT_EQ(deliver(kLarge).kind, AnswerKind::Discard) << "the same message again is no second one";
  EXPECT_THAT(log.take(), HasSubstr("event=adopted"));
}

TEST_F(Limits, StayInForceOverAReload) {
  settings_.client_quota = {1, 0};
  use_settings();
  EXPECT_EQ(one().kind, AnswerKind::Discard);
  use_settings();
  EXPECT_EQ(one().kind, AnswerKind::Accept);
}

TEST(CountedClient, IsAnAddressOrTheNetworkOfOneClient) {
  EXPECT_EQ(counted_client("10.1.20.7"), "10.1.20.7");
  EXPECT_EQ(counted_client("::ffff:10.1.20.7"), "10.1.20.7");
  EXPECT_EQ(counted_client("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
  EXPECT_EQ(counted_client("2001:DB8:1:2::1"), "2001:db8:1:2::/64");
  EXPECT_EQ(counted_client("unknown"), "unknown");
  EXPECT_EQ(counted_client(""), "");
}

}  // namespace
}  // namespace graph_milter::intake
