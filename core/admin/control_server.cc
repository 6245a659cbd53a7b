// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_server.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "core/admin/control_handlers.h"
#include "core/admin/unix_server.h"
#include "core/base/format.h"
#include "core/config/unix_socket.h"

namespace graph_milter::admin {

namespace {

constexpr const char* kOption = "control-socket";
constexpr int kAnyPort = 80;  // httplib wants one; UNIX sockets have none
constexpr std::size_t kThreads = 8;
constexpr Duration kLastAnswers = std::chrono::seconds(1);

Status give_access(const ControlSettings& settings) {
  if (settings.group.empty()) return {};
  const group* entry = getgrnam(settings.group.c_str());
  if (entry == nullptr) {
    return fail(ErrorKind::Configuration, "control-socket-group",
                format("there is no group \"{}\" on this machine", settings.group));
  }
  if (::lchown(settings.path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0) {
    Error error = system_error("control-socket-group", "cannot give " + settings.path + " to " + settings.group, errno);
    error.kind = ErrorKind::Configuration;
    return fail(std::move(error).with_hint("make the user that runs graph-milter a member of that group"));
  }
  return {};
}

}  // namespace

struct ControlServer::Listener {
  Listener(ControlSettings with, ControlAnswers who)
      : settings(std::move(with)), answers(std::move(who)), server(settings.patience) {
    server.set_address_family(AF_UNIX);
    server.set_payload_max_length(0);
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    add_handlers(server, answers);
  }

  ~Listener() {
    server.stop();
    server.end_connections(kLastAnswers);
    if (thread.joinable()) thread.join();
    if (bound) ::unlink(settings.path.c_str());
  }

  ControlSettings settings;
  ControlAnswers answers;
  UnixServer server;
  std::thread thread;
  bool bound = false;
};

ControlServer::ControlServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
ControlServer::~ControlServer() = default;

Result<std::unique_ptr<ControlServer>> ControlServer::start(const ControlSettings& settings, ControlAnswers answers) {
  const std::array<uid_t, 1> ours = {::geteuid()};
  GM_TRY(config::remove_stale_socket(settings.path, ours, kOption));
  auto listener = std::make_unique<Listener>(settings, std::move(answers));
  const mode_t before = ::umask(0117);
  listener->bound = listener->server.bind_to_port(settings.path, kAnyPort);
  const int why = errno;
  ::umask(before);
  if (!listener->bound) {
    Error error = system_error(kOption, "cannot listen on " + settings.path, why);
    error.kind = ErrorKind::Configuration;
    return fail(
        std::move(error).with_hint("its directory must be there and belong to the user that runs graph-milter"));
  }
  listener->server.widen_backlog();
  GM_TRY(give_access(settings));
  listener->thread = std::thread([server = &listener->server] { server->listen_after_bind(); });
  // Only a server that has answered once hears stop().
  httplib::Client first(settings.path);
  first.set_address_family(AF_UNIX);
  first.Get("/");
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(listener)));
}

}  // namespace graph_milter::admin
