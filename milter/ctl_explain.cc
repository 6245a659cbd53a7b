// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_explain.h"

#include <sysexits.h>

#include <ostream>

#include "core/admin/explain.h"
#include "core/base/clock.h"
#include "core/config/exit_status.h"
#include "core/service/mta_copies.h"
#include "core/service/probe_run.h"
#include "core/service/service.h"

namespace graph_milter::ctl {

int explain_file(const config::Configuration& configuration, const ExplainQuestion& question, std::ostream& out,
                 std::ostream& err) {
  const auto policy = service::read_policy(configuration);
  if (!policy) {
    err << policy.error().text() << "\n";
    return config::exit_status_of_configuration({policy.error()});
  }
  const config::Settings& settings = configuration.settings;
  // The name is only as long as the real one would be: it stands in the draft's marker.
  const std::string instance = settings.instance.empty() ? "unnamed" : settings.instance;
  intake::IntakeSettings arriving = service::intake_settings(settings, instance);
  service::apply(service::learned(settings), arriving);
  arriving.lost_copies = service::ask_for_copies(settings, *policy).lost;
  const auto explanation = admin::explain(*policy, arriving, question.envelope, question.file, SystemClock().now());
  if (!explanation) {
    err << explanation.error().text() << "\n";
    return config::exit_status(explanation.error());
  }
  out << admin::print_explanation(*explanation, settings.range_size,
                                  question.json ? admin::Form::Json : admin::Form::Words);
  return EX_OK;
}

}  // namespace graph_milter::ctl
