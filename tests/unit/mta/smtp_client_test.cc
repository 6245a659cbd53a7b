// SPDX-License-Identifier: Apache-2.0
#include "core/mta/smtp_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <csignal>
#include <future>
#include <thread>

#include "tests/support/smtp_server.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mta {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Answer = test::SmtpServer::Answer;
using Effect = test::SmtpServer::Effect;

class SmtpClient : public testing::Test {
 protected:
  SmtpClient() {
    settings_.server.port = server_.port();
    settings_.helo = "relay.contoso.com";
    settings_.reply_timeout = std::chrono::minutes(1);
    mail_.sender = "scanner@contoso.com";
    mail_.recipients = {{"alice@example.org", {}}, {"bob@example.org", {}}};
  }

  Result<SmtpOutcome> send(std::string content = "Subject: x\r\n\r\nHello\r\n") {
    StringSource source(std::move(content));
    return send_mail(settings_, mail_, source);
  }

  // The error, which must be of this kind.
  Error error(ErrorKind kind, std::string content = "Subject: x\r\n\r\nHello\r\n") {
    const auto outcome = send(std::move(content));
    EXPECT_FALSE(outcome);
    if (outcome) return {};
    EXPECT_EQ(name_of(outcome.error().kind), name_of(kind)) << outcome.error().text();
    EXPECT_THAT(outcome.error().where, testing::StartsWith("SMTP to " + settings_.server.text()));
    return outcome.error();
  }

  std::string command(std::string_view verb) const {
    for (const std::string& line : server_.commands())
      if (line.substr(0, verb.size()) == verb) return line;
    return "none";
  }

  test::SmtpServer server_;
  SmtpSettings settings_;
  SmtpMail mail_;
};

TEST_F(SmtpClient, AMailIsTakenForEachRecipient) {
  const auto outcome = send("Subject: x\r\n\r\n.dots\r\n..\r\n.\r\nend");
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->taken);
  ASSERT_EQ(outcome->recipients.size(), 2U);
  EXPECT_EQ(outcome->recipients[1].words(), "250 2.1.5 Ok");
  EXPECT_EQ(outcome->end.words(), "250 2.0.0 Ok: queued");
  const auto mails = server_.mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].helo, "relay.contoso.com");
  EXPECT_EQ(mails[0].sender, "scanner@contoso.com");
  ASSERT_EQ(mails[0].recipients.size(), 2U);
  EXPECT_EQ(mails[0].recipients[0].address, "alice@example.org");
  EXPECT_EQ(mails[0].content, "Subject: x\r\n\r\n.dots\r\n..\r\n.\r\nend\r\n");
}

TEST_F(SmtpClient, TheConversationIsTheOrdinaryOne) {
  ASSERT_TRUE(send());
  EXPECT_THAT(server_.commands(),
              ElementsAre("EHLO relay.contoso.com", "MAIL FROM:<scanner@contoso.com> SIZE=21",
                          "RCPT TO:<alice@example.org>", "RCPT TO:<bob@example.org>", "DATA", "QUIT"));
}

TEST_F(SmtpClient, TheNullSenderIsEmptyBrackets) {
  mail_.sender.clear();
  ASSERT_TRUE(send());
  EXPECT_EQ(command("MAIL"), "MAIL FROM:<> SIZE=21");
}

TEST_F(SmtpClient, SpeaksOverAUnixSocket) {
  const test::TempFolder folder;
  test::SmtpServer server(folder.file("mta.sock"));
  settings_.server.path = folder.file("mta.sock");
  const auto outcome = send();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(server.mails().size(), 1U);
}

TEST_F(SmtpClient, SpeaksOverInet6) {
  const auto server = test::SmtpServer::on_inet6();
  settings_.server.host = "::1";
  settings_.server.port = server->port();
  const auto outcome = send();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(server->mails().size(), 1U);
  EXPECT_EQ(settings_.server.text(), "[::1]:" + std::to_string(server->port()));
}

TEST_F(SmtpClient, SpeaksToAHostByName) {
  settings_.server.host = "localhost";
  const auto outcome = send();
  ASSERT_TRUE(outcome) << outcome.error().text();
}

TEST_F(SmtpClient, ALargeMailArrivesWhole) {
  std::string content = "Subject: large\r\n\r\n";
  for (int i = 0; i < 300'000; ++i) content += i % 3 == 0 ? ".a line of the large mail\r\n" : "another line of it\r\n";
  ASSERT_TRUE(send(content));
  EXPECT_TRUE(server_.mails().at(0).content == content);
}

// Parameters.

TEST_F(SmtpClient, DsnParametersGoWhereTheyAreOffered) {
  mail_.parameters = {"RET=HDRS", "ENVID=QQ314159", "SIZE=1", "BODY=8BITMIME", "SMTPUTF8", "AUTH=<>", "MT-PRIORITY=3"};
  mail_.recipients[0].parameters = {"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;alice+40x@example.org", "XRCPT=1"};
  ASSERT_TRUE(send());
  EXPECT_EQ(command("MAIL"), "MAIL FROM:<scanner@contoso.com> SIZE=21 RET=HDRS ENVID=QQ314159");
  EXPECT_EQ(command("RCPT"), "RCPT TO:<alice@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;alice+40x@example.org");
}

TEST_F(SmtpClient, WithoutDsnTheyStay) {
  server_.offer({"8BITMIME"});
  mail_.parameters = {"RET=HDRS", "ENVID=QQ314159"};
  mail_.recipients[0].parameters = {"NOTIFY=NEVER"};
  ASSERT_TRUE(send());
  EXPECT_EQ(command("MAIL"), "MAIL FROM:<scanner@contoso.com>");
  EXPECT_EQ(command("RCPT"), "RCPT TO:<alice@example.org>");
}

TEST_F(SmtpClient, AuthGoesWhereItIsOffered) {
  server_.offer({"AUTH PLAIN"});
  mail_.parameters = {"AUTH=scanner@contoso.com"};
  ASSERT_TRUE(send());
  EXPECT_EQ(command("MAIL"), "MAIL FROM:<scanner@contoso.com> AUTH=scanner@contoso.com");
}

TEST_F(SmtpClient, EightBitContentIsAnnounced) {
  mail_.eight_bit = true;
  ASSERT_TRUE(send("\r\ncaf\xC3\xA9\r\n"));
  EXPECT_THAT(command("MAIL"), HasSubstr(" BODY=8BITMIME"));
  EXPECT_EQ(server_.mails().at(0).content, "\r\ncaf\xC3\xA9\r\n");
}

TEST_F(SmtpClient, WithoutEightBitMimeEightBitContentIsPermanent) {
  server_.offer({"DSN"});
  mail_.eight_bit = true;
  const Error refused = error(ErrorKind::Permanent);
  EXPECT_EQ(refused.text(), "SMTP to " + settings_.server.text() +
                                ": the message has bytes beyond ASCII, and the server does not offer 8BITMIME");
  EXPECT_EQ(refused.code, "5.6.3");
  EXPECT_EQ(command("MAIL"), "none");
}

TEST_F(SmtpClient, AnAddressThatIsNotAsciiNeedsSmtpUtf8) {
  mail_.recipients[1].address = "j\xC3\xB6rg@example.org";
  ASSERT_TRUE(send());
  EXPECT_THAT(command("MAIL"), HasSubstr(" SMTPUTF8"));
  server_.offer({"8BITMIME"});
  const Error refused = error(ErrorKind::Permanent);
  EXPECT_EQ(refused.what, "an address or a header field is not ASCII, and the server does not offer SMTPUTF8");
  EXPECT_EQ(refused.code, "5.6.7");
}

TEST_F(SmtpClient, AHeaderThatIsNotAsciiNeedsSmtpUtf8) {
  mail_.utf8 = true;
  ASSERT_TRUE(send());
  EXPECT_THAT(command("MAIL"), HasSubstr(" SMTPUTF8"));
}

TEST_F(SmtpClient, AMessageTooLargeForTheServerIsPermanentBeforeItIsSent) {
  server_.offer({"SIZE 20"});
  const Error refused = error(ErrorKind::Permanent);
  EXPECT_EQ(refused.text(), "SMTP to " + settings_.server.text() +
                                ": the message has 21 bytes, and the server takes 20 at most (raise message_size_limit "
                                "(Postfix) or MaxMessageSize (Sendmail))");
  EXPECT_EQ(refused.code, "5.3.4");
  server_.offer({"SIZE 21"});
  EXPECT_TRUE(send());
}

// What may not go on the wire.

TEST_F(SmtpClient, NoAddressCanSmuggleACommand) {
  for (const std::string& bad :
       {std::string("a@b\r\nDATA"), std::string("a@b\nx"), std::string("a\0@b", 4), std::string("a@b> NOTIFY=NEVER"),
        std::string("a b@c"), std::string("a@b>"), std::string("<a@b"), std::string("a\t@b"), std::string("a@b\x7F"),
        std::string("\xFF@b")}) {
    mail_.sender = bad;
    EXPECT_THAT(error(ErrorKind::Permanent).what, testing::EndsWith("can't stand in an SMTP command"));
    mail_.sender = "scanner@contoso.com";
    mail_.recipients[1].address = bad;
    EXPECT_THAT(error(ErrorKind::Permanent).what, testing::StartsWith("the recipient address \""));
    mail_.recipients[1].address = "bob@example.org";
  }
  EXPECT_THAT(server_.commands(), Not(Contains(testing::StartsWith("MAIL"))));
}

TEST_F(SmtpClient, NoParameterCanSmuggleACommand) {
  for (const std::string& bad :
       {std::string("RET=HDRS\r\nDATA"), std::string("RET=HDRS X=1"), std::string("RET=\0", 5), std::string("")}) {
    mail_.parameters = {bad};
    EXPECT_THAT(error(ErrorKind::Permanent).what, testing::StartsWith("the parameter \""));
    mail_.parameters.clear();
    mail_.recipients[0].parameters = {bad};
    EXPECT_THAT(error(ErrorKind::Permanent).what, testing::StartsWith("the parameter \""));
    mail_.recipients[0].parameters.clear();
  }
  EXPECT_THAT(server_.commands(), Not(Contains(testing::StartsWith("MAIL"))));
}

TEST_F(SmtpClient, ARecipientWithoutAnAddressIsPermanent) {
  mail_.recipients[0].address.clear();
  EXPECT_EQ(error(ErrorKind::Permanent).what, "a recipient without an address");
}

TEST_F(SmtpClient, NoContentCanSmuggleAMail) {
  const Error refused = error(ErrorKind::Permanent, "\r\nx\n.\r\nMAIL FROM:<>\r\n");
  EXPECT_EQ(refused.what, "the message has a dot alone behind a CR or LF alone, which a server may take for its end");
  EXPECT_EQ(server_.mails().size(), 0U);
  EXPECT_EQ(error(ErrorKind::Permanent, "\r\nx\n.").kind, ErrorKind::Permanent);
  EXPECT_EQ(server_.mails().size(), 0U);
}

// Refusals.

TEST_F(SmtpClient, EachRecipientHasItsReply) {
  server_.recipient("alice@example.org", "550 5.1.1 no such user");
  const auto outcome = send();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->taken);
  EXPECT_EQ(outcome->recipients[0].words(), "550 5.1.1 no such user");
  EXPECT_TRUE(outcome->recipients[1].ok());
  ASSERT_EQ(server_.mails().at(0).recipients.size(), 1U);
}

TEST_F(SmtpClient, WithoutAnyRecipientNothingIsSent) {
  server_.recipient("alice@example.org", "550 5.1.1 no such user");
  server_.recipient("bob@example.org", "450 4.2.0 greylisted");
  const auto outcome = send();
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->taken);
  EXPECT_EQ(outcome->recipients[1].words(), "450 4.2.0 greylisted");
  EXPECT_EQ(outcome->end.words(), "450 4.2.0 greylisted");
  EXPECT_THAT(server_.commands(), Not(Contains("DATA")));
  EXPECT_EQ(server_.commands().back(), "QUIT");
}

TEST_F(SmtpClient, ARefusalOfTheContentIsAnAnswer) {
  for (const char* const reply : {"554 5.7.1 no such content here", "451 4.3.0 not now", "421 4.3.2 going down"}) {
    server_.then("DOT", reply);
    const auto outcome = send();
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->taken);
    EXPECT_EQ(outcome->end.words(), reply);
  }
  EXPECT_EQ(server_.mails().size(), 0U);
}

TEST_F(SmtpClient, FourHundredToMailOrDataIsTransientFiveHundredPermanent) {
  for (const char* const verb : {"MAIL", "DATA"}) {
    server_.then(verb, "451 4.3.0 not now");
    const Error transient = error(ErrorKind::Transient);
    EXPECT_EQ(transient.text(), "SMTP to " + settings_.server.text() + ": " + verb + ": 451 4.3.0 not now");
    EXPECT_EQ(transient.code, "4.3.0");
    server_.then(verb, "550 5.7.1 not from you");
    const Error permanent = error(ErrorKind::Permanent);
    EXPECT_EQ(permanent.what, "550 5.7.1 not from you");
    EXPECT_EQ(permanent.code, "5.7.1");
  }
}

TEST_F(SmtpClient, AServerThatDoesNotWantUsAtAllIsTransient) {
  server_.then("CONNECT", "554 5.3.2 no service here");
  EXPECT_EQ(error(ErrorKind::Transient).where, "SMTP to " + settings_.server.text() + ": greeting");
  server_.then("CONNECT", "421 4.3.2 busy");
  error(ErrorKind::Transient);
  server_.then("EHLO", "450 4.3.2 not now");
  EXPECT_EQ(error(ErrorKind::Transient).what, "450 4.3.2 not now");
}

TEST_F(SmtpClient, FallsBackToHelloWhereNothingMoreIsNeeded) {
  server_.always("EHLO", "502 5.5.1 what?");
  mail_.parameters = {"RET=HDRS"};
  ASSERT_TRUE(send());
  EXPECT_THAT(server_.commands(),
              ElementsAre("EHLO relay.contoso.com", "HELO relay.contoso.com", "MAIL FROM:<scanner@contoso.com>",
                          "RCPT TO:<alice@example.org>", "RCPT TO:<bob@example.org>", "DATA", "QUIT"));
  mail_.eight_bit = true;
  EXPECT_EQ(error(ErrorKind::Transient).what, "502 5.5.1 what?");
  mail_.eight_bit = false;
  server_.always("HELO", "550 5.5.1 not you either");
  EXPECT_EQ(error(ErrorKind::Transient).what, "550 5.5.1 not you either");
}

TEST_F(SmtpClient, FourTwentyOneMayComeAtAnyCommand) {
  for (const char* const verb : {"EHLO", "MAIL", "RCPT", "DATA"}) {
    server_.then(verb, Answer{"421 4.3.2 shutting down", false, true});
    const Error closed = error(ErrorKind::Transient);
    EXPECT_EQ(closed.what, "421 4.3.2 shutting down") << verb;
  }
  EXPECT_EQ(server_.mails().size(), 0U);
}

TEST_F(SmtpClient, AnAnswerThatMakesNoSenseIsTransient) {
  server_.then("MAIL", "354 go on");
  EXPECT_EQ(error(ErrorKind::Transient).what, "354 go on");
  server_.then("DATA", "250 fine");
  EXPECT_EQ(error(ErrorKind::Transient).what, "250 fine");
  server_.then("RCPT", "354 go on");
  EXPECT_EQ(error(ErrorKind::Transient).what, "354 go on");
}

// Broken streams.

TEST_F(SmtpClient, WithoutAServerItIsTransient) {
  server_.stop_listening();
  EXPECT_EQ(error(ErrorKind::Transient).what, "no connection: Connection refused");
  const test::TempFolder folder;
  settings_.server.path = folder.file("nobody");
  EXPECT_EQ(error(ErrorKind::Transient).what, "no connection: No such file or directory");
  settings_.server.path = std::string(200, 'x');
  EXPECT_EQ(error(ErrorKind::Transient).what, "this is no path of a unix socket");
}

TEST_F(SmtpClient, AServerThatHangsUpIsTransientWhereverItDoes) {
  for (const char* const verb : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA"}) {
    server_.then(verb, Answer{"", false, true});
    EXPECT_THAT(error(ErrorKind::Transient).what,
                testing::AnyOf("the server closed the connection", HasSubstr("Connection reset by peer")))
        << verb;
  }
}

TEST_F(SmtpClient, AServerThatHangsUpInTheContentIsTransientAndNoSignalComes) {
  std::string content = "Subject: large\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) content += "a line of a mail that is larger than what the kernel buffers\r\n";
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  for (int round = 0; round < 3; ++round) {
    server_.drop_in_content_after(1000);
    error(ErrorKind::Transient, content);
  }
  std::signal(SIGPIPE, before);
  EXPECT_EQ(server_.mails().size(), 0U);
}

// It reads nothing more, says goodbye, and leaves the connection open: only its end of speech tells.
TEST_F(SmtpClient, AServerThatOnlyStopsTalkingIsNotWaitedFor) {
  const FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), any, length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), any, &length), 0);
  settings_.server.port = ntohs(address.sin_port);
  settings_.reply_timeout = std::chrono::hours(1);
  std::promise<void> sent;
  std::thread server([&] {
    const FileDescriptor client(::accept(listener.get(), nullptr, nullptr));
    const auto say = [&client](std::string_view text) { ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL); };
    char block[4096];
    say("220 x\r\n");
    for (const char* const reply : {"250 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n"}) {
      ::recv(client.get(), block, sizeof block, 0);
      say(reply);
    }
    ::recv(client.get(), block, 1, 0);
    ::shutdown(client.get(), SHUT_WR);
    sent.get_future().wait();
  });
  std::string more_than_buffers_hold;
  more_than_buffers_hold.resize(50'000'000, 'x');
  error(ErrorKind::Transient, more_than_buffers_hold);
  sent.set_value();
  server.join();
}

TEST_F(SmtpClient, WhateverHappensAfterTheDotIsUnclear) {
  struct Case {
    Answer answer;
    std::string what;
  };
  const Case cases[] = {
      {{"", false, true, false, Effect::Taken}, "the server closed the connection"},
      {{"", false, true}, "the server closed the connection"},
      {{"250-2.0.0 Ok", false, true, false, Effect::Taken}, "the server closed the connection"},
      {{"2", true, true, false, Effect::Taken}, "the server closed the connection"},
      {{"HTTP/1.1 200 OK", false, false, false, Effect::Taken}, "no SMTP reply: \"HTTP/1.1 200 OK\""},
  };
  for (const Case& one : cases) {
    server_.then("DOT", one.answer);
    const Error unclear = error(ErrorKind::Unclear);
    EXPECT_EQ(unclear.what, "no answer to the end of the message: " + one.what);
    EXPECT_EQ(unclear.hint, "it may have been taken");
  }
  EXPECT_EQ(server_.mails().size(), 4U);
  server_.then("DOT", "354 more?");
  EXPECT_EQ(error(ErrorKind::Unclear).what, "the end of the message was answered 354 more?");
}

TEST_F(SmtpClient, AServerThatDoesNotAnswerIsNotWaitedForWithoutEnd) {
  settings_.reply_timeout = Duration(50);
  for (const char* const verb : {"CONNECT", "MAIL", "DATA"}) {
    server_.then(verb, Answer{"250 late", false, false, true});
    EXPECT_EQ(error(ErrorKind::Transient).what, "time-out while waiting for a reply");
    server_.go_on();
  }
  server_.then("DOT", Answer{"250 late", false, false, true});
  EXPECT_EQ(error(ErrorKind::Unclear).what, "no answer to the end of the message: time-out while waiting for a reply");
  server_.go_on();
}

TEST_F(SmtpClient, ADripOfRepliesDoesNotProlongTheWait) {
  settings_.reply_timeout = Duration(200);
  server_.then("EHLO", Answer{"250-mta.test\n250-A\n250-B"});  // and never an end
  EXPECT_EQ(error(ErrorKind::Transient).what, "time-out while waiting for a reply");
}

TEST_F(SmtpClient, StopsWhenAskedTo) {
  auto stop = std::make_shared<std::atomic<bool>>(false);
  settings_.stop = stop;
  for (const char* const verb : {"CONNECT", "RCPT", "DOT"}) {
    server_.then(verb, Answer{"250 late", false, false, true});
    auto sending = std::async(std::launch::async, [this] { return send(); });
    server_.wait_until_waiting();
    *stop = true;
    const auto outcome = sending.get();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, verb == std::string("DOT") ? ErrorKind::Unclear : ErrorKind::Cancelled);
    *stop = false;
    server_.go_on();
  }
}

// Servers that mean us harm.

TEST_F(SmtpClient, ALineWithoutEndIsCutOff) {
  server_.then("CONNECT", Answer{std::string(100'000, '2'), true});
  EXPECT_EQ(error(ErrorKind::Transient).what, "a reply line of more than 4096 bytes");
}

TEST_F(SmtpClient, LinesWithoutEndAreCutOff) {
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "220-hello\r\n";
  server_.then("CONNECT", Answer{lines, true});
  EXPECT_EQ(error(ErrorKind::Transient).what, "a reply of more than 200 lines");
}

TEST_F(SmtpClient, BinaryIsNoReply) {
  server_.then("CONNECT", Answer{std::string("\x16\x03\x01\0\x05\n", 6), true});
  EXPECT_EQ(error(ErrorKind::Transient).text(),
            "SMTP to " + settings_.server.text() +
                ": no SMTP reply: \"\\x16\\x03\\x01\\x00\\x05\" (look what listens there: it does not speak SMTP)");
}

TEST_F(SmtpClient, AnAnswerBeforeTheQuestionIsNotTakenForItsAnswer) {
  server_.then("EHLO", Answer{"250 mta.test\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n", true});
  EXPECT_EQ(error(ErrorKind::Transient).what, "250 2.1.0 Ok");
  server_.then("DATA", Answer{"354 go on\r\n250 2.0.0 Ok: queued\r\n", true});
  EXPECT_EQ(error(ErrorKind::Transient).what, "250 2.0.0 Ok: queued");
  EXPECT_EQ(server_.mails().size(), 0U);
}

TEST_F(SmtpClient, AServerThatRefusesTheContentBeforeItsEndIsHeard) {
  server_.then("DATA", Answer{"354 go on\r\n552 5.3.4 too large\r\n", true, true});
  std::string content = "Subject: large\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) content += "a line of a mail that is larger than what the kernel buffers\r\n";
  const auto outcome = send(content);
  ASSERT_FALSE(outcome);
  // The kernel may throw its words away with the connection.
  EXPECT_THAT(outcome.error().kind, testing::AnyOf(ErrorKind::Permanent, ErrorKind::Transient));
  EXPECT_EQ(server_.mails().size(), 0U);
}

TEST_F(SmtpClient, ABadNameOfThisHostGoesNowhere) {
  settings_.helo = "relay\r\nMAIL";
  error(ErrorKind::Permanent);
  EXPECT_EQ(server_.commands().size(), 0U);
  settings_.helo.clear();
  ASSERT_TRUE(send());
  EXPECT_EQ(command("EHLO"), "EHLO localhost");
}

// Content that can't be read.

class BrokenSource final : public ByteSource {
 public:
  ByteCount size() const override { return 200'000; }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override {
    if (offset > 0) return fail(ErrorKind::System, "spool", "Input/output error");
    std::fill(out.begin(), out.end(), 'x');
    return out.size();
  }
};

TEST_F(SmtpClient, ContentThatCantBeReadIsNeverEnded) {
  BrokenSource source;
  const auto outcome = send_mail(settings_, mail_, source);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::System);
  EXPECT_EQ(outcome.error().text(), "SMTP to " + settings_.server.text() + ": spool: Input/output error");
  EXPECT_EQ(server_.mails().size(), 0U);
}

TEST_F(SmtpClient, SignalsDisturbNothing) {
  struct sigaction interrupt {};
  interrupt.sa_handler = [](int) {};  // without SA_RESTART
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &interrupt, &before), 0);
  std::string content = "Subject: large\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) content += "a line of a mail that is larger than what the kernel buffers\r\n";
  server_.then("DOT", Answer{"250 2.0.0 Ok", false, false, true});
  Result<SmtpOutcome> outcome = SmtpOutcome{};
  std::thread sender([&] { outcome = send(content); });
  const auto interrupt_often = [&sender] {
    for (int i = 0; i < 200; ++i) {
      pthread_kill(sender.native_handle(), SIGUSR1);
      std::this_thread::yield();
    }
  };
  interrupt_often();
  server_.wait_until_waiting();
  interrupt_often();
  server_.go_on();
  sender.join();
  sigaction(SIGUSR1, &before, nullptr);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(server_.mails().at(0).content == content);
}

TEST_F(SmtpClient, ManyMailsAtOnceDontMix) {
  constexpr int kSenders = 8;
  std::vector<std::thread> senders;
  senders.reserve(kSenders);
  for (int i = 0; i < kSenders; ++i) {
    senders.emplace_back([this, i] {
      SmtpMail mail = mail_;
      mail.sender = "s" + std::to_string(i) + "@contoso.com";
      StringSource source("Subject: " + std::to_string(i) + "\r\n\r\n");
      const auto outcome = send_mail(settings_, mail, source);
      EXPECT_TRUE(outcome && outcome->taken);
    });
  }
  for (std::thread& sender : senders) sender.join();
  for (const auto& mail : server_.mails()) EXPECT_EQ(mail.content, "Subject: " + mail.sender.substr(1, 1) + "\r\n\r\n");
  EXPECT_EQ(server_.mails().size(), 8U);
}

}  // namespace
}  // namespace graph_milter::mta
