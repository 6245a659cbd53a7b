// SPDX-License-Identifier: Apache-2.0
#include "core/base/run_program.h"

#include <gtest/gtest.h>

#include <csignal>

namespace graph_milter {
namespace {

using std::chrono::milliseconds;

Result<ProgramAnswer> shell(const std::string& script, Duration patience = std::chrono::minutes(1)) {
  return run_program({"/bin/sh", "-c", script}, patience);
}

TEST(RunProgram, TellsWhatItSaidAndHowItEnded) {
  const auto answer = shell("cat; echo out; echo err >&2; exit 3");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->out, "out\n");
  EXPECT_EQ(answer->err, "err\n");
  EXPECT_EQ(answer->status, 3);
  EXPECT_EQ(shell("kill -9 $$")->status, 128 + SIGKILL);
}

TEST(RunProgram, GivesItNothingOfOurs) {
  ::setenv("GM_TEST_SECRET", "s3cret", 1);
  EXPECT_EQ(run_program({"/usr/bin/env"})->out, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n");
  // Only its own three descriptors and the one it lists them by.
  EXPECT_EQ(shell("ls /proc/self/fd | wc -l")->out, "4\n");
}

TEST(RunProgram, ItCanDieThoughWeBlockSignals) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto answer = shell("kill -TERM $$; echo alive");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 128 + SIGTERM);
}

TEST(RunProgram, WhatCannotBeStartedOrDoesNotEndIsAnError) {
  EXPECT_EQ(run_program({"/nowhere/postconf"}).error().text(),
            "/nowhere/postconf: cannot be started: No such file or directory");
  EXPECT_EQ(shell("sleep 600", milliseconds(50)).error().text(), "/bin/sh: took too long: Connection timed out");
  EXPECT_EQ(run_program({"/usr/bin/yes"}).error().text(), "/usr/bin/yes: says too much: File too large");
}

TEST(RunProgram, MuchIsReadWhole) {
  EXPECT_EQ(shell("head -c 1000000 /dev/zero; head -c 500000 /dev/zero >&2")->out.size(), 1'000'000U);
}

TEST(FindProgram, LooksWhereSystemProgramsAre) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_FALSE(find_program("no-such-program-anywhere"));
}

}  // namespace
}  // namespace graph_milter
