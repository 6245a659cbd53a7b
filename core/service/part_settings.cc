// SPDX-License-Identifier: Apache-2.0
#include "core/service/part_settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace graph_milter::service {

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

auth::TokenSettings token_settings(const config::Settings& settings) {
  auth::TokenSettings out;
  out.login_url = settings.login_url;
  out.tenant = settings.tenant;
  out.client_id = settings.client_id;
  out.client_secret_file = settings.client_secret_file;
  out.client_certificate_file = settings.client_certificate_file;
  out.client_key_file = settings.client_key_file;
  out.assertion_form =
      settings.client_assertion == config::Assertion::Rs256 ? auth::AssertionForm::Rs256 : auth::AssertionForm::Ps256;
  out.scope = settings.graph_url + "/.default";
  return out;
}

delivery::ExpiryWatch::End credential_end(const config::Settings& settings) {
  return [token = token_settings(settings), expires = settings.secret_expires]() {
    auto end = auth::check_credential(token);
    if (end && !*end && expires != TimePoint{}) *end = auth::CredentialEnd{"the client secret", expires};
    return end;
  };
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

namespace {

intake::WhenDown when_down(config::WhenDown word) {
  switch (word) {
    case config::WhenDown::Queue:
      return intake::WhenDown::Queue;
    case config::WhenDown::TempFail:
      return intake::WhenDown::TempFail;
    case config::WhenDown::Pass:
      break;
  }
  return intake::WhenDown::Pass;
}

}  // namespace

queue::QueueSettings queue_settings(const config::Settings& settings) {
  queue::QueueSettings out;
  out.directory = settings.spool_directory;
  out.reserve_bytes = settings.spool_reserve;
  out.ballast_bytes = settings.spool_ballast;
  out.max_bytes = settings.max_queue_size;
  out.resend_window = settings.resend_window;
  out.tombstone_age = settings.trace_for;
  out.returns = settings.return_by == config::Return::Mta ? queue::Disposal::Mta : queue::Disposal::Dsn;
  out.longest_wait = std::max(settings.retry_max, Duration(std::chrono::hours(1)));  // Retry-After's limit
  return out;
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
  out.when_down = when_down(settings.when_down);
  out.resend_window = settings.resend_window;
  out.client_quota = {settings.client_messages_per_hour, settings.client_bytes_per_hour};
  out.login_quota = {settings.login_messages_per_hour, settings.login_bytes_per_hour};
  out.mailbox_quota = {settings.mailbox_messages_per_hour, settings.mailbox_bytes_per_hour};
  out.when_over_limit = settings.when_over_limit == config::WhenOverLimit::TempFail ? intake::WhenOverLimit::TempFail
                                                                                    : intake::WhenOverLimit::Pass;
  out.draft = settings.draft;
  out.accept = settings.accept;
  out.accept_deadline = settings.accept_deadline;
  out.accept_waiting = settings.accept_waiting;
  out.take = settings.take;
  out.otherwise = settings.otherwise;
  out.pretend = settings.pretend;
  out.return_by = settings.return_by;
  out.send_settle = settings.send_settle;
  return out;
}

delivery::AlertSettings alert_settings(const config::Settings& settings, const mta::SmtpSettings& mta) {
  return {settings.alert_to, settings.alert_interval, mta};
}

delivery::HousekeepingSettings housekeeping_settings(const config::Settings& settings, std::string instance) {
  delivery::HousekeepingSettings out;
  out.instance = std::move(instance);
  out.adopted_instances = settings.adopt_instance;
  out.interval = settings.sweep_interval;
  out.abandoned_after = settings.abandoned_after;
  out.sent_copy_for = settings.sent_copy_for;
  out.send_settle = settings.send_settle;
  out.resend_window = settings.resend_window;
  return out;
}

LogSettings log_settings(const config::Settings& settings) {
  LogSettings log;
  log.target = settings.log_target;
  log.level = settings.log_level;
  log.facility = settings.syslog_facility;
  return log;
}

std::string host_name() {
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0 && name.front() != '\0';
  return known ? std::string(name.data()) : std::string("localhost");
}

}  // namespace graph_milter::service
