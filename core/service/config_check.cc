// SPDX-License-Identifier: Apache-2.0
#include "core/service/config_check.h"

#include <sysexits.h>

#include <array>
#include <optional>

#include "core/admin/graph_check.h"
#include "core/admin/postfix_check.h"
#include "core/admin/sendmail_check.h"
#include "core/admin/socket_reach.h"
#include "core/base/format.h"
#include "core/config/exit_status.h"
#include "core/config/trusted_files.h"
#include "core/delivery/expiry.h"
#include "core/mail/address.h"
#include "core/mta/postfix_settings.h"
#include "core/mta/sendmail_cf.h"
#include "core/policy/named_mailboxes.h"
#include "core/service/graph_run.h"
#include "core/service/service.h"

namespace graph_milter::service {

namespace {

using config::Configuration;

using Findings = std::vector<admin::Finding>;

void add(const std::vector<Error>& errors, Findings& findings) {
  for (const Error& error : errors) findings.push_back(admin::finding_of(admin::Severity::Error, error));
}

std::optional<policy::Policy> check_rules(const Configuration& configuration, admin::CheckReport& report) {
  auto policy = read_policy(configuration);
  if (!policy) {
    add({policy.error()}, report.findings);
    return std::nullopt;
  }
  report.rules = policy->rules().size();
  for (const Error& warning : rule_warnings(configuration.settings, *policy)) {
    report.findings.push_back(admin::finding_of(admin::Severity::Warning, warning));
  }
  return *std::move(policy);
}

// --- the MTA ---

Findings ask_postfix(const admin::OurSide& ours, const std::string& config_directory) {
  const auto settings = mta::ask_postfix(config_directory);
  if (!settings) return {admin::finding_of(admin::Severity::Error, settings.error())};
  const std::string command = config_directory.empty() ? "postconf" : "postconf -c " + config_directory;
  return admin::check_postfix({*settings, ours, command, admin::why_closed});
}

Findings ask_sendmail(const admin::OurSide& ours, const std::string& file) {
  const auto cf = mta::read_sendmail_cf(file);
  if (!cf) return {admin::finding_of(admin::Severity::Error, cf.error())};
  return admin::check_sendmail(
      {*cf, ours, file.empty() ? std::string(mta::kSendmailCf) : file, admin::why_closed, admin::why_unsafe});
}

struct Mta {
  std::string_view name;
  Findings (*ask)(const admin::OurSide& ours, const std::string& config);
};
constexpr std::array kMtas = {Mta{"postfix", ask_postfix}, Mta{"sendmail", ask_sendmail}};

void check_mta(const Configuration& configuration, const policy::Policy& policy, const CheckWish& wish,
               Findings& findings) {
  const admin::OurSide ours = admin::our_side(configuration.settings, policy);
  for (const Mta& mta : kMtas) {
    if (mta.name != wish.mta) continue;
    for (admin::Finding& finding : mta.ask(ours, wish.mta_config)) findings.push_back(std::move(finding));
  }
}

// --- Microsoft 365 ---

void check_credential(const Configuration& configuration, Findings& findings) {
  const auto end = credential_end(configuration.settings)();
  const TimePoint now = SystemClock().now();
  if (!end || !*end || !delivery::expiry_stage((*end)->end, now)) return;
  const bool ended = (*end)->end <= now;
  findings.push_back({ended ? admin::Severity::Error : admin::Severity::Warning, "",
                      format("{} {}", (*end)->name, delivery::expiry_words((*end)->end, now)),
                      "put a new credential into its file; it is used without restart"});
}

void check_graph(const config::Settings& settings, const policy::Policy& policy, bool machine_is_ready,
                 Findings& findings) {
  if (!machine_is_ready) {
    // It would say the same once more, or something that follows from it.
    findings.push_back({admin::Severity::Warning, "--graph", "Graph was not asked, because of the errors above", {}});
    return;
  }
  admin::GraphQuestion question;
  question.login = format("{} of {}", settings.client_id, settings.tenant);
  question.mailboxes = policy::named_mailboxes(policy);
  question.outside = mail::canonical_address(settings.outside_mailbox).value_or("");
  GraphRun graph(settings);
  for (admin::Finding& finding : admin::check_graph(question, graph.client, *graph.tokens))
    findings.push_back(std::move(finding));
}

bool was_read(const config::Reading& reading) {
  return reading.ok() || reading.errors.front().kind != ErrorKind::System;
}

}  // namespace

std::vector<std::string_view> known_mtas() {
  std::vector<std::string_view> out;
  out.reserve(kMtas.size());
  for (const Mta& mta : kMtas) out.push_back(mta.name);
  return out;
}

ConfigCheck check_configuration(const std::string& path, const std::vector<config::Override>& overrides,
                                const CheckWish& wish) {
  const config::Reading reading = config::read_configuration(path, overrides);
  ConfigCheck out;
  out.report.conf_file = path;
  add(reading.errors, out.report.findings);
  if (!was_read(reading)) {
    out.exit_status = config::exit_status_of_configuration(reading.errors);
    return out;
  }
  const std::vector<Error> surroundings = config::check_surroundings(reading.configuration);
  add(config::check_conf_files(reading.configuration), out.report.findings);
  add(surroundings, out.report.findings);
  check_credential(reading.configuration, out.report.findings);
  // Without the domains each address in a rule would be an error of its own.
  if (reading.ok() || !reading.configuration.settings.tenant_domains.empty()) {
    const auto policy = check_rules(reading.configuration, out.report);
    if (reading.ok() && policy) check_mta(reading.configuration, *policy, wish, out.report.findings);
    if (reading.ok() && policy && wish.graph) {
      check_graph(reading.configuration.settings, *policy, surroundings.empty(), out.report.findings);
    }
  }
  out.exit_status = admin::has_error(out.report.findings) ? EX_CONFIG : EX_OK;
  return out;
}

}  // namespace graph_milter::service
