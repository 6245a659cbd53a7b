// SPDX-License-Identifier: Apache-2.0
#include "milter/daemonise.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>

namespace graph_milter::milter {

namespace {

// The daemon writes its exit status; a daemon that dies without a word leaves an empty pipe.
[[noreturn]] void wait_for_daemon(int from_daemon, pid_t child) {
  unsigned char status = EX_SOFTWARE;
  ssize_t got = 0;
  do {
    got = read(from_daemon, &status, 1);
  } while (got < 0 && errno == EINTR);
  waitpid(child, nullptr, 0);
  _exit(got == 1 ? status : EX_SOFTWARE);
}

}  // namespace

Result<Starter> Starter::go_to_background() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(system_error("start", "cannot make a pipe", errno));
  FileDescriptor from_daemon(ends[0]);
  Starter starter;
  starter.to_starter_ = FileDescriptor(ends[1]);
  const pid_t child = fork();
  if (child < 0) return fail(system_error("start", "cannot fork", errno));
  if (child > 0) {
    starter.to_starter_.close();
    wait_for_daemon(from_daemon.get(), child);
  }
  from_daemon.close();
  setsid();
  const pid_t daemon = fork();
  if (daemon < 0) return fail(system_error("start", "cannot fork", errno));
  if (daemon > 0) _exit(0);
  if (chdir("/") != 0) return fail(system_error("start", "cannot change to /", errno));
  return starter;
}

void Starter::failed(int exit_status) {
  if (!to_starter_.is_open()) return;
  const char byte = static_cast<char>(exit_status);
  // Nothing can be done for a starter that is gone.
  if (write(to_starter_.get(), &byte, 1) < 0) return;
  to_starter_.close();
}

void Starter::ready(bool keep_stderr) {
  if (!to_starter_.is_open()) return;
  const auto null = open_file("/dev/null", O_RDWR);
  if (null) {
    dup2(null->get(), STDIN_FILENO);
    dup2(null->get(), STDOUT_FILENO);
    if (!keep_stderr) dup2(null->get(), STDERR_FILENO);
  }
  failed(0);
}

}  // namespace graph_milter::milter
