// SPDX-License-Identifier: Apache-2.0
#include "core/service/service.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "core/admin/control_server.h"
#include "core/auth/credential.h"
#include "core/auth/token_source.h"
#include "core/base/forward_clock.h"
#include "core/base/log.h"
#include "core/config/option_table.h"
#include "core/config/trusted_files.h"
#include "core/delivery/delivery.h"
#include "core/delivery/expiry_watch.h"
#include "core/delivery/housekeeping.h"
#include "core/delivery/scope_watch.h"
#include "core/graph/client.h"
#include "core/graph/mailbox_gate.h"
#include "core/graph/paced_door.h"
#include "core/intake/planning.h"
#include "core/queue/empty_log.h"
#include "core/service/instance.h"
#include "core/service/loop_key.h"
#include "core/service/mta_copies.h"
#include "core/service/probe_run.h"

namespace graph_milter::service {

Result<policy::Policy> read_policy(const config::Configuration& configuration) {
  const config::Settings& settings = configuration.settings;
  const auto maps = std::make_shared<policy::MapStore>(config::trusted_owners(settings));
  GM_TRY_ASSIGN(policy::Policy policy, policy::Policy::read(configuration.text, settings.tenant_domains, maps));
  if (!settings.max_message_size_map.empty()) {
    GM_TRY_ASSIGN(policy::SizeMap sizes,
                  policy::SizeMap::read(settings.max_message_size_map, config::kMessageSizes.least,
                                        config::kMessageSizes.most, *maps));
    policy.limit_messages(std::move(sizes));
  }
  return policy;
}

std::vector<Error> rule_warnings(const config::Settings& settings, const policy::Policy& policy) {
  return policy.warnings(settings.max_part_size, settings.max_message_size);
}

namespace {

bool logs_differ(const config::Settings& a, const config::Settings& b) {
  return a.log_target != b.log_target || a.log_level != b.log_level || a.syslog_facility != b.syslog_facility;
}

}  // namespace

// Destroyed from the last member to the first: who uses goes before what is used.
struct Service::Machinery {
  explicit Machinery(const config::Settings& settings)
      : spool_directory(settings.spool_directory),
        gate(std::make_shared<graph::MailboxGate>(clock, gate_settings(settings))),
        doors(graph::pace_doors(http::open_doors(http_settings(settings, give_up)), gate, clock)),
        client(graph_settings(settings), doors.api,
               auth::make_token_source(token_settings(settings), doors.api, std::make_shared<SystemClock>())) {}

  std::shared_ptr<const intake::IntakeContext> make_context(const config::Settings& settings,
                                                            policy::Policy policy) const {
    intake::IntakeSettings arriving = intake_settings(settings, instance);
    const Learned known = learned(settings);
    if (!known.warning.empty()) log_text(LogLevel::Warning, known.warning);
    apply(known, arriving);
    const MtaCopies copies = ask_for_copies(settings, policy);
    if (!copies.lost.empty()) log_text(LogLevel::Error, copies.lost);
    if (!copies.unknown.empty()) log_text(LogLevel::Info, copies.unknown);
    arriving.lost_copies = copies.lost;
    for (const Error& warning : rule_warnings(settings, policy)) log_text(LogLevel::Warning, warning.text());
    return std::make_shared<const intake::IntakeContext>(
        intake::IntakeContext{std::move(arriving), std::move(policy), queue, clock, guard, service, quotas});
  }

  std::shared_ptr<const intake::IntakeContext> current_context() const {
    const std::lock_guard lock(context_mutex);
    return context;
  }

  Result<std::string> administer(const std::string& id, queue::Command command) const;
  Status start_control(const config::Settings& settings);
  Status make_delivery(const config::Settings& settings);
  void start_delivery();

  Result<delivery::ReturnSettings> return_settings(const config::Settings& settings) const;
  // See Reloader::Prepare.
  Result<std::function<void()>> prepare(const config::Settings& settings, policy::Policy policy);

  // One for all, so that no wait gets longer when the wall clock is set back.
  std::shared_ptr<Clock> clock = std::make_shared<ForwardClock>(std::make_shared<SystemClock>());
  const TimePoint started = clock->now();
  const std::string spool_directory;
  std::string instance;
  std::shared_ptr<queue::Queue> queue;
  std::shared_ptr<std::atomic<bool>> give_up = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<graph::MailboxGate> gate;
  http::Doors doors;
  graph::Client client;
  std::shared_ptr<queue::ServiceState> service = std::make_shared<queue::ServiceState>();
  std::shared_ptr<const intake::LoopGuard> guard;
  const std::shared_ptr<pace::Quotas> quotas = std::make_shared<pace::Quotas>();
  std::unique_ptr<delivery::Returning> returning;
  std::unique_ptr<delivery::Alerts> alerts;
  std::unique_ptr<delivery::ExpiryWatch> expiry;
  std::unique_ptr<delivery::ScopeWatch> scope;
  std::unique_ptr<delivery::Delivery> delivery;
  std::unique_ptr<delivery::Housekeeping> housekeeping;
  std::unique_ptr<Reloader> reloader;
  std::unique_ptr<admin::ControlServer> control;

  mutable std::mutex context_mutex;
  std::shared_ptr<const intake::IntakeContext> context;
};

// What was taken without a plan goes on only with one, made by the rules in force.
Result<std::string> Service::Machinery::administer(const std::string& id, queue::Command command) const {
  const bool goes_on = command == queue::Command::Release || command == queue::Command::Retry;
  const auto entry = goes_on ? queue->find(id) : Result<std::optional<queue::Entry>>(std::nullopt);
  const bool unplanned = entry && *entry && (*entry)->state == queue::EntryState::Held && (*entry)->plan.unplanned &&
                         !(*entry)->progress.give_up;
  if (!unplanned) return queue->administer(id, command);
  GM_TRY_ASSIGN(const std::unique_ptr<ByteSource> message, queue->open_message(**entry));
  GM_TRY_ASSIGN(const plan::Plan plan, intake::plan_anew(*current_context(), **entry, *message));
  return queue->plan_anew(id, plan);
}

Status Service::Machinery::start_control(const config::Settings& settings) {
  if (settings.control_socket.empty()) return {};
  admin::ControlAnswers answers;
  answers.daemon = [this] {
    const std::lock_guard lock(context_mutex);
    const std::string& lost = context->settings.lost_copies;
    return admin::DaemonFacts{instance, started, clock->now(), lost.empty() ? admin::Faults() : admin::Faults{lost},
                              reloader->troubles()};
  };
  answers.reload = [this] { return reloader->reload(); };
  answers.list = [this] { return queue->list(); };
  answers.find = [this](const std::string& id) { return queue->find(id); };
  answers.totals = [this] { return queue->totals(); };
  answers.troubles = [this] { return service->troubles(); };
  answers.credential = [this]() -> std::optional<admin::CredentialFacts> {
    const auto end = credential_end(reloader->settings());
    const auto now = end();
    if (!now) return admin::CredentialFacts{{}, {}, now.error().text()};
    if (!*now) return std::nullopt;
    return admin::CredentialFacts{(*now)->name, (*now)->end, {}};
  };
  answers.trace = [this](const std::string& what) { return queue->trace(what); };
  answers.administer = [this](const std::string& id, queue::Command command) { return administer(id, command); };
  GM_TRY_ASSIGN(control,
                admin::ControlServer::start({settings.control_socket, settings.control_socket_group}, answers));
  return {};
}

Result<delivery::ReturnSettings> Service::Machinery::return_settings(const config::Settings& settings) const {
  GM_TRY_ASSIGN(delivery::ReturnSettings returns, delivery::return_settings(settings, host_name()));
  returns.mta.stop = give_up;
  if (returns.hand_back_to) returns.hand_back_to->stop = give_up;
  return returns;
}

Status Service::Machinery::make_delivery(const config::Settings& settings) {
  GM_TRY_ASSIGN(delivery::ReturnSettings returns, return_settings(settings));
  const targets::Services services{client, *doors.upload, *clock, gate.get()};
  alerts = std::make_unique<delivery::Alerts>(alert_settings(settings, returns.mta), *queue, *service, *clock);
  expiry = std::make_unique<delivery::ExpiryWatch>(alert_settings(settings, returns.mta), *queue, *clock,
                                                   credential_end(settings));
  scope = std::make_unique<delivery::ScopeWatch>(alert_settings(settings, returns.mta), settings.outside_mailbox,
                                                 *queue, *clock, [this](const std::string& mailbox) -> Status {
                                                   GM_TRY(client.folder_id(mailbox, "drafts"));
                                                   return {};
                                                 });
  returning = std::make_unique<delivery::Returning>(std::move(returns), *queue, *clock);
  delivery = std::make_unique<delivery::Delivery>(delivery::delivery_settings(settings, instance), *queue, services,
                                                  *returning, *service);
  housekeeping = std::make_unique<delivery::Housekeeping>(
      housekeeping_settings(settings, instance), *queue, services, *alerts,
      std::vector<std::function<void()>>{[this] { expiry->look(); }, [this] { scope->look(); }});
  return {};
}

void Service::Machinery::start_delivery() {
  delivery->start();
  housekeeping->start();
}

Result<std::function<void()>> Service::Machinery::prepare(const config::Settings& settings, policy::Policy policy) {
  GM_TRY_ASSIGN(const delivery::ReturnSettings returns, return_settings(settings));
  auto fresh = make_context(settings, std::move(policy));
  // The last of what can fail, since it takes effect at once.
  if (logs_differ(settings, reloader->settings())) GM_TRY(open_log(log_settings(settings)));
  return [this, settings, returns, fresh] {
    delivery->change(delivery::delivery_settings(settings, instance));
    returning->change(returns);
    alerts->change(alert_settings(settings, returns.mta));
    expiry->change(alert_settings(settings, returns.mta), credential_end(settings));
    scope->change(alert_settings(settings, returns.mta));
    housekeeping->change(housekeeping_settings(settings, instance));
    const std::lock_guard lock(context_mutex);
    context = fresh;
  };
}

Service::Service(std::unique_ptr<Machinery> machinery) : machinery_(std::move(machinery)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(const config::Configuration& configuration, ConfSource source) {
  const config::Settings& settings = configuration.settings;
  GM_TRY_ASSIGN(policy::Policy policy, read_policy(configuration));
  // Tokens are fetched much later; a credential that we can't read as the user we are now must not wait until then.
  GM_TRY(auth::check_credential(token_settings(settings)));
  auto machinery = std::make_unique<Machinery>(settings);
  GM_TRY_ASSIGN(machinery->queue, queue::Queue::open(queue_settings(settings), machinery->clock));
  GM_TRY_ASSIGN(machinery->instance, find_instance(settings.instance, settings.spool_directory));
  GM_TRY_ASSIGN(Secret key, find_loop_key(settings.loop_key_file, settings.spool_directory));
  machinery->guard = std::make_shared<const intake::LoopGuard>(std::move(key));
  machinery->context = machinery->make_context(settings, policy);
  GM_TRY(machinery->make_delivery(settings));
  machinery->reloader = std::make_unique<Reloader>(
      configuration, policy, std::move(source),
      [machine = machinery.get()](const config::Settings& fresh, policy::Policy rules) {
        return machine->prepare(fresh, std::move(rules));
      },
      machinery->clock);
  GM_TRY(machinery->start_control(settings));
  machinery->start_delivery();
  return std::unique_ptr<Service>(new Service(std::move(machinery)));
}

std::shared_ptr<const intake::IntakeContext> Service::intake() const { return machinery_->current_context(); }

admin::ReloadReport Service::reload() { return machinery_->reloader->reload(); }

admin::ReloadReport Service::reload(const config::Configuration& configuration) {
  return machinery_->reloader->reload(configuration);
}

void Service::look_at_maps() { machinery_->reloader->look_at_maps(); }

config::Settings Service::settings() const { return machinery_->reloader->settings(); }

bool Service::failed() const { return machinery_->queue->failed(); }

void Service::stop(Duration patience) {
  machinery_->reloader->close();
  machinery_->control.reset();
  machinery_->housekeeping->stop();
  machinery_->delivery->stop(patience);
  machinery_->give_up->store(true);
  machinery_->gate->close();
  machinery_->housekeeping.reset();
  machinery_->delivery.reset();
  if (failed()) return;
  if (const Status emptied = queue::empty_log(machinery_->spool_directory); !emptied)
    LogLine(LogLevel::Warning, "", "log-not-emptied").error(emptied.error());
}

}  // namespace graph_milter::service
