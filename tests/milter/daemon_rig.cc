// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/daemon_rig.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "core/base/format.h"

namespace graph_milter::test {

namespace fs = std::filesystem;

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

DaemonRig::DaemonRig(RigOptions options) : options_(std::move(options)) {
  socket_path_ = folder_.file("m.sock");
  spool_ = options_.spool.empty() ? folder_.file("spool") : options_.spool;
  fs::create_directories(spool_);
  chmod(spool_.c_str(), 0700);
  const std::string secret = folder_.write("client-secret", "not a real secret\n");
  std::string conf = format(
      "tenant = contoso.onmicrosoft.com\nclient-id = 11111111-2222-4333-8444-555555555555\n"
      "client-secret-file = {}\ntenant-domains = contoso.com\nspool-directory = {}\nsocket = {}\n"
      "control-socket = {}\nlog-target = stderr\ngraph-url = https://127.0.0.1:9\nlogin-url = https://127.0.0.1:9\n"
      "allow-private-addresses = yes\nupload-hosts = localhost\nspool-reserve = 64K\n"
      "postfix-config = none\n",
      secret, spool_, options_.socket.empty() ? "unix:" + socket_path_ : options_.socket, folder_.file("control.sock"));
  if (geteuid() == 0 && !options_.runs_as) conf += "user = root\n";
  for (const std::string& line : options_.conf_lines) conf += line + "\n";
  folder_.write("graph-milter.conf", conf + options_.rules);
  if (options_.runs_as) {
    const passwd* user = getpwnam(options_.runs_as->c_str());
    if (user == nullptr) throw std::runtime_error("no user " + *options_.runs_as);
    for (const std::string& path : {folder_.path(), spool_, secret, conf_file()}) {
      if (chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("chown " + path);
    }
  }
}

DaemonRig::~DaemonRig() {
  if (!is_running()) return;
  kill(pid_, SIGKILL);
  wait_for_end();
}

namespace {

// In the child, between fork and exec.
void become_user(const std::string& name) {
  const passwd* user = getpwnam(name.c_str());
  if (user == nullptr || setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
    _exit(99);
}

}  // namespace

void DaemonRig::launch(const std::vector<std::string>& more_arguments) {
  static const std::string program = std::string(GM_BINARY_DIR) + "/milter/graph-milter";
  std::vector<std::string> arguments = {program, "-f", "-c", conf_file()};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ended_.reset();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  const int log = open(folder_.file("daemon.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(log, STDERR_FILENO);
  dup2(log, STDOUT_FILENO);
  if (options_.runs_as) become_user(*options_.runs_as);
  for (std::string& variable : options_.environment) putenv(variable.data());
  execv(program.c_str(), argv.data());
  _exit(98);
}

void DaemonRig::start() {
  const std::size_t said_before = words().size();
  launch({});
  const bool ready =
      eventually([&] { return !is_running() || words().find(" serves ", said_before) != std::string::npos; });
  if (!ready || !is_running()) throw std::runtime_error("the daemon did not start: " + words());
}

int DaemonRig::run_to_end(const std::vector<std::string>& more_arguments) {
  launch(more_arguments);
  return wait_for_end();
}

Ran DaemonRig::run(const std::string& program, const std::string& words) const {
  const std::string command = format("{}/milter/{} -c {} {} 2>&1", GM_BINARY_DIR, program, conf_file(), words);
  FILE* out = popen(command.c_str(), "r");
  if (out == nullptr) throw std::runtime_error("popen failed");
  Ran ran;
  char block[4096];
  for (std::size_t length; (length = std::fread(block, 1, sizeof block, out)) > 0;) ran.words.append(block, length);
  const int status = pclose(out);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

bool DaemonRig::is_running() {
  if (pid_ < 0 || ended_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

int DaemonRig::wait_for_end() {
  if (!eventually([this] { return !is_running(); })) throw std::runtime_error("the daemon does not end: " + words());
  return *ended_;
}

void DaemonRig::signal(int number) const { kill(pid_, number); }

void DaemonRig::freeze() const {
  signal(SIGSTOP);
  const auto stands_still = [](const std::string& status) {
    return status.find("State:\tT") != std::string::npos || status.find("State:\tt") != std::string::npos;
  };
  const bool frozen = eventually([&] {
    const std::vector<std::string> all = threads();
    return std::all_of(all.begin(), all.end(), stands_still);
  });
  if (!frozen) throw std::runtime_error("the daemon does not stand still");
}

int DaemonRig::stop() {
  signal(SIGTERM);
  return wait_for_end();
}

MilterDriver DaemonRig::connect() const { return MilterDriver::connect_unix(socket_path_); }

MilterDriver DaemonRig::greeted(std::string_view client) const {
  MilterDriver driver = connect();
  driver.greet(client);
  return driver;
}

std::string DaemonRig::words() const {
  const std::string path = folder_.file("daemon.log");
  return fs::exists(path) ? read_file(path) : std::string();
}

std::vector<queue::EntrySummary> DaemonRig::entries() const {
  auto listed = queue::list_offline(spool_);
  if (!listed) throw std::runtime_error(listed.error().text());
  return *listed;
}

queue::Entry DaemonRig::entry(const std::string& id) const {
  auto found = queue::find_offline(spool_, id);
  if (!found) throw std::runtime_error(found.error().text());
  if (!*found) throw std::runtime_error("no entry " + id);
  return **found;
}

namespace {

std::vector<fs::path> message_paths(const std::string& spool) {
  std::vector<fs::path> paths;
  for (const auto& item : fs::recursive_directory_iterator(spool + "/messages")) {
    if (item.is_regular_file()) paths.push_back(item.path());
  }
  return paths;
}

}  // namespace

std::size_t DaemonRig::spool_files() const { return message_paths(spool_).size(); }

std::string DaemonRig::message_file(const std::string& id) const {
  for (const fs::path& path : message_paths(spool_)) {
    if (path.filename().string().find(id) != std::string::npos) return read_file(path.string());
  }
  throw std::runtime_error("no message file of " + id);
}

std::vector<std::string> DaemonRig::open_descriptors() const {
  std::vector<std::string> out;
  for (const auto& descriptor : fs::directory_iterator(format("/proc/{}/fd", pid_))) {
    std::error_code gone;
    const fs::path target = fs::read_symlink(descriptor.path(), gone);
    if (!gone) out.push_back(target.string());
  }
  return out;
}

std::size_t DaemonRig::connections() const {
  // "Num RefCount Protocol Flags Type St Inode Path"; what is accepted carries the listener's path, and the listener a
  // flag.
  std::set<std::string> accepted;
  std::istringstream table(read_file("/proc/net/unix"));
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, references, protocol, flags, type, state, inode, path;
    fields >> number >> references >> protocol >> flags >> type >> state >> inode >> path;
    if (path == socket_path_ && flags == "00000000") accepted.insert(format("socket:[{}]", inode));
  }
  const std::vector<std::string> open = open_descriptors();
  return static_cast<std::size_t>(
      std::count_if(open.begin(), open.end(), [&](const std::string& target) { return accepted.count(target) > 0; }));
}

std::size_t DaemonRig::arriving_files() const {
  const std::vector<std::string> open = open_descriptors();
  return static_cast<std::size_t>(std::count_if(open.begin(), open.end(), [this](const std::string& target) {
    return target.compare(0, spool_.size() + 9, spool_ + "/incoming") == 0;
  }));
}

std::vector<std::string> DaemonRig::threads() const {
  std::vector<std::string> out;
  for (const auto& task : fs::directory_iterator(format("/proc/{}/task", pid_))) {
    try {
      out.push_back(read_file(task.path().string() + "/status"));
    } catch (const std::runtime_error&) {
      continue;  // a thread that has ended
    }
  }
  return out;
}

}  // namespace graph_milter::test
