// SPDX-License-Identifier: Apache-2.0
// The daemon dies at any step of an end of message, or the disk does not keep what it was given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "core/base/format.h"
#include "tests/milter/daemon_rig.h"
#include "tests/milter/mails.h"

namespace graph_milter::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::size_t kLarge = 300000;

// Dies at a named place, and is started again; its client sends the mail again.
class Dying : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Dying, LosesNothingAndKeepsNothingTwice) {
#ifndef GM_FAILPOINTS
  GTEST_SKIP() << "needs a build with GM_FAILPOINTS";
#endif
  RigOptions options;
  options.environment = {format("GM_FAILPOINT={}", GetParam().first)};
  DaemonRig rig(options);
  rig.start();
  MilterDriver driver = rig.greeted();
  char heard = 0;
  try {
    heard = driver.deliver(scan_mail(kLarge), "1ST").command;
    driver.quit();
  } catch (const std::runtime_error&) {
    // It died while we spoke or listened.
  }
  EXPECT_EQ(rig.wait_for_end(), 128 + SIGKILL);
  rig.forget_environment();
  rig.start();
  EXPECT_EQ(rig.greeted().deliver(scan_mail(kLarge), "2ND").command, wire::kDiscard);
  const auto entries = rig.entries();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].queue_id, GetParam().second);
  EXPECT_EQ(rig.spool_files(), 1U);
  EXPECT_EQ(heard == wire::kDiscard, std::string(GetParam().first) == "C11");
}

INSTANTIATE_TEST_SUITE_P(At, Dying,
                         testing::Values(std::pair{"C1", "2ND"}, std::pair{"C2", "2ND"}, std::pair{"C3", "2ND"},
                                         std::pair{"C4", "2ND"}, std::pair{"C5", "2ND"}, std::pair{"C6", "2ND"},
                                         std::pair{"C7", "2ND"}, std::pair{"C9", "1ST"}, std::pair{"C10", "1ST"},
                                         std::pair{"C11", "1ST"}),
                         [](const auto& place) { return std::string(place.param.first); });

// A tracer that makes a system call of the daemon fail from now on.
class BadDisk {
 public:
  BadDisk(const DaemonRig& rig, const std::string& call) {
    const std::string pid = std::to_string(rig.pid());
    const std::string inject = format("--inject={}:error=EIO", call);
    const std::string trace = format("--trace={}", call);
    tracer_ = fork();
    if (tracer_ == 0) {
      execlp("strace", "strace", "-f", "-qq", "-o", "/dev/null", "-p", pid.c_str(), trace.c_str(), inject.c_str(),
             nullptr);
      _exit(127);
    }
    attached_ = eventually([&] {
      const auto threads = rig.threads();
      const auto is_traced = [](const std::string& status) {
        return status.find("TracerPid:\t0\n") == std::string::npos;
      };
      return waitpid(tracer_, nullptr, WNOHANG) != 0 || std::all_of(threads.begin(), threads.end(), is_traced);
    });
  }
  ~BadDisk() {
    kill(tracer_, SIGTERM);
    waitpid(tracer_, nullptr, 0);
  }
  BadDisk(const BadDisk&) = delete;
  BadDisk& operator=(const BadDisk&) = delete;

  bool is_attached() const { return attached_ && kill(tracer_, 0) == 0; }

 private:
  pid_t tracer_ = -1;
  bool attached_ = false;
};

// What the daemon does when the disk reports that it did not keep what it was given.
class Damage : public testing::TestWithParam<const char*> {};

TEST_P(Damage, EndsTheDaemonAndTakesNothingMore) {
  if (geteuid() != 0) GTEST_SKIP() << "needs the right to trace";
  DaemonRig rig;
  rig.start();
  MilterDriver bystander = rig.greeted();
  bystander.begin(scan_mail(kLarge, 2), "B1");
  MilterDriver driver = rig.greeted();
  driver.begin(scan_mail(kLarge, 1), "A1");
  {
    const BadDisk bad(rig, GetParam());
    if (!bad.is_attached()) GTEST_SKIP() << "strace cannot trace here";
    const Packet answer = driver.end_of_message();
    EXPECT_EQ(answer.command, wire::kReplyCode);
    // The second where the daemon's own work met the bad disk before.
    EXPECT_THAT(answer.data, AnyOf(HasSubstr("451 4.3.0 The mail could not be processed now; try again later"),
                                   HasSubstr("421 4.3.2 The mail filter is stopping; try again later")));
    try {
      EXPECT_EQ(bystander.end_of_message().command, wire::kReplyCode);
    } catch (const std::runtime_error&) {
      // Closed without an answer: the MTA says 4xx by itself.
    }
    EXPECT_EQ(rig.wait_for_end(), EX_IOERR) << rig.words();
  }
  EXPECT_THAT(rig.words(), HasSubstr("the queue reported a failure of the disk: stopping"));
  rig.start();
  for (const int number : {1, 2}) {
    EXPECT_EQ(rig.greeted().deliver(scan_mail(kLarge, number), format("C{}", number)).command, wire::kDiscard);
  }
  EXPECT_THAT(rig.entries(), SizeIs(2)) << "a transaction of unknown end counts for the mail that is sent again";
  EXPECT_EQ(rig.spool_files(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Of, Damage, testing::Values("fsync", "fdatasync"),
                         [](const auto& call) { return std::string(call.param); });

}  // namespace
}  // namespace graph_milter::test
