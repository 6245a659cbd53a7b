// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_config.h"

#include <ostream>

#include "core/service/config_check.h"

namespace graph_milter::ctl {

namespace {

void print(const Call& call, const admin::CheckReport& report) {
  for (const admin::Finding& finding : report.findings) {
    const std::string line = admin::print_findings({finding});
    if (finding.severity == admin::Severity::Good) {
      call.out << line;
    } else {
      call.err << "graph-milterctl: " << line;
    }
  }
  call.out << admin::check_summary(report);
}

}  // namespace

int config_check(const Call& call) {
  const service::ConfigCheck check = service::check_configuration(call.arguments.conf_file, call.arguments.overrides);
  if (call.arguments.json) {
    call.out << admin::check_json(check.report);
  } else {
    print(call, check.report);
  }
  return check.exit_status;
}

}  // namespace graph_milter::ctl
