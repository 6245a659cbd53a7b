// SPDX-License-Identifier: Apache-2.0
// The probe as graph-milterctl runs it, and what the daemon makes of its result.
#pragma once

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/config/settings.h"
#include "core/intake/intake.h"
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

// What the kept report says of drafts and upload sessions, for the arriving half. Without a report `draft = auto` means
// MIME, and the second is the warning that says so; empty: there is nothing to warn of. Never an error: what is damaged
// is warned of and not used.
struct Learned {
  bool auto_is_json = false;
  ByteCount session_floor = 0;  // 0: not known
  std::string warning;
};
Learned learned(const config::Settings& settings);

// `intake` with what was learned.
void apply(const Learned& learned, intake::IntakeSettings& intake);

}  // namespace graph_milter::service
