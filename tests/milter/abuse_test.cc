// SPDX-License-Identifier: Apache-2.0
// The seventeen ways in which somebody could make us write as a mailbox that is not his, each by its name, against the
// real daemon. What is decided at another place is said there: A13 in milter_parts (whose word for the client counts)
// and e2e.authority_test (XCLIENT), A15 in unit_intake (loop_guard_test), A16 in core/graph's table of failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kLarge = 300000;
constexpr const char* kStranger = "203.0.113.5";

class Abuse : public testing::Test {
 protected:
  void start(const std::string& rules, const std::vector<std::string>& conf_lines = {}) {
    RigOptions options;
    options.rules = rules;
    options.conf_lines = conf_lines;
    rig_.emplace(std::move(options));
    rig_->start();
  }
  void start_with_scanners(const std::vector<std::string>& conf_lines = {}) {
    start("[rule scanners]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = relay\n", conf_lines);
  }

  static Mail from(const std::string& value, int number) {
    Mail mail = text_mail(number);
    mail.headers[0].second = " " + value;
    return mail;
  }

  // Delivers, after saying who has logged in, and returns the answer.
  char answer(MilterDriver& driver, const Mail& mail, const std::string& login = "") {
    const std::string id = format("A{}", ++number_);
    driver.macros(wire::kMail, login.empty() ? Macros{} : Macros{{"{auth_authen}", login}});
    return driver.deliver(mail, id).command;
  }
  char answer(const std::string& client, const Mail& mail, const std::string& login = "") {
    MilterDriver driver = rig_->greeted(client);
    return answer(driver, mail, login);
  }
  // Passes, and the log says why.
  void expect_passed(const std::string& client, const Mail& mail, const std::string& reason,
                     const std::string& login = "") {
    EXPECT_EQ(answer(client, mail, login), wire::kAccept) << mail.headers[0].second;
    if (reason.empty()) return;
    EXPECT_THAT(rig_->words(), HasSubstr(format("A{}: event=passed ", number_)));
    const std::string line = rig_->words().substr(rig_->words().rfind(format("A{}: ", number_)));
    EXPECT_THAT(line, HasSubstr(" reason=" + reason));
  }
  void expect_nothing_taken() { EXPECT_THAT(rig_->entries(), IsEmpty()); }

  std::optional<DaemonRig> rig_;
  int number_ = 0;
};

TEST_F(Abuse, A1AnUnauthenticatedClientOnTheRelayPort) {
  start_with_scanners();
  for (const char* client : {kStranger, "127.0.0.1", "::1", "10.1.21.5"}) {
    expect_passed(client, from("scanner@contoso.com", 1), "");
  }
  expect_nothing_taken();
  EXPECT_EQ(answer("10.1.20.5", from("scanner@contoso.com", 1)), wire::kDiscard);
}

TEST_F(Abuse, A2TheWrongPortOfTheMta) {
  start("[rule a]\nclient = 10.1.20.0/24\ndaemon = ORIGINATING\nfrom = scanner@contoso.com\naction = relay\n");
  expect_passed("10.1.20.5", from("scanner@contoso.com", 1), "");
  MilterDriver driver = rig_->connect();
  driver.negotiate();
  driver.macros(wire::kConnect, {{"{client_addr}", "10.1.20.5"}, {"{daemon_name}", "smtpd"}});
  driver.connect_from("client", "10.1.20.5");
  driver.helo("ORIGINATING");
  EXPECT_EQ(answer(driver, from("scanner@contoso.com", 2)), wire::kAccept);
  expect_nothing_taken();
}

// The From decides as whom Graph sends. An envelope sender is only where bounces go; a rule that cares says `sender`.
TEST_F(Abuse, A3ALoginThatDoesNotOwnTheEnvelopeSender) {
  start(
      "[rule own]\nlogin = anna@contoso.com\nfrom = anna@contoso.com\nsender = anna@contoso.com\naction = relay\n"
      "[rule any]\nlogin = bert@contoso.com\nfrom = bert@contoso.com\naction = relay\n");
  Mail mail = from("anna@contoso.com", 1);
  mail.sender = "<ceo@contoso.com>";
  expect_passed(kStranger, mail, "", "anna@contoso.com");
  Mail other = from("ceo@contoso.com", 2);
  other.sender = "<bert@contoso.com>";
  expect_passed(kStranger, other, "no-rule", "bert@contoso.com");
  expect_nothing_taken();
}

TEST_F(Abuse, A4AFromThatTheLoginMayNotUse) {
  start("[rule themselves]\nlogin = @contoso.com\nfrom = @contoso.com\naction = relay\n");
  expect_passed(kStranger, from("ceo@contoso.com", 1), "login", "anna@contoso.com");
  Mail two = from("anna@contoso.com", 2);
  two.headers.emplace_back("From", " ceo@contoso.com");
  expect_passed(kStranger, two, "", "anna@contoso.com");
  expect_passed(kStranger, from("anna@contoso.com, ceo@contoso.com", 3), "no-rule", "anna@contoso.com");
  Mail resent = from("anna@contoso.com", 4);
  resent.headers.emplace_back("Resent-From", " ceo@contoso.com");
  expect_passed(kStranger, resent, "other-author", "anna@contoso.com");
  expect_nothing_taken();
}

TEST_F(Abuse, A5AMailboxThatTheMessageChooses) {
  start("[rule folder]\nclient = 10.1.20.0/24\nfrom = @contoso.com\naction = relay\n");
  Mail mail = from("scanner@contoso.com", 1);
  for (const char* field : {"X-Mailbox", "Reply-To", "Return-Path", "X-Graph-Milter-Id", "Errors-To"}) {
    mail.headers.emplace_back(field, " ceo@contoso.com");
  }
  EXPECT_EQ(answer("10.1.20.5", mail), wire::kDiscard);
  ASSERT_THAT(rig_->entries(), SizeIs(1));
  EXPECT_EQ(rig_->entries().front().mailbox, "scanner@contoso.com");
  for (const char* other : {"scanner@fabrikam.com", "scanner@mail.contoso.com", "scanner@contoso.com.evil.example",
                            "scanner@xcontoso.com"}) {
    expect_passed("10.1.20.5", from(other, 2), "no-rule");
  }
  EXPECT_THAT(rig_->entries(), SizeIs(1));
}

TEST_F(Abuse, A6TheNullSenderAndBounces) {
  start_with_scanners();
  Mail bounce = from("scanner@contoso.com", 1);
  bounce.sender = "<>";
  expect_passed("10.1.20.5", bounce, "null-sender");
  expect_passed("10.1.20.5", from("MAILER-DAEMON", 2), "no-rule");
  Mail report = from("scanner@contoso.com", 3);
  for (auto& [name, value] : report.headers) {
    if (name == "Content-Type") value = " multipart/report; report-type=delivery-status; boundary=b";
  }
  report.body = "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n--b--\r\n";
  expect_passed("10.1.20.5", report, "protected");
  expect_nothing_taken();
}

TEST_F(Abuse, A7AddressesThatLookAlike) {
  start("[rule a]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com, @contoso.com\naction = relay\n");
  for (const char* other : {"\u0455canner@contoso.com", "sc\u0430nner@contoso.com", "scanner@c\u043Entoso.com",
                            "scanner@\u0421ontoso.com", "scanner@contoso\u3002com.evil.example"}) {
    expect_passed("10.1.20.5", from(other, 1), "");
  }
  expect_nothing_taken();
  EXPECT_EQ(answer("10.1.20.5", from("SCANNER@CONTOSO.COM", 2)), wire::kDiscard) << "ASCII case is no difference";
  EXPECT_EQ(rig_->entries().front().mailbox, "scanner@contoso.com");
}

TEST_F(Abuse, A7PlusAndDotsAreOtherAddresses) {
  start_with_scanners();
  for (const char* other : {"scanner+ceo@contoso.com", "scan.ner@contoso.com", "scanner-x@contoso.com"}) {
    expect_passed("10.1.20.5", from(other, 1), "no-rule");
  }
  expect_nothing_taken();
}

TEST_F(Abuse, A8AddressesThatReadersDifferAbout) {
  start("[rule a]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com, @contoso.com\naction = relay\n");
  for (const char* odd : {"\"scanner\"@contoso.com",
                          "\"ceo\\@contoso.com\"@contoso.com",
                          "scanner(ceo)@contoso.com",
                          "(ceo@contoso.com) scanner@contoso.com",
                          "<@evil.example,@b:scanner@contoso.com>",
                          "scanner@[10.1.20.5]",
                          "ceo%contoso.com@contoso.com",
                          "contoso.com!ceo@contoso.com",
                          "scanner@contoso.com.",
                          "Team:;",
                          "Team: scanner@contoso.com;",
                          "=?utf-8?q?scanner=40contoso.com?=",
                          "<scanner@contoso.com> <ceo@contoso.com>",
                          "scanner@contoso.com ceo@contoso.com",
                          "scanner@contoso.com;",
                          "scanner@contoso.com:ceo@contoso.com",
                          "<scanner@contoso.com",
                          "scanner @contoso.com",
                          "ceo@contoso.com <scanner@contoso.com>",
                          ".scanner@contoso.com",
                          "scanner..x@contoso.com",
                          "@contoso.com",
                          "scanner"}) {
    expect_passed("10.1.20.5", from(odd, 1), "");
  }
  expect_nothing_taken();
}

// Only the address says who it is; what stands in quotes before it is a name, whatever it looks like.
TEST_F(Abuse, A8ANameThatLooksLikeAnAddress) {
  start("[rule a]\nclient = 10.1.20.0/24\nfrom = scanner@contoso.com\naction = relay\n");
  EXPECT_EQ(answer("10.1.20.5", from("\"ceo@contoso.com\" <scanner@contoso.com>", 1)), wire::kDiscard);
  EXPECT_EQ(rig_->entries().front().mailbox, "scanner@contoso.com");
  EXPECT_THAT(rig_->words(), HasSubstr(" from=scanner@contoso.com "));
  expect_passed("10.1.20.5", from("\"scanner@contoso.com\" <ceo@contoso.com>", 2), "no-rule");
  expect_passed("10.1.20.5", from("\"Scanner <scanner@contoso.com>\" <ceo@contoso.com>", 3), "no-rule");
  EXPECT_THAT(rig_->entries(), SizeIs(1));
}

TEST_F(Abuse, A9AnInternationalEnvelope) {
  start_with_scanners();
  Mail mail = from("scanner@contoso.com", 1);
  mail.sender_parameters = {"SMTPUTF8"};
  mail.recipients = {"<j\u00FCrgen@contoso.com>"};
  mail.headers[1].second = " j\u00FCrgen@contoso.com";
  expect_passed("10.1.20.5", mail, "smtputf8");
  expect_nothing_taken();
}

TEST_F(Abuse, A10ASecondMessageOnTheConnectionOfAnAllowedOne) {
  start("[rule anna]\nlogin = anna\nfrom = anna@contoso.com\naction = relay\n");
  MilterDriver driver = rig_->greeted(kStranger);
  EXPECT_EQ(answer(driver, from("anna@contoso.com", 1), "anna"), wire::kDiscard);
  EXPECT_EQ(answer(driver, from("ceo@contoso.com", 2), "anna"), wire::kAccept);
  EXPECT_EQ(answer(driver, from("anna@contoso.com", 3), "bert"), wire::kAccept);
  EXPECT_EQ(answer(driver, from("anna@contoso.com", 4)), wire::kAccept) << "the login is not asked for anew";
  driver.begin(from("anna@contoso.com", 5), "A5");
  driver.abort();
  EXPECT_EQ(answer(driver, from("ceo@contoso.com", 6), "anna"), wire::kAccept);
  EXPECT_THAT(rig_->entries(), SizeIs(1));
}

// What an MTA took for text is text to us: it gives no envelope and no author.
TEST_F(Abuse, A10AMessageInsideAMessage) {
  start_with_scanners();
  for (const char* end : {"\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n.\r\n"}) {
    Mail mail = text_mail(1);
    mail.body =
        std::string("Hello.") + end +
        "MAIL FROM:<ceo@contoso.com>\r\nRCPT TO:<x@contoso.com>\r\nDATA\r\nFrom: ceo@contoso.com\r\n\r\nPay.\r\n";
    answer("10.1.20.5", mail);
  }
  for (const auto& summary : rig_->entries()) {
    const queue::Entry entry = rig_->entry(summary.id);
    EXPECT_EQ(entry.plan.mailbox, "scanner@contoso.com");
    ASSERT_THAT(entry.envelope.recipients, SizeIs(1));
    EXPECT_EQ(entry.envelope.recipients[0].address, "user1@contoso.com");
  }
  EXPECT_LE(rig_->entries().size(), 5U);
}

TEST_F(Abuse, A11ATrustedRelayWithTheFromOfAStranger) {
  start_with_scanners();
  expect_passed("10.1.20.5", from("ceo@contoso.com", 1), "no-rule");
  expect_passed("10.1.20.5", from("x@elsewhere.example", 1), "no-rule");
  expect_nothing_taken();
  RigOptions options;
  options.rules = "[rule trust]\nclient = 10.1.20.0/24\naction = relay\n";
  DaemonRig wide(options);
  EXPECT_EQ(wide.run_to_end(), 78);
  EXPECT_THAT(wide.words(), HasSubstr("rule trust relays, but does not say which From"));
}

TEST_F(Abuse, A12RecipientsWhomTheEnvelopeDoesNotName) {
  start_with_scanners();
  for (const char* field : {"Cc", "Resent-To"}) {
    Mail mail = from("scanner@contoso.com", 1);
    mail.headers.emplace_back(field, " press@elsewhere.example");
    expect_passed("10.1.20.5", mail, "");
  }
  Mail many = from("scanner@contoso.com", 2);
  for (int i = 0; i < 501; ++i) many.recipients.push_back(format("<r{}@contoso.com>", i));
  many.recipients.emplace_back("<user2@contoso.com>");
  expect_passed("10.1.20.5", many, "");
  expect_nothing_taken();
  Mail hidden = from("scanner@contoso.com", 3);
  hidden.headers.emplace_back("Bcc", " press@elsewhere.example");
  if (answer("10.1.20.5", hidden) == wire::kAccept) return;
  ASSERT_THAT(rig_->entries(), SizeIs(1));
  const plan::Plan plan = rig_->entry(rig_->entries().front().id).plan;
  EXPECT_THAT(plan.to, testing::ElementsAre("user3@contoso.com")) << "the field is dropped";
  EXPECT_THAT(plan.cc, IsEmpty());
  EXPECT_THAT(plan.bcc, IsEmpty());
}

TEST_F(Abuse, A13WhatTheMessageOrTheGreetingSaysAboutTheClient) {
  start_with_scanners();
  MilterDriver driver = rig_->connect();
  driver.negotiate();
  driver.macros(wire::kConnect, {{"{client_addr}", kStranger}, {"{client_name}", "10.1.20.5"}, {"j", "10.1.20.5"}});
  driver.connect_from("10.1.20.5", kStranger);
  driver.helo("[10.1.20.5]");
  Mail mail = from("scanner@contoso.com", 1);
  mail.headers.insert(mail.headers.begin(),
                      {{"Received", " from x ([10.1.20.5]) by mta.contoso.com (ESMTPSA)"},
                       {"X-Originating-IP", " [10.1.20.5]"},
                       {"X-Forwarded-For", " 10.1.20.5"},
                       {"Authentication-Results", " mta.contoso.com; auth=pass smtp.auth=scanner"}});
  mail.sender_parameters = {"AUTH=scanner@contoso.com"};
  EXPECT_EQ(answer(driver, mail), wire::kAccept);
  expect_nothing_taken();
}

TEST_F(Abuse, A14SomebodyElseWhoConnectsToOurSocket) {
  start_with_scanners();
  struct stat info {};
  for (const std::string& path : {rig_->socket_path(), rig_->folder().file("control.sock")}) {
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0660U) << path;
  }
  RigOptions options;
  options.socket = "inet:8899@0.0.0.0";
  DaemonRig open(options);
  EXPECT_EQ(open.run_to_end(), 78);
  EXPECT_THAT(open.words(),
              HasSubstr("inet:8899@0.0.0.0 can be reached from other hosts, and whoever reaches it is "
                        "believed every client and login (use a unix socket or a loopback address, or let "
                        "a firewall admit the MTA alone and set allow-remote-mta = yes)"));
}

TEST_F(Abuse, A15ASealThatAUserForged) {
  start_with_scanners();
  for (const char* seal : {"x", "mx1/1234;0000000000000000000000000000000000000000000000000000000000000000", ";", ""}) {
    Mail mail = from("scanner@contoso.com", ++number_ + 100);
    mail.headers.emplace_back("X-Graph-Milter-Seal", " " + std::string(seal));
    mail.headers.emplace_back("X-Graph-Milter-Id", " mx1/1234");
    EXPECT_EQ(answer("10.1.20.5", mail), wire::kDiscard) << "no way round the rules, whatever they say";
  }
  for (const auto& entry : rig_->entries()) {
    EXPECT_EQ(rig_->entry(entry.id).plan.mailbox, "scanner@contoso.com");
  }
}

// What somebody with the secret can do is Microsoft's to limit; what the daemon does for him is not more.
TEST_F(Abuse, A16TheSecretIsNotToBeHadFromUs) {
  RigOptions options;
  if (geteuid() == 0) options.runs_as = "nobody";
  rig_.emplace(std::move(options));
  rig_->start();
  const std::string secret = "not a real secret";
  for (const char* place : {"cmdline", "environ"}) {
    EXPECT_EQ(read_file(format("/proc/{}/{}", rig_->pid(), place)).find(secret), std::string::npos) << place;
  }
  EXPECT_EQ(rig_->words().find(secret), std::string::npos);
  EXPECT_THAT(read_file(format("/proc/{}/limits", rig_->pid())), testing::ContainsRegex("Max core file size +0 +0 "));
  // A process that must not be dumped belongs to root in /proc, so nobody of its own user can attach to it or read it.
  struct stat info {};
  ASSERT_EQ(stat(format("/proc/{}/mem", rig_->pid()).c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 0U);
}

TEST_F(Abuse, A17MoreMailThanOneMaySend) {
  start_with_scanners({"client-messages-per-hour = 2"});
  for (int i = 1; i <= 2; ++i) EXPECT_EQ(answer("10.1.20.5", from("scanner@contoso.com", i)), wire::kDiscard);
  expect_passed("10.1.20.5", from("scanner@contoso.com", 3), "client-limit");
  EXPECT_EQ(answer("10.1.20.6", from("scanner@contoso.com", 4)), wire::kDiscard);
  EXPECT_THAT(rig_->entries(), SizeIs(3));
}

TEST_F(Abuse, A17MoreBytesThanOneMaySend) {
  start_with_scanners({"mailbox-bytes-per-hour = 500K", "when-over-limit = tempfail"});
  MilterDriver driver = rig_->greeted("10.1.20.5");
  EXPECT_EQ(answer(driver, scan_mail(kLarge, 1)), wire::kDiscard);
  EXPECT_EQ(answer(driver, scan_mail(kLarge, 2)), wire::kReplyCode);
  EXPECT_THAT(rig_->words(), HasSubstr("mailbox-limit"));
}

}  // namespace
}  // namespace graph_milter::test
