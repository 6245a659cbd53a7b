// SPDX-License-Identifier: Apache-2.0
#include "core/service/service.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <utility>

#include "core/admin/control_server.h"
#include "core/auth/token_source.h"
#include "core/base/file.h"
#include "core/delivery/delivery.h"
#include "core/graph/client.h"
#include "core/graph/mailbox_gate.h"
#include "core/graph/paced_door.h"
#include "core/service/instance.h"

namespace graph_milter::service {

namespace {

http::HttpSettings http_settings(const config::Settings& settings, std::shared_ptr<const std::atomic<bool>> stop) {
  http::HttpSettings out;
  out.ca_file = settings.ca_file;
  out.upload_hosts = settings.upload_hosts;
  out.allow_private_addresses = settings.allow_private_addresses;
  out.connect_timeout = settings.connect_timeout;
  out.stall_timeout = settings.stall_timeout;
  out.stop = std::move(stop);
  return out;
}

auth::ClientSecretSettings secret_settings(const config::Settings& settings) {
  auth::ClientSecretSettings out;
  out.login_url = settings.login_url;
  out.tenant = settings.tenant;
  out.client_id = settings.client_id;
  out.client_secret_file = settings.client_secret_file;
  out.scope = settings.graph_url + "/.default";
  return out;
}

graph::ClientSettings graph_settings(const config::Settings& settings) {
  graph::ClientSettings out;
  out.graph_url = settings.graph_url;
  return out;
}

graph::GateSettings gate_settings(const config::Settings& settings) {
  graph::GateSettings out;
  out.lanes = static_cast<int>(settings.mailbox_requests);
  out.messages_a_minute = settings.mailbox_messages;
  out.recipients_a_day = settings.mailbox_recipients;
  out.bytes = settings.byte_budget;
  out.byte_window = settings.byte_budget_window;
  out.bytes_from_start = settings.byte_budget_use == config::ByteBudgetUse::Always;
  out.nodes = settings.nodes;
  return out;
}

std::string host_name() {
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0 && name.front() != '\0';
  return known ? std::string(name.data()) : std::string("localhost");
}

}  // namespace

Result<policy::Policy> read_policy(const config::Configuration& configuration) {
  return policy::Policy::read(configuration.text, configuration.settings.tenant_domains);
}

intake::IntakeSettings intake_settings(const config::Settings& settings, std::string instance) {
  intake::IntakeSettings out;
  out.instance = std::move(instance);
  out.memory_limit = settings.memory_limit;
  out.scan.parts = settings.max_parts;
  out.scan.depth = settings.max_depth;
  out.service.max_part_size = settings.max_part_size;
  out.service.max_message_size = settings.max_message_size;
  out.when_full = settings.when_full == config::WhenFull::Pass ? intake::WhenFull::Pass : intake::WhenFull::TempFail;
  return out;
}

// Destroyed from the last member to the first: who uses goes before what is used.
struct Service::Machinery {
  explicit Machinery(const config::Settings& settings)
      : gate(std::make_shared<graph::MailboxGate>(clock, gate_settings(settings))),
        doors(graph::pace_doors(http::open_doors(http_settings(settings, give_up)), gate, clock)),
        client(graph_settings(settings), doors.api,
               auth::make_client_secret_source(secret_settings(settings), doors.api, clock)) {}

  std::shared_ptr<const intake::IntakeContext> make_context(const config::Settings& settings,
                                                            policy::Policy policy) const {
    return std::make_shared<const intake::IntakeContext>(
        intake::IntakeContext{intake_settings(settings, instance), std::move(policy), queue, clock});
  }

  Status start_control(const config::Settings& settings);

  std::shared_ptr<Clock> clock = std::make_shared<SystemClock>();
  const TimePoint started = clock->now();
  std::string instance;
  std::shared_ptr<queue::Queue> queue;
  std::shared_ptr<std::atomic<bool>> give_up = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<graph::MailboxGate> gate;
  http::Doors doors;
  graph::Client client;
  queue::ServiceState service_state;
  std::unique_ptr<delivery::Returning> returning;
  std::unique_ptr<delivery::Delivery> delivery;
  std::unique_ptr<admin::ControlServer> control;

  mutable std::mutex context_mutex;
  std::shared_ptr<const intake::IntakeContext> context;
};

Status Service::Machinery::start_control(const config::Settings& settings) {
  if (settings.control_socket.empty()) return {};
  admin::ControlAnswers answers;
  answers.daemon = [this] { return admin::DaemonFacts{instance, started, clock->now()}; };
  answers.list = [this] { return queue->list(); };
  answers.find = [this](const std::string& id) { return queue->find(id); };
  answers.totals = [this] { return queue->totals(); };
  answers.troubles = [this] { return service_state.troubles(); };
  answers.trace = [this](const std::string& what) { return queue->trace(what); };
  answers.administer = [this](const std::string& id, queue::Command command) { return queue->administer(id, command); };
  GM_TRY_ASSIGN(control,
                admin::ControlServer::start({settings.control_socket, settings.control_socket_group}, answers));
  return {};
}

Service::Service(std::unique_ptr<Machinery> machinery) : machinery_(std::move(machinery)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(const config::Configuration& configuration) {
  const config::Settings& settings = configuration.settings;
  GM_TRY_ASSIGN(policy::Policy policy, read_policy(configuration));
  // Tokens are fetched much later; a secret that we can't read as the user we are now must not wait until then.
  if (auto secret = read_secret_file(settings.client_secret_file); !secret) return fail(std::move(secret).error());
  auto machinery = std::make_unique<Machinery>(settings);
  GM_TRY_ASSIGN(machinery->queue,
                queue::Queue::open({settings.spool_directory, settings.spool_reserve}, machinery->clock));
  GM_TRY_ASSIGN(machinery->instance, find_instance(settings.instance, settings.spool_directory));
  machinery->context = machinery->make_context(settings, std::move(policy));
  GM_TRY(machinery->start_control(settings));
  GM_TRY_ASSIGN(delivery::ReturnSettings returns, delivery::return_settings(settings, host_name()));
  machinery->returning =
      std::make_unique<delivery::Returning>(std::move(returns), *machinery->queue, *machinery->clock);
  machinery->delivery = std::make_unique<delivery::Delivery>(
      delivery::delivery_settings(settings, machinery->instance), *machinery->queue,
      targets::Services{machinery->client, *machinery->doors.upload, *machinery->clock, machinery->gate.get()},
      *machinery->returning, machinery->service_state);
  machinery->delivery->start();
  return std::unique_ptr<Service>(new Service(std::move(machinery)));
}

std::shared_ptr<const intake::IntakeContext> Service::intake() const {
  const std::lock_guard lock(machinery_->context_mutex);
  return machinery_->context;
}

Status Service::reload(const config::Configuration& configuration) {
  GM_TRY_ASSIGN(policy::Policy policy, read_policy(configuration));
  auto fresh = machinery_->make_context(configuration.settings, std::move(policy));
  const std::lock_guard lock(machinery_->context_mutex);
  machinery_->context = std::move(fresh);
  return {};
}

bool Service::failed() const { return machinery_->queue->failed(); }

void Service::stop(Duration patience) {
  machinery_->control.reset();
  if (!machinery_->delivery->stop(patience)) {
    machinery_->give_up->store(true);
    machinery_->gate->close();
  }
  machinery_->delivery.reset();
}

}  // namespace graph_milter::service
