// SPDX-License-Identifier: Apache-2.0
// The probe as graph-milterctl runs it, and what the daemon makes of its result.
#pragma once

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/config/settings.h"
#include "core/probe/report.h"

namespace graph_milter::service {

// Sends the test mails of core/probe through the Graph of `settings`, with its credential, doors and pace. Blocks, up
// to some minutes. `to` empty: the mailbox itself.
Result<probe::Report> probe_mailbox(const config::Settings& settings, const std::string& mailbox,
                                    const std::string& to);

// Puts the report beside the queue, for the daemon's next start or reload. It holds no secret, and the daemon must be
// able to read what the administrator's graph-milterctl wrote, so its mode is 0644.
Status keep_report(const config::Settings& settings, const probe::Report& report);

// The report that is kept; nothing if there is none, or it is of another tenant or Graph. Errors: it is damaged or
// can't be read.
Result<std::optional<probe::Report>> kept_report(const config::Settings& settings);

}  // namespace graph_milter::service
