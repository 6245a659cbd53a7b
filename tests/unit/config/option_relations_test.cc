// SPDX-License-Identifier: Apache-2.0
// What must hold between options, and a bad value of each option of delivery, pacing, returning and housekeeping.
#include "core/config/option_relations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/configuration.h"

namespace graph_milter::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A configuration that is right, with `lines` from its line 4 on.
Reading read(const std::string& lines) {
  const auto conf = read_conf_text(
      "tenant = contoso.com\nclient-id = 11111111-2222-4333-8444-555555555555\n"
      "client-secret-file = /etc/graph-milter/client-secret\n" +
          lines + "\n",
      "a.conf");
  EXPECT_TRUE(conf) << conf.error().text();
  return read_configuration(*conf, "a.conf");
}

std::vector<std::string> errors_of_line(const std::string& lines) {
  std::vector<std::string> out;
  for (const Error& error : read(lines).errors) {
    EXPECT_EQ(error.kind, ErrorKind::Usage);
    out.push_back(error.text());
  }
  return out;
}

TEST(OptionRelations, ASecretOrACertificateNeverBoth) {
  EXPECT_THAT(errors_of_line("client-certificate-file = /etc/c.pem"),
              ElementsAre("a.conf:4: client-secret-file and client-certificate-file are both set, and only one is used "
                          "(remove one of the two lines)"));
  EXPECT_THAT(errors_of_line("client-key-file = /etc/k.pem"),
              ElementsAre("a.conf:4: client-key-file is set, but client-certificate-file is not (add "
                          "client-certificate-file = /etc/graph-milter/client-certificate.pem, or remove the line)"));
  EXPECT_THAT(errors_of_line("secret-expires = 2027-03-31"), IsEmpty());
}

TEST(OptionRelations, HandingBackNeedsAPortWithoutThisMilter) {
  EXPECT_THAT(errors_of_line("return = mta"),
              ElementsAre("a.conf:4: return is mta, but hand-back-to is not set (add hand-back-to = "
                          "inet:10025@127.0.0.1, a port of the MTA without this milter)"));
  EXPECT_THAT(errors_of_line("return = mta\nhand-back-to = inet:10025@127.0.0.1"), IsEmpty());
  EXPECT_THAT(errors_of_line("hand-back-to = inet:25@localhost"),
              ElementsAre("a.conf:4: hand-back-to and mta are the same port, so what is handed back would come here "
                          "again (give the MTA one more port, without this milter)"));
}

TEST(OptionRelations, OurOwnSocketIsNoSmtpPort) {
  EXPECT_THAT(errors_of_line("socket = inet:8891@127.0.0.1\nmta = inet:8891@LocalHost"),
              ElementsAre("a.conf:5: mta is the socket of this milter, where no SMTP is spoken (socket is "
                          "inet:8891@127.0.0.1)"));
  EXPECT_THAT(errors_of_line("hand-back-to = unix:/run/graph-milter/graph-milter.sock"),
              ElementsAre("a.conf:4: hand-back-to is the socket of this milter, where no SMTP is spoken (socket is "
                          "unix:/run/graph-milter/graph-milter.sock)"));
}

TEST(OptionRelations, AWarningComesBeforeTheEnd) {
  EXPECT_THAT(errors_of_line("delay-warning = 5d"),
              ElementsAre("a.conf:4: delay-warning is not shorter than queue-lifetime, so nobody would be warned "
                          "(queue-lifetime is 5d)"));
  EXPECT_THAT(errors_of_line("delay-warning = 4h"), IsEmpty());
}

TEST(OptionRelations, TombstonesOutliveWhatNeedsThem) {
  EXPECT_THAT(errors_of_line("trace-for = 3d\nresend-window = 4d"),
              ElementsAre("a.conf:4: trace-for is shorter than resend-window (resend-window is 4d)"));
  EXPECT_THAT(errors_of_line("sent-copy = delete-after 30d"),
              ElementsAre("a.conf: trace-for must be longer than copies stay in Sent Items, or they would be forgotten "
                          "there (sent-copy is delete-after 30d)"));
  EXPECT_THAT(errors_of_line("sent-copy = delete-after 1h\nsend-settle = 30d"),
              ElementsAre("a.conf: trace-for must be longer than copies stay in Sent Items, or they would be forgotten "
                          "there (send-settle is 30d)"));
  EXPECT_THAT(errors_of_line("sent-copy = delete-after 1h\nresend-window = 30d\ntrace-for = 30d"),
              ElementsAre("a.conf:6: trace-for must be longer than copies stay in Sent Items, or they would be "
                          "forgotten there (resend-window is 30d)"));
  EXPECT_THAT(errors_of_line("sent-copy = delete-after 7d"), IsEmpty());
}

TEST(OptionRelations, TheQueueHasRoomForTheLargestMessage) {
  EXPECT_THAT(errors_of_line("max-queue-size = 1M"),
              ElementsAre("a.conf:4: max-queue-size is less than max-message-size, so some mail would never be taken "
                          "(max-message-size is 35M)"));
  EXPECT_THAT(errors_of_line("max-queue-size = 0"), IsEmpty());
}

// --- every option of delivery, pacing, returning and housekeeping with a value that is none ---

struct BadLine {
  std::string_view line;
  std::string_view words;
};

class BadValue : public ::testing::TestWithParam<BadLine> {};

TEST_P(BadValue, IsRefusedWithPlaceAndRemedy) {
  EXPECT_THAT(errors_of_line(std::string(GetParam().line)), ElementsAre("a.conf:4:" + std::string(GetParam().words)));
}

constexpr BadLine kBadLines[] = {
    {"spool-ballast = 2G", "17: spool-ballast: 2G is out of range (allowed: 0 to 1G)"},
    {"max-queue-size = lots",
     "18: max-queue-size: \"lots\" is not a size (write a number of bytes, or a number with K, M or G (1024 bytes and "
     "its powers))"},
    {"when-down = reject", "13: when-down: \"reject\" is not a choice (choose from queue, tempfail, pass)"},
    {"resend-window = 31d", "17: resend-window: 31d is out of range (allowed: 0s to 30d)"},
    {"trace-for = 1h", "13: trace-for: 1h is out of range (allowed: 1d to 366d)"},
    {"send-settle = 0", "15: send-settle: 0 is out of range (allowed: 10ms to 30d)"},
    {"draft-settle = 1h", "16: draft-settle: 1h is out of range (allowed: 10ms to 10m)"},
    {"mailbox-messages = -1", "20: mailbox-messages: \"-1\" is not a number (write digits only)"},
    {"mailbox-messages = 10001", "20: mailbox-messages: 10001 is out of range (allowed: 0 to 10000)"},
    {"mailbox-recipients = 10k", "22: mailbox-recipients: \"10k\" is not a number (write digits only)"},
    {"byte-budget = 2048G", "15: byte-budget: 2048G is out of range (allowed: 0 to 1024G)"},
    {"byte-budget-window = 1ms", "22: byte-budget-window: 1ms is out of range (allowed: 1s to 1d)"},
    {"byte-budget-use = never", "19: byte-budget-use: \"never\" is not a choice (choose from when-throttled, always)"},
    {"nodes = 0", "9: nodes: 0 is out of range (allowed: 1 to 1000)"},
    {"queue-lifetime = 0", "18: queue-lifetime: 0 is out of range (allowed: 1s to 100d)"},
    {"return = bounce", "10: return: \"bounce\" is not a choice (choose from dsn, mta, hold)"},
    {"mta = inet:25", "7: mta: \"inet:25\" names no host (write it as inet:25@127.0.0.1)"},
    {"mta =", "6: mta has no value (write mta = SOCKET)"},
    {"mta = localhost", "7: mta: \"localhost\" is not a socket (write unix:/path, inet:PORT@HOST or inet6:PORT@HOST)"},
    {"hand-back-to = inet:0@127.0.0.1",
     "16: hand-back-to: \"0\" is not a port from 1 to 65535 (write unix:/path, inet:PORT@HOST or inet6:PORT@HOST)"},
    {"notify-address = Post Master <p@contoso.com>",
     "18: notify-address: \"Post Master <p@contoso.com>\" is not a mail address (write it as postmaster@contoso.com, "
     "without a name)"},
    {"notify-address = p@-contoso.com",
     "18: notify-address: \"-contoso.com\" is not a domain (write it as in contoso.com; an international one in its "
     "xn-- form)"},
    {"delay-warning = soon",
     "17: delay-warning: \"soon\" is not a time (write a number with ms, s, m, h or d; a bare number means seconds)"},
    {"alert-to = @contoso.com",
     "12: alert-to: \"@contoso.com\" is not a mail address (write it as postmaster@contoso.com, without a name)"},
    {"alert-interval = 8d", "18: alert-interval: 8d is out of range (allowed: 1s to 7d)"},
    {"hostname = relay_1",
     "12: hostname: \"relay_1\" is not a domain (write it as in contoso.com; an international one in its xn-- form)"},
    {"loop-key-file = key", "17: loop-key-file: \"key\" is not an absolute path (begin it with /)"},
    {"sweep-interval = 0", "18: sweep-interval: 0 is out of range (allowed: 100ms to 1d)"},
    {"abandoned-after = 31d", "19: abandoned-after: 31d is out of range (allowed: 1s to 30d)"},
    {"adopt-instance = mx1, mx 2/a",
     "18: adopt-instance: \"2/a\" is not an instance name (use at most 64 letters, digits, \"-\", \"_\" and \".\")"},
    {"sent-copy = delete",
     "13: sent-copy: \"delete\" is neither keep nor delete-after TIME (write for instance "
     "delete-after 7d)"},
    {"sent-copy = delete-after 1s", "13: sent-copy: 1s is out of range (allowed: 1m to 365d)"},
    {"sent-copy = delete-after soon",
     "13: sent-copy: \"soon\" is not a time (write a number with ms, s, m, h or d; a bare number means seconds)"},
};

INSTANTIATE_TEST_SUITE_P(EachOption, BadValue, ::testing::ValuesIn(kBadLines),
                         [](const auto& one) { return std::to_string(one.index); });

TEST(Options, TakeTheValuesOfReturningPacingAndHousekeeping) {
  const Reading reading = read(
      "return = mta\nhand-back-to = inet:10025@127.0.0.1\nnotify-address = post@contoso.com\n"
      "alert-to =\nbyte-budget-use = always\nnodes = 2\nsent-copy = delete-after 7d\n"
      "adopt-instance = mx1, mx2\nwhen-down = pass\nqueue-lifetime = 2d\n");
  ASSERT_TRUE(reading.ok()) << reading.errors.front().text();
  const Settings& settings = reading.configuration.settings;
  EXPECT_EQ(settings.return_by, Return::Mta);
  EXPECT_EQ(settings.hand_back_to, "inet:10025@127.0.0.1");
  EXPECT_EQ(settings.alert_to, "");
  EXPECT_EQ(settings.byte_budget_use, ByteBudgetUse::Always);
  EXPECT_EQ(settings.nodes, 2U);
  EXPECT_EQ(settings.sent_copy_for, std::chrono::hours(7 * 24));
  EXPECT_THAT(settings.adopt_instance, ElementsAre("mx1", "mx2"));
  EXPECT_EQ(settings.when_down, WhenDown::Pass);
  EXPECT_EQ(settings.queue_lifetime, std::chrono::hours(48));
}

}  // namespace
}  // namespace graph_milter::config
