// SPDX-License-Identifier: Apache-2.0
// Room, asked for when MAIL declares a size.
#include <cerrno>

#include "tests/unit/intake/intake_case.h"

namespace graph_milter::intake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AtMail : public IntakeTest {
 protected:
  mail::Envelope with_size(const std::string& parameter) const {
    mail::Envelope out = envelope();
    out.recipients.clear();  // MAIL comes first
    out.sender.parameters = {"BODY=8BITMIME", parameter};
    return out;
  }
  ByteCount declared(const std::string& parameter) const { return declared_room(*context_, with_size(parameter)); }
};

TEST_F(AtMail, CountsTheSizeThatARuleCouldWant) {
  EXPECT_EQ(declared("SIZE=102400"), 102400U);
  EXPECT_EQ(declared("size=5000000"), 5000000U);
}

TEST_F(AtMail, CountsNothingWhereNoRuleCouldWantIt) {
  EXPECT_EQ(declared("SIZE=102399"), 0U) << "smaller than the rule asks for";
  client_ = "192.0.2.1";
  EXPECT_EQ(declared("SIZE=5000000"), 0U) << "another client";
  client_ = "10.1.20.7";
  mail::Envelope bounce = with_size("SIZE=5000000");
  bounce.sender = mail::make_envelope_path("<>", {"SIZE=5000000"});
  EXPECT_EQ(declared_room(*context_, bounce), 0U) << "the null sender";
  EXPECT_EQ(declared("SIZE=9000000000"), 0U) << "more than the service takes";
}

TEST_F(AtMail, CountsNothingWhereNothingIsDeclared) {
  EXPECT_EQ(declared("SIZE="), 0U);
  EXPECT_EQ(declared("SIZE=0"), 0U);
  EXPECT_EQ(declared("SIZE=lots"), 0U);
  EXPECT_EQ(declared("SIZE=99999999999999999999999"), 0U);
  EXPECT_EQ(declared("RET=HDRS"), 0U);
}

TEST_F(AtMail, CountsNothingWhereAFullSpoolLetsMailPass) {
  settings_.when_full = WhenFull::Pass;
  use_settings();
  EXPECT_EQ(declared("SIZE=5000000"), 0U);
}

TEST_F(AtMail, RefusesWhatWouldNotFit) {
  queue_->room_error = system_error("/spool", "under the reserve of 64 MB", ENOSPC);
  CapturedLog log;
  const auto answer = at_mail(*context_, with_size("SIZE=5000000"), 7000000);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, AnswerKind::TempFail);
  EXPECT_EQ(answer->code + " " + answer->enhanced + " " + answer->text,
            "452 4.3.1 No room to store the mail now; try again later");
  EXPECT_THAT(queue_->room_asked, ElementsAre(7000000U)) << "with all that was promised to others";
  EXPECT_THAT(log.take(),
              HasSubstr("NOQUEUE: event=refused client=10.1.20.7 sender=scanner@contoso.com nrcpt=0 to=\"\" "
                        "size=7000000 status=\"452 4.3.1\" "));
}

TEST_F(AtMail, LetsTheRestBegin) {
  EXPECT_FALSE(at_mail(*context_, with_size("SIZE=5000000"), 5000000));
  queue_->room_error = make_error(ErrorKind::System, "/spool", "cannot be asked");
  EXPECT_FALSE(at_mail(*context_, with_size("SIZE=5000000"), 5000000)) << "it may be over by the end of the message";
}

}  // namespace
}  // namespace graph_milter::intake
