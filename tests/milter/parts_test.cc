// SPDX-License-Identifier: Apache-2.0
// The pieces of milter/ that need no daemon: replies, traffic, sockets, pid files, addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <stdexcept>

#include "milter/milter_session.h"
#include "milter/pid_file.h"
#include "milter/reply.h"
#include "milter/socket.h"
#include "milter/traffic.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::milter {
namespace {

using intake::AnswerKind;
using test::TempFolder;
using testing::HasSubstr;

TEST(Reply, KeepsCodesOfItsClass) {
  const Reply reply = make_reply({AnswerKind::TempFail, "452", "4.3.1", "No room"});
  EXPECT_EQ(reply.code, "452");
  EXPECT_EQ(reply.enhanced, "4.3.1");
  EXPECT_EQ(reply.text, "No room");
}

TEST(Reply, ReplacesCodesThatWouldMeanSomethingElse) {
  for (const auto& [code, enhanced] : {std::pair{"550", "5.0.0"},
                                       {"450", "5.1.1"},
                                       {"45", "4.1.1"},
                                       {"4x0", "4.1.1"},
                                       {"450", "4.1"},
                                       {"450", "4..1"},
                                       {"450", "4.1234.1"},
                                       {"", ""}}) {
    const Reply reply = make_reply({AnswerKind::TempFail, code, enhanced, "x"});
    EXPECT_EQ(reply.code, "451") << code << enhanced;
    EXPECT_EQ(reply.enhanced, "4.3.0") << code << enhanced;
  }
  EXPECT_EQ(make_reply({AnswerKind::Reject, "451", "4.3.0", "x"}).code, "550");
}

TEST(Reply, IsOneLineOfPrintableAscii) {
  const Reply reply = make_reply({AnswerKind::Reject, "550", "5.7.1", "50% of\r\n\xc3\xbc\tit"});
  EXPECT_EQ(reply.text, "50%% of     it");
  EXPECT_LE(make_reply({AnswerKind::Reject, "", "", std::string(5000, '%')}).text.size(), 900U);
  EXPECT_FALSE(make_reply({AnswerKind::Reject, "", "", "\n"}).text.empty());
}

TEST(Traffic, BoundsTheMessagesThatAreOpen) {
  Traffic traffic(2);
  auto first = traffic.open_message();
  auto second = traffic.open_message();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(traffic.open_message());
  first.reset();
  EXPECT_TRUE(traffic.open_message());
}

TEST(Traffic, LetsNothingBeginOnceItDrains) {
  Traffic traffic(2);
  traffic.drain();
  EXPECT_TRUE(traffic.draining());
  EXPECT_FALSE(traffic.open_message());
  EXPECT_FALSE(traffic.begin_end_of_message());
  EXPECT_TRUE(traffic.wait_for_ends(Duration::zero()));
}

TEST(Traffic, WaitsForTheEndsThatAreBeingWorkedOn) {
  Traffic traffic(2);
  EXPECT_FALSE(traffic.is_at_an_end());
  auto end = traffic.begin_end_of_message();
  EXPECT_TRUE(traffic.is_at_an_end());
  traffic.drain();
  EXPECT_FALSE(traffic.wait_for_ends(Duration(1)));
  auto waiting = std::async(std::launch::async, [&] { return traffic.wait_for_ends(std::chrono::minutes(1)); });
  end.reset();
  EXPECT_TRUE(waiting.get());
}

TEST(Traffic, CountsATicketThatMovesOnce) {
  Traffic traffic(1);
  auto first = traffic.open_message();
  {
    Traffic::Ticket moved = std::move(*first);
    EXPECT_FALSE(traffic.open_message());
  }
  EXPECT_TRUE(traffic.open_message());
}

TEST(Traffic, SumsUpWhatOpenMessagesWerePromised) {
  Traffic traffic(3);
  auto first = traffic.open_message();
  auto second = traffic.open_message();
  EXPECT_EQ(first->promise(100), 100U);
  EXPECT_EQ(second->promise(30), 130U);
  EXPECT_EQ(first->promise(10), 40U) << "instead of what it was promised before";
  {
    const Traffic::Ticket moved = std::move(*first);
    EXPECT_EQ(second->promise(31), 41U);
  }
  EXPECT_EQ(second->promise(32), 32U) << "a message that has ended needs nothing";
}

TEST(Session, GivesNoMessageOutsideAMailTransaction) {
  Traffic traffic(1);
  const SessionHost host{{}, &traffic};
  MilterSession session(host);
  EXPECT_EQ(session.message(), nullptr);
  session.add_recipient(mail::make_envelope_path("<a@b>"));
  EXPECT_EQ(session.recipients(), 0U);
  session.forget_message();
}

TEST(Addresses, OfClientsAreNumbers) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_addr.s_addr = htonl(0x0a011405);
  const void* generic = &four;
  EXPECT_EQ(numeric_address(static_cast<const sockaddr*>(generic)), "10.1.20.5");
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_addr = in6addr_loopback;
  generic = &six;
  EXPECT_EQ(numeric_address(static_cast<const sockaddr*>(generic)), "::1");
  EXPECT_EQ(numeric_address(nullptr), "");
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  generic = &local;
  EXPECT_EQ(numeric_address(static_cast<const sockaddr*>(generic)), "");
}

TEST(Addresses, LoseTheTagOfRfc5321) {
  EXPECT_EQ(plain_address("IPv6:2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(plain_address("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(plain_address(""), "");
}

TEST(Recipients, AreComparedOnlyIfTheMtaCountsThem) {
  EXPECT_FALSE(recipients_differ("", 3));
  EXPECT_FALSE(recipients_differ("3", 3));
  EXPECT_TRUE(recipients_differ("2", 3));
  EXPECT_FALSE(recipients_differ("many", 3));
}

// Whoever connected has gone without a word.
bool is_hung_up(int accepted) {
  const FileDescriptor connection(accepted);
  char byte = 0;
  return connection.is_open() && read(connection.get(), &byte, 1) == 0;
}

class ASocket : public testing::Test {
 protected:
  ASocket() {
    plan_.address = {config::SocketFamily::Unix, folder_.file("s"), {}, 0};
    plan_.daemon_uid = geteuid();
  }

  // Does what libmilter does: binds and listens.
  bool listen_on(const std::string&) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, plan_.address.path.c_str(), sizeof address.sun_path - 1);
    const void* generic = &address;
    listener_ = FileDescriptor(socket(AF_UNIX, SOCK_STREAM, 0));
    return bind(listener_.get(), static_cast<const sockaddr*>(generic), sizeof address) == 0 &&
           listen(listener_.get(), 5) == 0;
  }
  Status open() {
    return open_socket(plan_, [this](const std::string& address) { return listen_on(address); });
  }

  TempFolder folder_;
  SocketPlan plan_;
  FileDescriptor listener_;
};

TEST_F(ASocket, GetsItsModeWhateverTheUmask) {
  const mode_t before = umask(0777);
  plan_.mode = 0640;
  const Status opened = open();
  EXPECT_EQ(umask(before), 0777U) << "the umask is as it was";
  ASSERT_TRUE(opened);
  struct stat info {};
  ASSERT_EQ(stat(plan_.address.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U);
}

TEST_F(ASocket, ThatNobodyListensOnIsReplaced) {
  ASSERT_TRUE(open());
  listener_.close();
  EXPECT_TRUE(open());
}

TEST_F(ASocket, ThatSomebodyListensOnIsNot) {
  ASSERT_TRUE(open());
  FileDescriptor living = std::move(listener_);
  const Status again = open();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text(),
            "socket: " + plan_.address.path + " is in use by another process (stop it, or choose another path)");
}

TEST_F(ASocket, OfAnotherUserIsNotOursToRemove) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
  ASSERT_TRUE(open());
  listener_.close();
  ASSERT_EQ(lchown(plan_.address.path.c_str(), 12345, 12345), 0);
  const Status again = open();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text(),
            "socket: " + plan_.address.path + " is left over from another user (uid 12345) (remove it)");
  plan_.daemon_uid = 12345;
  EXPECT_TRUE(open()) << "the user the daemon is going to be";
}

TEST_F(ASocket, ThatCanNotBeOpenedIsAnError) {
  const Status opened = open_socket(plan_, [](const std::string&) { return false; });
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("cannot listen on unix:" + plan_.address.path));
}

TEST_F(ASocket, HearsAKnock) {
  const Status early = knock(plan_.address);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().text(),
            "socket: cannot connect to unix:" + plan_.address.path + ": No such file or directory");
  ASSERT_TRUE(open());
  ASSERT_TRUE(knock(plan_.address));
  EXPECT_TRUE(is_hung_up(accept(listener_.get(), nullptr, nullptr)));
}

TEST_F(ASocket, WithNoRoomForMoreConnectionsIsNotWaitedFor) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(knock(plan_.address)) << i;
}

// Listens on a port of the kernel's choice.
class AnInetSocket : public testing::Test {
 protected:
  AnInetSocket() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    void* generic = &address;
    socklen_t length = sizeof address;
    if (bind(listener_.get(), static_cast<const sockaddr*>(generic), length) != 0 || listen(listener_.get(), 1) != 0 ||
        getsockname(listener_.get(), static_cast<sockaddr*>(generic), &length) != 0) {
      throw std::runtime_error("no socket");
    }
    plan_.address = {config::SocketFamily::Inet, {}, "127.0.0.1", ntohs(address.sin_port)};
  }

  FileDescriptor listener_;
  SocketPlan plan_;
};

TEST_F(AnInetSocket, ThatIsTakenIsNamed) {
  const Status opened = open_socket(plan_, [](const std::string&) { return true; });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().text(), "socket: cannot listen on " + plan_.address.text() + ": Address already in use");
}

TEST_F(AnInetSocket, HearsAKnock) {
  ASSERT_TRUE(knock(plan_.address));
  EXPECT_TRUE(is_hung_up(accept(listener_.get(), nullptr, nullptr)));
}

TEST(PidFile, HoldsOneDaemonAtATime) {
  const TempFolder folder;
  const std::string path = folder.file("pid");
  {
    auto first = PidFile::lock(path);
    ASSERT_TRUE(first);
    ASSERT_TRUE(first->write());
    EXPECT_EQ(test::read_file(path), std::to_string(getpid()) + "\n");
    const auto second = PidFile::lock(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().text(),
              path + ": graph-milter is running already, as process " + std::to_string(getpid()));
    first->remove();
  }
  EXPECT_TRUE(PidFile::lock(path));
}

TEST(PidFile, WithoutAPathDoesNothing) {
  auto file = PidFile::lock("");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->write());
  file->remove();
}

}  // namespace
}  // namespace graph_milter::milter
