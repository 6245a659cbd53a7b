// SPDX-License-Identifier: Apache-2.0
// A message that ends before its end, at each stage and in each way: nothing of it may stay, and the next message on
// the same connection or another one is as if it had never been.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::SizeIs;

constexpr std::size_t kLarge = 300000;

enum class Stage { Mail, Rcpt, Data, Headers, EndOfHeaders, MidBody, WholeBody };

std::string name_of(Stage stage) {
  switch (stage) {
    case Stage::Mail:
      return "Mail";
    case Stage::Rcpt:
      return "Rcpt";
    case Stage::Data:
      return "Data";
    case Stage::Headers:
      return "Headers";
    case Stage::EndOfHeaders:
      return "EndOfHeaders";
    case Stage::MidBody:
      return "MidBody";
    case Stage::WholeBody:
      return "WholeBody";
  }
  return "";
}

void say_until(MilterDriver& driver, const Mail& mail, Stage last) {
  driver.mail(mail.sender);
  if (last == Stage::Mail) return;
  driver.rcpt("<secret@contoso.com>");
  if (last == Stage::Rcpt) return;
  driver.data();
  if (last == Stage::Data) return;
  for (const auto& [name, value] : mail.headers) driver.header(name, value);
  if (last == Stage::Headers) return;
  driver.end_of_headers();
  if (last == Stage::EndOfHeaders) return;
  driver.body(std::string_view(mail.body).substr(0, last == Stage::MidBody ? mail.body.size() / 2 : mail.body.size()));
}

class EndsEarly : public testing::TestWithParam<Stage> {
 protected:
  EndsEarly() { rig_.start(); }

  // The entry of the one message that did get through, and no trace of the other.
  void expect_only_the_good_message() {
    const auto entries = rig_.entries();
    ASSERT_THAT(entries, SizeIs(1));
    const auto recipients = rig_.entry(entries[0].id).envelope.recipients;
    ASSERT_THAT(recipients, SizeIs(1));
    EXPECT_EQ(recipients[0].address, "user2@contoso.com");
    EXPECT_EQ(rig_.message_file(entries[0].id), wire_form(scan_mail(kLarge, 2)));
    EXPECT_EQ(rig_.spool_files(), 1U);
  }

  bool is_idle_again() {
    return eventually([this] { return rig_.is_idle(); });
  }

  DaemonRig rig_;
};

TEST_P(EndsEarly, ByReset) {
  {
    MilterDriver driver = rig_.greeted();
    say_until(driver, scan_mail(kLarge, 1), GetParam());
    driver.abort();
    ASSERT_EQ(driver.deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
    driver.abort();  // Postfix says it after a finished message too
    driver.abort();
    driver.quit();
  }
  expect_only_the_good_message();
  EXPECT_TRUE(is_idle_again());
}

TEST_P(EndsEarly, ByAnotherMail) {
  MilterDriver driver = rig_.greeted();
  say_until(driver, scan_mail(kLarge, 1), GetParam());
  if (GetParam() >= Stage::Data) driver.abort();  // without it libmilter itself ends the session
  ASSERT_EQ(driver.deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
  expect_only_the_good_message();
}

TEST_P(EndsEarly, ByQuit) {
  MilterDriver driver = rig_.greeted();
  say_until(driver, scan_mail(kLarge, 1), GetParam());
  driver.abort();
  driver.quit();
  EXPECT_TRUE(driver.is_closed());
  ASSERT_EQ(rig_.greeted().deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
  expect_only_the_good_message();
  EXPECT_TRUE(is_idle_again());
}

TEST_P(EndsEarly, ByAnMtaThatIsGone) {
  MilterDriver driver = rig_.greeted();
  say_until(driver, scan_mail(kLarge, 1), GetParam());
  driver.drop();
  ASSERT_EQ(rig_.greeted().deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
  expect_only_the_good_message();
  EXPECT_TRUE(is_idle_again());
}

TEST_P(EndsEarly, InTheMiddleOfAPacket) {
  MilterDriver driver = rig_.greeted();
  say_until(driver, scan_mail(kLarge, 1), GetParam());
  driver.send_raw(std::string("\0\0\1\0B-half", 10));
  driver.drop();
  ASSERT_EQ(rig_.greeted().deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
  expect_only_the_good_message();
  EXPECT_TRUE(is_idle_again());
}

TEST_P(EndsEarly, ByADaemonThatIsKilled) {
  MilterDriver driver = rig_.greeted();
  say_until(driver, scan_mail(kLarge, 1), GetParam());
  rig_.signal(SIGKILL);
  rig_.wait_for_end();
  rig_.start();  // over the socket that the dead one left
  ASSERT_EQ(rig_.greeted().deliver(scan_mail(kLarge, 2), "A2").command, wire::kDiscard);
  expect_only_the_good_message();
}

INSTANTIATE_TEST_SUITE_P(AtEachStage, EndsEarly,
                         testing::Values(Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Headers, Stage::EndOfHeaders,
                                         Stage::MidBody, Stage::WholeBody),
                         [](const auto& stage) { return name_of(stage.param); });

class Garbage : public testing::Test {
 protected:
  Garbage() { rig_.start(); }
  DaemonRig rig_;
};

TEST_F(Garbage, InsteadOfAGreetingClosesTheConnectionAndNothingElse) {
  for (const std::string& bytes : {std::string("GET / HTTP/1.0\r\n\r\n"), std::string("\xff\xff\xff\xff", 4),
                                   std::string("\0\0\0\0", 4), std::string("\0\0\0\1M", 5)}) {
    MilterDriver driver = rig_.connect();
    driver.send_raw(bytes);
    driver.drop();
  }
  EXPECT_EQ(rig_.greeted().deliver(scan_mail(kLarge), "A1").command, wire::kDiscard);
}

}  // namespace
}  // namespace graph_milter::test
