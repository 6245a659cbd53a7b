// SPDX-License-Identifier: Apache-2.0
// Starting, stopping, reading the configuration again, and what stands in the way of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kLarge = 300000;

bool is_root() { return geteuid() == 0; }

TEST(Starting, FailsOnASocketThatIsInUse) {
  DaemonRig first;
  first.start();
  RigOptions options;
  options.socket = "unix:" + first.socket_path();
  DaemonRig second(options);
  EXPECT_EQ(second.run_to_end(), EX_CONFIG);
  EXPECT_EQ(second.words(), "graph-milter: socket: " + first.socket_path() +
                                " is in use by another process (stop it, or choose another path)\n");
  EXPECT_EQ(first.greeted().deliver(scan_mail(kLarge), "A1").command, wire::kDiscard) << "the first one is undisturbed";
}

TEST(Starting, FailsOnASpoolThatIsInUse) {
  DaemonRig first;
  first.start();
  RigOptions options;
  options.spool = first.spool();
  DaemonRig second(options);
  EXPECT_EQ(second.run_to_end(), EX_CONFIG) << second.words();
  EXPECT_THAT(second.words(), HasSubstr(std::to_string(first.pid())));
}

TEST(Starting, FailsOnAPidFileOfARunningDaemon) {
  DaemonRig first;
  const std::string pid_file = first.folder().file("pid");
  RigOptions options;
  options.conf_lines = {"pid-file = " + pid_file};
  DaemonRig holder(options);
  holder.start();
  EXPECT_EQ(read_file(pid_file), format("{}\n", holder.pid()));
  DaemonRig second(options);
  EXPECT_EQ(second.run_to_end(), EX_CONFIG);
  EXPECT_EQ(second.words(),
            format("graph-milter: {}: graph-milter is running already, as process {}\n", pid_file, holder.pid()));
  EXPECT_EQ(holder.stop(), 0) << holder.words();
  EXPECT_FALSE(std::filesystem::exists(pid_file));
}

TEST(Starting, RemovesTheSocketThatAKilledDaemonLeft) {
  DaemonRig rig;
  rig.start();
  rig.signal(SIGKILL);
  rig.wait_for_end();
  ASSERT_TRUE(std::filesystem::exists(rig.socket_path()));
  rig.start();
  EXPECT_EQ(rig.greeted().deliver(text_mail(), "A1").command, wire::kAccept);
}

TEST(Starting, LeavesWhatIsNoSocketAlone) {
  DaemonRig rig;
  std::ofstream(rig.socket_path()) << "precious";
  EXPECT_EQ(rig.run_to_end(), EX_CONFIG);
  EXPECT_EQ(rig.words(),
            "graph-milter: socket: " + rig.socket_path() + " exists and is not a socket (choose another path)\n");
  EXPECT_EQ(read_file(rig.socket_path()), "precious");
}

TEST(Starting, NamesTheDirectoryThatIsMissing) {
  RigOptions options;
  options.socket = "unix:/nonexistent/folder/m.sock";
  DaemonRig rig(options);
  EXPECT_EQ(rig.run_to_end(), EX_NOINPUT);
  EXPECT_EQ(
      rig.words(),
      "graph-milter: socket: cannot open the directory /nonexistent/folder: No such file or directory (create it, "
      "owned by the daemon's user, with mode 0750 and the MTA's group)\n");
}

TEST(Starting, NamesTheDirectoryThatItMayNotWriteTo) {
  if (!is_root()) GTEST_SKIP() << "needs root to become another user";
  const TempFolder locked;
  chmod(locked.path().c_str(), 0755);
  RigOptions options;
  options.runs_as = "nobody";
  options.socket = "unix:" + locked.file("m.sock");
  DaemonRig rig(options);
  EXPECT_EQ(rig.run_to_end(), EX_NOPERM);
  EXPECT_EQ(rig.words(), "graph-milter: socket: cannot create a socket in " + locked.path() +
                             ": Permission denied (the daemon's user needs write access to that directory)\n");
}

TEST(Starting, NamesTheSpoolThatBelongsToAnotherUser) {
  if (!is_root()) GTEST_SKIP() << "needs root to become another user";
  const TempFolder locked;
  chmod(locked.path().c_str(), 0755);
  RigOptions options;
  options.runs_as = "nobody";
  options.conf_lines = {};
  options.spool = locked.file("spool");
  DaemonRig rig(options);
  ASSERT_EQ(chown(options.spool.c_str(), 0, 0), 0);
  EXPECT_EQ(rig.run_to_end(), EX_CONFIG);
  EXPECT_EQ(rig.words(), "graph-milter: " + options.spool +
                             ": belongs to uid 0, and graph-milter runs as uid 65534 (chown -R it to uid 65534)\n");
}

TEST(Starting, NamesAGroupThatDoesNotExist) {
  RigOptions options;
  options.conf_lines = {"socket-group = postfyx"};
  DaemonRig rig(options);
  EXPECT_EQ(rig.run_to_end(), EX_CONFIG);
  EXPECT_THAT(rig.words(), HasSubstr("socket-group"));
  EXPECT_THAT(rig.words(), HasSubstr("\"postfyx\""));
}

TEST(Starting, NamesAGroupThatItIsNotIn) {
  if (!is_root()) GTEST_SKIP() << "needs root to become another user";
  RigOptions options;
  options.runs_as = "nobody";
  options.conf_lines = {"socket-group = daemon"};
  DaemonRig rig(options);
  EXPECT_EQ(rig.run_to_end(), EX_CONFIG);
  EXPECT_THAT(rig.words(), HasSubstr("nobody is not a member of the group \"daemon\""));
}

TEST(Starting, RefusesToBeRootWithoutBeingTold) {
  if (!is_root()) GTEST_SKIP() << "needs root";
  DaemonRig rig;
  EXPECT_EQ(rig.run_to_end({"-o", "user="}), EX_CONFIG);
  EXPECT_EQ(
      rig.words(),
      "graph-milter: user: graph-milter does not run as root (say user = graph-milter, or start it with -u USER)\n");
}

TEST(Starting, BecomesTheUserThatTheOptionNames) {
  if (!is_root()) GTEST_SKIP() << "needs root to become another user";
  DaemonRig rig;
  for (const std::string& path : {rig.folder().path(), rig.spool(), rig.folder().file("client-secret")}) {
    ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  }
  std::ofstream(rig.conf_file(), std::ios::app) << "";
  std::string conf = read_file(rig.conf_file());
  conf.replace(conf.find("user = root"), 11, "user = nobody");
  rig.folder().write("graph-milter.conf", conf);
  rig.start();
  struct stat process {};
  struct stat socket {};
  ASSERT_EQ(stat(rig.socket_path().c_str(), &socket), 0);
  EXPECT_EQ(socket.st_uid, 65534U);
  EXPECT_EQ(socket.st_mode & 0777U, 0660U);
  ASSERT_EQ(stat(format("/proc/{}/task", rig.pid()).c_str(), &process), 0);
  EXPECT_THAT(read_file(format("/proc/{}/status", rig.pid())), HasSubstr("Uid:\t65534\t65534\t65534\t65534"));
  EXPECT_EQ(rig.greeted().deliver(scan_mail(kLarge), "A1").command, wire::kDiscard) << rig.words();
}

TEST(Starting, GivesTheSocketItsOwnerGroupAndMode) {
  if (!is_root()) GTEST_SKIP() << "needs root to give files away";
  RigOptions options;
  options.conf_lines = {"socket-owner = nobody", "socket-group = mail", "socket-mode = 0600"};
  DaemonRig rig(options);
  rig.start();
  struct stat info {};
  ASSERT_EQ(stat(rig.socket_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 65534U);
  EXPECT_EQ(info.st_gid, 8U);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST(Checking, FindsAMistypedOptionAndStartsNothing) {
  RigOptions options;
  options.conf_lines = {"part-sise = 3M", "client-idd = x"};
  DaemonRig rig(options);
  EXPECT_EQ(rig.run_to_end({"-n"}), EX_CONFIG);
  EXPECT_THAT(rig.words(), HasSubstr("client-idd"));
  EXPECT_THAT(rig.words(), HasSubstr("client-id"));
  EXPECT_FALSE(std::filesystem::exists(rig.socket_path()));
}

TEST(Checking, SaysNothingOfAGoodConfiguration) {
  DaemonRig rig;
  EXPECT_EQ(rig.run_to_end({"-n"}), 0);
  EXPECT_EQ(rig.words(), "");
  EXPECT_FALSE(std::filesystem::exists(rig.socket_path()));
}

TEST(Checking, WarnsOfRulesThatCanDoNothing) {
  RigOptions options;
  options.conf_lines = {"[rule nothing]\npart-size = 3M-1M\naction = pass"};
  DaemonRig rig(options);
  EXPECT_EQ(rig.run_to_end({"-n"}), 0);
  EXPECT_THAT(rig.words(), HasSubstr("graph-milter: warning: "));
  EXPECT_THAT(rig.words(), HasSubstr(": rule nothing can never match: part-size = 3M-1M holds no size (write the "
                                     "smaller size first: 1M-3M)"));
}

TEST(Checking, FindsASecretThatOthersCanRead) {
  DaemonRig rig;
  chmod(rig.folder().file("client-secret").c_str(), 0644);
  EXPECT_EQ(rig.run_to_end({"-n"}), EX_CONFIG);
  EXPECT_THAT(rig.words(), HasSubstr("client-secret-file"));
  EXPECT_THAT(rig.words(), HasSubstr("0644"));
}

TEST(Stopping, EndsWithZeroAndKeepsWhatWasTaken) {
  DaemonRig rig;
  rig.start();
  ASSERT_EQ(rig.greeted().deliver(scan_mail(kLarge), "A1").command, wire::kDiscard);
  EXPECT_EQ(rig.stop(), 0) << rig.words();
  ASSERT_THAT(rig.entries(), SizeIs(1));
  rig.start();
  EXPECT_THAT(rig.entries(), SizeIs(1));
}

TEST(Stopping, AnswersTheMessagesWhoseEndWasBeingWorkedOn) {
  DaemonRig rig;
  rig.start();
  constexpr int kMessages = 8;
  std::vector<MilterDriver> drivers;
  for (int i = 0; i < kMessages; ++i) {
    drivers.push_back(rig.greeted());
    drivers.back().begin(scan_mail(kLarge, i), format("S{}", i));
  }
  for (auto& driver : drivers) driver.send(wire::kEndOfBody);
  rig.signal(SIGTERM);
  std::size_t taken = 0;
  for (auto& driver : drivers) {
    try {
      if (driver.receive().command == wire::kDiscard) ++taken;
    } catch (const std::runtime_error&) {
      // Closed without an answer: the MTA keeps the message.
    }
  }
  EXPECT_EQ(rig.wait_for_end(), 0) << rig.words();
  EXPECT_EQ(rig.entries().size(), taken) << "an entry without an answer would be sent twice";
  EXPECT_EQ(rig.spool_files(), taken);
}

TEST(Stopping, ForgetsAMessageInTheMiddle) {
  DaemonRig rig;
  rig.start();
  MilterDriver driver = rig.greeted();
  driver.begin(scan_mail(kLarge), "A1");
  EXPECT_EQ(rig.stop(), 0) << rig.words();
  EXPECT_TRUE(driver.is_closed());
  EXPECT_THAT(rig.entries(), IsEmpty());
  EXPECT_EQ(rig.spool_files(), 0U);
}

TEST(Stopping, RefusesWhatBeginsMeanwhile) {
  DaemonRig rig;
  rig.start();
  MilterDriver busy = rig.greeted();
  busy.begin(scan_mail(kLarge, 1), "A1");
  rig.signal(SIGTERM);
  Packet answer;
  try {
    answer = busy.end_of_message();
  } catch (const std::runtime_error&) {
    answer.command = wire::kTempFail;  // the connection ended: the MTA says 4xx by itself
  }
  EXPECT_EQ(rig.wait_for_end(), 0) << rig.words();
  if (answer.command == wire::kDiscard) {
    EXPECT_THAT(rig.entries(), SizeIs(1)) << "it came before the daemon had heard the signal";
  } else {
    EXPECT_THAT(rig.entries(), IsEmpty());
    EXPECT_THAT(answer.command == wire::kReplyCode ? answer.data : "421 4.3.2", HasSubstr("421 4.3.2"));
  }
}

TEST(Reloading, PutsNewRulesInForceForMessagesThatBeginLater) {
  DaemonRig rig;
  rig.start();
  MilterDriver driver = rig.greeted();
  driver.begin(scan_mail(kLarge, 1), "A1");
  std::string conf = read_file(rig.conf_file());
  conf.replace(conf.find("action = relay"), 14, "action = pass ");
  rig.folder().write("graph-milter.conf", conf);
  rig.signal(SIGUSR1);
  ASSERT_TRUE(eventually([&] { return rig.words().find("read again") != std::string::npos; })) << rig.words();
  EXPECT_EQ(driver.end_of_message().command, wire::kDiscard) << "a message keeps the rules it began with";
  EXPECT_EQ(driver.deliver(scan_mail(kLarge, 2), "A2").command, wire::kAccept);
}

Mail mail_from(const std::string& mailbox, std::size_t bytes, int number) {
  Mail mail = scan_mail(bytes, number);
  mail.headers[0].second = " " + mailbox;
  return mail;
}

// One limit for each mailbox, by a map; and another after the map was changed and read again.
TEST(Reloading, PutsTheChangedSizesOfMailboxesInForce) {
  const TempFolder folder;
  const std::string map = folder.write("sizes", "big@contoso.com 600K\n@contoso.com 200K\n");
  RigOptions options;
  options.conf_lines = {"max-message-size = map:" + map};
  options.rules = "[rule all]\nclient = 10.1.20.0/24\nfrom = @contoso.com\naction = relay\n";
  DaemonRig rig(options);
  rig.start();
  MilterDriver driver = rig.greeted();
  EXPECT_EQ(driver.deliver(mail_from("big@contoso.com", kLarge, 1), "A1").command, wire::kDiscard);
  EXPECT_EQ(driver.deliver(mail_from("small@contoso.com", kLarge, 2), "A2").command, wire::kAccept);
  EXPECT_THAT(rig.words(), testing::ContainsRegex("A2: event=passed .* reason=too-large text=\"the message has [0-9]+ "
                                                  "bytes, more than max-message-size = 204800\""));
  EXPECT_EQ(driver.deliver(mail_from("small@contoso.com", 100000, 3), "A3").command, wire::kDiscard);

  folder.write("sizes", "small@contoso.com 600K\n@contoso.com 200K\n");
  rig.signal(SIGUSR1);
  ASSERT_TRUE(eventually([&] { return rig.words().find("read again") != std::string::npos; })) << rig.words();
  EXPECT_EQ(driver.deliver(mail_from("small@contoso.com", kLarge, 4), "A4").command, wire::kDiscard);
  EXPECT_EQ(driver.deliver(mail_from("big@contoso.com", kLarge, 5), "A5").command, wire::kAccept);
  EXPECT_EQ(rig.entries().size(), 3U);
}

TEST(Reloading, KeepsTheOldConfigurationIfTheNewOneIsWrong) {
  DaemonRig rig;
  rig.start();
  std::string conf = read_file(rig.conf_file());
  conf.replace(conf.find("action = relay"), 14, "action = reley");
  rig.folder().write("graph-milter.conf", conf);
  rig.signal(SIGUSR1);
  ASSERT_TRUE(eventually([&] { return rig.words().find("the old configuration stays") != std::string::npos; }));
  EXPECT_THAT(rig.words(), HasSubstr("reley"));
  EXPECT_EQ(rig.greeted().deliver(scan_mail(kLarge), "A1").command, wire::kDiscard);
}

// A file system of 1 MB for the spool.
class SmallSpool : public testing::Test {
 protected:
  SmallSpool() {
    if (!is_root()) return;
    mounted_ = mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=1m,mode=0700") == 0;
  }
  ~SmallSpool() override {
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  RigOptions options(const std::string& when_full) const {
    RigOptions options;
    options.spool = folder_.path();
    options.conf_lines = {"when-full = " + when_full};
    return options;
  }

  TempFolder folder_;
  bool mounted_ = false;
};

TEST_F(SmallSpool, ThatIsFullMakesTheMtaTryLater) {
  if (!mounted_) GTEST_SKIP() << "needs the right to mount";
  DaemonRig rig(options("tempfail"));
  rig.start();
  MilterDriver driver = rig.greeted();
  const Packet answer = driver.deliver(scan_mail(2000000), "A1");
  EXPECT_EQ(answer.command, wire::kReplyCode);
  EXPECT_THAT(answer.data, HasSubstr("452 4.3.1 No room to store the mail now; try again later"));
  EXPECT_EQ(driver.deliver(text_mail(), "A2").command, wire::kAccept) << "small mail is not concerned";
  Mail stranger = scan_mail(2000000);
  stranger.headers[0].second = " other@contoso.com";
  EXPECT_EQ(driver.deliver(stranger, "A3").command, wire::kAccept) << "mail that no rule wants is not concerned";
  EXPECT_THAT(rig.entries(), IsEmpty());
  EXPECT_EQ(rig.spool_files(), 0U);
}

TEST_F(SmallSpool, ThatIsFullLetsMailPassIfTheAdministratorWantsThat) {
  if (!mounted_) GTEST_SKIP() << "needs the right to mount";
  DaemonRig rig(options("pass"));
  rig.start();
  EXPECT_EQ(rig.greeted().deliver(scan_mail(2000000), "A1").command, wire::kAccept);
  EXPECT_THAT(rig.words(), HasSubstr("reason=spool-full"));
  EXPECT_THAT(rig.entries(), IsEmpty());
}

TEST_F(SmallSpool, RefusesADeclaredSizeBeforeAnythingIsSent) {
  if (!mounted_) GTEST_SKIP() << "needs the right to mount";
  DaemonRig rig(options("tempfail"));
  rig.start();
  MilterDriver driver = rig.greeted();
  const Packet answer = driver.mail("<scanner@contoso.com>", {"SIZE=2000000"});
  EXPECT_EQ(answer.command, wire::kReplyCode);
  EXPECT_THAT(answer.data, HasSubstr("452 4.3.1 No room to store the mail now; try again later"));
  EXPECT_EQ(driver.mail("<scanner@contoso.com>", {"SIZE=200000"}).command, wire::kContinue);
  driver.abort();
  EXPECT_EQ(driver.mail("<>", {"SIZE=2000000"}).command, wire::kContinue) << "nothing will be taken";
  driver.abort();
  EXPECT_EQ(rig.greeted("192.0.2.1").mail("<scanner@contoso.com>", {"SIZE=2000000"}).command, wire::kContinue);
}

TEST_F(SmallSpool, CountsWhatOtherMessagesWerePromised) {
  if (!mounted_) GTEST_SKIP() << "needs the right to mount";
  DaemonRig rig(options("tempfail"));
  rig.start();
  MilterDriver first = rig.greeted();
  MilterDriver second = rig.greeted();
  ASSERT_EQ(first.mail("<scanner@contoso.com>", {"SIZE=500000"}).command, wire::kContinue) << rig.words();
  EXPECT_EQ(second.mail("<scanner@contoso.com>", {"SIZE=500000"}).command, wire::kReplyCode);
  first.abort();
  // The abort has no answer of its own: the one to the next command shows that it was heard.
  ASSERT_EQ(first.mail("<scanner@contoso.com>").command, wire::kContinue);
  EXPECT_EQ(second.mail("<scanner@contoso.com>", {"SIZE=500000"}).command, wire::kContinue);
}

TEST_F(SmallSpool, TakesMailAgainOnceThereIsRoom) {
  if (!mounted_) GTEST_SKIP() << "needs the right to mount";
  DaemonRig rig(options("tempfail"));
  rig.start();
  MilterDriver driver = rig.greeted();
  EXPECT_EQ(driver.deliver(scan_mail(2000000), "A1").command, wire::kReplyCode);
  EXPECT_EQ(driver.deliver(scan_mail(110000), "A2").command, wire::kDiscard) << rig.words();
}

}  // namespace
}  // namespace graph_milter::test
