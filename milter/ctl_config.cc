// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_config.h"

#include <sysexits.h>

#include <algorithm>
#include <ostream>

#include "core/base/format.h"
#include "core/base/text.h"
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

bool knows(const std::string& mta) {
  const auto known = service::known_mtas();
  return std::find(known.begin(), known.end(), mta) != known.end();
}

int refuse_mta(const Call& call, const std::string& mta) {
  std::string choices;
  for (const std::string_view name : service::known_mtas()) {
    choices += (choices.empty() ? "" : ", ") + std::string(name);
  }
  complain(call, make_error(ErrorKind::Usage, "--mta", format("\"{}\" is not a choice", escape_for_log(mta, 64)),
                            "choose from " + choices));
  return EX_USAGE;
}

}  // namespace

int config_check(const Call& call) {
  const std::string& mta = call.arguments.mta;
  if (!mta.empty() && !knows(mta)) return refuse_mta(call, mta);
  const service::ConfigCheck check = service::check_configuration(
      call.arguments.conf_file, call.arguments.overrides, {mta, call.arguments.mta_config, call.arguments.graph});
  if (call.arguments.json) {
    call.out << admin::check_json(check.report);
  } else {
    print(call, check.report);
  }
  return check.exit_status;
}

}  // namespace graph_milter::ctl
