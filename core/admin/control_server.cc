// SPDX-License-Identifier: Apache-2.0
#include "core/admin/control_server.h"

#include <grp.h>
#include <httplib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/config/unix_socket.h"
#include "core/json/json.h"

namespace graph_milter::admin {

namespace {

constexpr const char* kOption = "control-socket";
constexpr int kAnyPort = 80;  // httplib wants one; UNIX sockets have none
constexpr std::size_t kThreads = 2;

Form form_of(const httplib::Request& request) {
  return request.get_param_value("form") == "words" ? Form::Words : Form::Json;
}

void reply(httplib::Response& response, Form form, const std::string& text) {
  response.set_content(text, form == Form::Json ? "application/json" : "text/plain; charset=utf-8");
}

void refuse(httplib::Response& response, Form form, int status, const std::string& words) {
  response.status = status;
  if (form == Form::Words) return reply(response, form, words + "\n");
  json::Writer writer;
  writer.begin_object().key("error").string(words).end_object();
  reply(response, form, writer.take() + "\n");
}

// The one way from an answer that may fail to a response.
template <class T, class Print>
void reply_with(httplib::Response& response, Form form, const Result<T>& answer, Print print) {
  if (!answer) return refuse(response, form, 500, answer.error().text());
  reply(response, form, print(*answer));
}

constexpr int kBacklog = 128;

// httplib listens with room for 5 who have not been accepted yet; a UNIX socket refuses the sixth.
class PatientServer : public httplib::Server {
 public:
  void widen_backlog() { ::listen(svr_sock_, kBacklog); }
};

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
  explicit Listener(ControlSettings with, ControlAnswers who) : settings(std::move(with)), answers(std::move(who)) {
    server.set_address_family(AF_UNIX);
    server.set_keep_alive_max_count(1);  // a client that stays connected would keep the daemon from ending
    server.set_read_timeout(5);
    server.set_write_timeout(5);
    server.set_payload_max_length(0);
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    add_questions();
  }

  void add_questions() {
    server.Get("/status", [this](const httplib::Request& request, httplib::Response& response) {
      const Form form = form_of(request);
      reply_with(response, form, answers.list(),
                 [&](const auto& entries) { return print_status(answers.daemon(), entries, form); });
    });
    server.Get("/queue", [this](const httplib::Request& request, httplib::Response& response) {
      const Form form = form_of(request);
      reply_with(response, form, answers.list(), [&](const auto& entries) { return print_list(entries, form); });
    });
    server.Get(R"(/queue/([0-9a-z]+))", [this](const httplib::Request& request, httplib::Response& response) {
      const Form form = form_of(request);
      const std::string id = request.matches[1].str();
      const auto entry = is_entry_id(id) ? answers.find(id) : Result<std::optional<queue::Entry>>(std::nullopt);
      if (entry && !*entry) return refuse(response, form, 404, format("no message {} in the queue", id));
      reply_with(response, form, entry, [&](const auto& found) { return print_entry(*found, form); });
    });
    server.set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      refuse(response, Form::Json, 500, "internal error");
    });
  }

  ~Listener() {
    server.stop();
    if (thread.joinable()) thread.join();
    if (bound) ::unlink(settings.path.c_str());
  }

  ControlSettings settings;
  ControlAnswers answers;
  PatientServer server;
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
