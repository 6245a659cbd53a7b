// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/config/exit_status.h"
#include "core/config/socket_address.h"
#include "core/service/service.h"
#include "milter/daemonise.h"
#include "milter/milter_callbacks.h"
#include "milter/pid_file.h"
#include "milter/socket.h"
#include "milter/traffic.h"
#include "milter/user.h"

namespace graph_milter::milter {

namespace {

// Each holds a descriptor once it leaves memory. MTAs use 100 processes by default.
constexpr std::size_t kMostMessages = 500;

// libmilter waits for SIGTERM, SIGHUP and SIGINT in a thread of its own, and we for SIGUSR1: no thread may take them.
void block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The process holds secrets: no core files, also not by a pipe of core_pattern, which the limit alone does not stop
// (core(5)), and nobody of our own user may attach. Changing the user would undo the second.
Status forbid_dumps() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return fail(system_error("core files", "cannot be switched off", errno));
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return fail(system_error("core files", "cannot be switched off", errno));
  return {};
}

// Who the daemon is going to be. Root only if somebody says so.
Result<Account> choose_account(const config::Settings& settings) {
  if (geteuid() != 0) return Account{"", geteuid(), getegid()};
  if (settings.user.empty()) {
    return fail(ErrorKind::Configuration, "user", "graph-milter does not run as root",
                "say user = graph-milter, or start it with -u USER");
  }
  return find_account(settings.user, "user");
}

Result<SocketPlan> plan_socket(const config::Settings& settings, const Account& account) {
  SocketPlan plan;
  GM_TRY_ASSIGN(plan.address, config::parse_socket_address(settings.socket, "socket"));
  plan.mode = settings.socket_mode;
  plan.daemon_uid = account.uid;
  if (!settings.socket_owner.empty()) {
    GM_TRY_ASSIGN(plan.owner, find_user(settings.socket_owner, "socket-owner"));
  }
  if (!settings.socket_group.empty()) {
    GM_TRY_ASSIGN(plan.group, find_group(settings.socket_group, "socket-group"));
  }
  if (geteuid() == 0) {
    // Else the socket would be root's, and the daemon could not be reached by its own group.
    if (!plan.owner) plan.owner = account.uid;
    if (!plan.group) plan.group = account.gid;
  }
  return plan;
}

// A start as root may find no spool yet; below it the queue makes what it needs.
Status make_spool(const std::string& path, const Account& account) {
  if (geteuid() != 0 || access(path.c_str(), F_OK) == 0) return {};
  if (mkdir(path.c_str(), 0700) != 0) return fail(system_error("spool-directory", "cannot make " + path, errno));
  if (chown(path.c_str(), account.uid, account.gid) != 0) {
    return fail(system_error("spool-directory", "cannot give " + path + " to " + account.name, errno));
  }
  return {};
}

class Daemon {
 public:
  explicit Daemon(DaemonInput input) : input_(std::move(input)), traffic_(kMostMessages) {}

  [[noreturn]] void run() {
    block_signals();
    umask(0077);
    if (const Status begun = begin(); !begun) give_up(begun.error());
    starter_.ready(settings().log_target != LogTarget::Syslog);
    log_text(LogLevel::Info, format("graph-milter {} serves {} from spool {}", GM_VERSION, settings().socket,
                                    settings().spool_directory));
    const Status served = run_callbacks();
    if (!served) log_text(LogLevel::Error, served.error().text());
    end(served ? EX_OK : EX_OSERR);
  }

 private:
  const config::Settings& settings() const { return input_.configuration.settings; }

  Status begin() {
    GM_TRY_ASSIGN(const Account account, choose_account(settings()));
    if (!input_.foreground) {
      GM_TRY_ASSIGN(starter_, Starter::go_to_background());
    }
    GM_TRY(open_log(service::log_settings(settings())));
    GM_TRY_ASSIGN(pid_file_, PidFile::lock(settings().pid_file));
    GM_TRY(pid_file_.write());
    GM_TRY(listen(account));
    GM_TRY(make_spool(settings().spool_directory, account));
    raise_descriptor_limit();
    if (geteuid() == 0) GM_TRY(become(account));
    GM_TRY(forbid_dumps());
    GM_TRY_ASSIGN(service_, service::Service::start(input_.configuration, {input_.conf_path, input_.overrides}));
    start_watch();
    return {};
  }

  Status listen(const Account& account) {
    GM_TRY_ASSIGN(const SocketPlan plan, plan_socket(settings(), account));
    address_ = plan.address;
    host_.sessions = {[this] { return service_->intake(); }, &traffic_};
    host_.tcp = plan.address.family != config::SocketFamily::Unix;
    host_.on_damage = [this] { stop_damaged(); };
    GM_TRY(register_callbacks(host_));
    return open_socket(plan, open_milter_socket);
  }

  // SIGUSR1 reads the configuration again; between signals it looks whether maps have changed, whether libmilter needs
  // a push, and whether the queue still works, since a failure in a delivery worker must end the daemon too.
  void start_watch() {
    std::thread([this] {
      sigset_t reload;
      sigemptyset(&reload);
      sigaddset(&reload, SIGUSR1);
      constexpr timespec kLook{1, 0};
      for (;;) {
        look_again(sigtimedwait(&reload, nullptr, &kLook) == SIGUSR1);
        push_libmilter();
        if (service_->failed()) stop_damaged();
      }
    }).detach();
  }

  void look_again(bool by_order) try {
    if (by_order) service_->reload();
    service_->look_at_maps();
  } catch (const std::exception& exception) {
    log_text(LogLevel::Error, format("the old configuration stays: {}", exception.what()));
  }

  // When two connections say something in the same moment, libmilter (worker.c of 8.17) counts the same idle thread for
  // both. The one left over waits until a thread comes out of a callback, which takes minutes where messages are
  // awaited (accept = delivered), or until a connection comes: then it starts a thread, which takes one of those left.
  void push_libmilter() {
    constexpr int kKnocks = 8;
    Status knocked;
    for (int i = 0; i < kKnocks && knocked && traffic_.is_at_an_end() && !traffic_.draining(); ++i) {
      knocked = knock(address_);
    }
    if (knocked || std::exchange(cannot_push_, true)) return;
    log_text(LogLevel::Warning,
             format("{}; while messages wait for Graph (accept = delivered), other MTAs may have to wait too: let the "
                    "daemon's user into its own socket by socket-owner, socket-group or socket-mode",
                    knocked.error().text()));
  }

  void stop_damaged() {
    if (damaged_.exchange(true)) return;
    log_text(LogLevel::Error,
             "the queue reported a failure of the disk: stopping, since only a fresh start knows what "
             "is on it");
    stop_taking();  // libmilter may take some seconds to stop; until then MTAs hear 421 instead of nothing
    stop_callbacks();
  }

  // Nothing begins any more, and whoever waits for Graph is answered.
  void stop_taking() {
    traffic_.drain();
    service_->intake()->queue->stop_waits();
  }

  // libmilter writes an answer after the callback that gave it has returned, and does not say when. Cutting it off
  // would make the MTA's client send a taken message again.
  static void let_answers_out() { std::this_thread::sleep_for(std::chrono::milliseconds(200)); }

  [[noreturn]] void end(int status) {
    const Duration grace = service_->settings().shutdown_grace;
    const TimePoint deadline = clock_.now() + grace;
    log_text(LogLevel::Info, "stopping");
    stop_taking();
    if (!traffic_.wait_for_ends(grace)) {
      log_text(LogLevel::Warning, "messages are still being committed; their MTAs will hear nothing");
    }
    let_answers_out();
    service_->stop(std::max(Duration::zero(), deadline - clock_.now()));
    const bool damaged = damaged_ || service_->failed();  // also where nobody had looked yet
    pid_file_.remove();
    log_text(LogLevel::Info, "stopped");
    _exit(damaged ? EX_IOERR : status);
  }

  [[noreturn]] void give_up(const Error& error) {
    std::fprintf(stderr, "graph-milter: %s\n", error.text().c_str());
    if (settings().log_target == LogTarget::Syslog) log_text(LogLevel::Error, error.text());
    pid_file_.remove();
    const int status = config::exit_status(error);
    starter_.failed(status);
    _exit(status);
  }

  DaemonInput input_;
  SystemClock clock_;
  Starter starter_;
  PidFile pid_file_;
  Traffic traffic_;
  CallbackHost host_;
  std::unique_ptr<service::Service> service_;
  std::atomic<bool> damaged_{false};
  config::SocketAddress address_;
  bool cannot_push_ = false;  // and it was said
};

}  // namespace

void run_daemon(DaemonInput input) {
  // Threads use it until the process ends.
  static Daemon* daemon = new Daemon(std::move(input));
  daemon->run();
}

}  // namespace graph_milter::milter
