// SPDX-License-Identifier: Apache-2.0
#include "core/base/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "core/base/file.h"
#include "core/base/text.h"

namespace graph_milter {

namespace {

constexpr std::size_t kMostOutput = 4 * 1024 * 1024;
constexpr std::string_view kSystemFolders = "/usr/sbin:/sbin:/usr/local/sbin";

struct Pipe {
  FileDescriptor reading, writing;
};

Result<Pipe> open_pipe(const std::string& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(system_error(program, "no pipe", errno));
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// What posix_spawn(3) is told, freed when it goes.
class SpawnOrders {
 public:
  SpawnOrders(int out, int err) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    // A daemon blocks and ignores signals that a child must be able to die of.
    sigset_t none;
    sigset_t normal;
    sigemptyset(&none);
    sigemptyset(&normal);
    sigaddset(&normal, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &normal);
  }
  ~SpawnOrders() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnOrders(const SpawnOrders&) = delete;
  SpawnOrders& operator=(const SpawnOrders&) = delete;

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// A child that is killed and waited for, whatever happens to us on the way.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

Result<pid_t> spawn(const std::vector<std::string>& arguments, const SpawnOrders& orders) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string locale = "LC_ALL=C";
  std::array<char*, 3> environment = {path.data(), locale.data(), nullptr};
  pid_t pid = -1;
  const int failure =
      posix_spawn(&pid, arguments[0].c_str(), orders.files(), orders.attributes(), argv.data(), environment.data());
  if (failure != 0) return fail(system_error(arguments[0], "cannot be started", failure));
  return pid;
}

// Reads both pipes to their ends, or says why not.
class Listener {
 public:
  Listener(const std::string& program, Pipe& out, Pipe& err, ProgramAnswer& answer)
      : program_(program), streams_{Stream{out.reading, answer.out}, Stream{err.reading, answer.err}} {}

  Status listen(Duration patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (streams_[0].from.is_open() || streams_[1].from.is_open()) {
      const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return fail(system_error(program_, "took too long", ETIMEDOUT));
      GM_TRY(hear(static_cast<int>(left.count())));
    }
    return {};
  }

 private:
  struct Stream {
    FileDescriptor& from;
    std::string& to;
  };

  Status hear(int milliseconds) {
    std::array<pollfd, 2> polls = {pollfd{streams_[0].from.get(), POLLIN, 0},
                                   pollfd{streams_[1].from.get(), POLLIN, 0}};
    if (::poll(polls.data(), polls.size(), milliseconds) < 0 && errno != EINTR) {
      return fail(system_error(program_, "cannot be heard", errno));
    }
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].revents != 0) GM_TRY(read_some(streams_[i]));
    }
    return {};
  }

  Status read_some(Stream& stream) {
    std::array<char, 16 * 1024> buffer{};
    const ssize_t got = ::read(stream.from.get(), buffer.data(), buffer.size());
    if (got < 0) return errno == EINTR ? Status() : fail(system_error(program_, "cannot be heard", errno));
    if (got == 0) {
      stream.from.close();
      return {};
    }
    stream.to.append(buffer.data(), static_cast<std::size_t>(got));
    return stream.to.size() <= kMostOutput ? Status() : fail(system_error(program_, "says too much", EFBIG));
  }

  const std::string& program_;
  std::array<Stream, 2> streams_;
};

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  const std::string folders = std::string(path == nullptr ? "" : path) + ":" + std::string(kSystemFolders);
  for (const std::string& folder : split_list(folders, ":")) {
    if (!folder.starts_with('/')) continue;
    std::string candidate = folder + "/" + std::string(name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

Result<ProgramAnswer> run_program(const std::vector<std::string>& arguments, Duration patience) {
  const std::string& program = arguments[0];
  GM_TRY_ASSIGN(Pipe out, open_pipe(program));
  GM_TRY_ASSIGN(Pipe err, open_pipe(program));
  GM_TRY_ASSIGN(const pid_t pid, spawn(arguments, SpawnOrders(out.writing.get(), err.writing.get())));
  Child child(pid);
  out.writing.close();
  err.writing.close();
  ProgramAnswer answer;
  GM_TRY(Listener(program, out, err, answer).listen(patience));
  answer.status = child.wait();
  return answer;
}

}  // namespace graph_milter
