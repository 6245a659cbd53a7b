// SPDX-License-Identifier: Apache-2.0
#include "core/service/config_check.h"

#include <sysexits.h>

#include "core/config/exit_status.h"
#include "core/service/service.h"

namespace graph_milter::service {

namespace {

using config::Configuration;

using Findings = std::vector<admin::Finding>;

void add(const std::vector<Error>& errors, Findings& findings) {
  for (const Error& error : errors) findings.push_back(admin::finding_of(admin::Severity::Error, error));
}

void check_rules(const Configuration& configuration, admin::CheckReport& report) {
  const auto policy = read_policy(configuration);
  if (!policy) return add({policy.error()}, report.findings);
  report.rules = policy->rules().size();
}

bool was_read(const config::Reading& reading) {
  return reading.ok() || reading.errors.front().kind != ErrorKind::System;
}

}  // namespace

ConfigCheck check_configuration(const std::string& path, const std::vector<config::Override>& overrides) {
  const config::Reading reading = config::read_configuration(path, overrides);
  ConfigCheck out;
  out.report.conf_file = path;
  add(reading.errors, out.report.findings);
  if (!was_read(reading)) {
    out.exit_status = config::exit_status_of_configuration(reading.errors);
    return out;
  }
  add(config::check_surroundings(reading.configuration), out.report.findings);
  // Without the domains each address in a rule would be an error of its own.
  if (reading.ok() || !reading.configuration.settings.tenant_domains.empty()) {
    check_rules(reading.configuration, out.report);
  }
  out.exit_status = admin::has_error(out.report.findings) ? EX_CONFIG : EX_OK;
  return out;
}

}  // namespace graph_milter::service
