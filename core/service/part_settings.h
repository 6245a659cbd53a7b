// SPDX-License-Identifier: Apache-2.0
// What each part wants to know of the configuration, in its own words. Pure but for host_name().
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/auth/token_source.h"
#include "core/config/settings.h"
#include "core/delivery/alerts.h"
#include "core/delivery/expiry_watch.h"
#include "core/delivery/housekeeping.h"
#include "core/graph/client.h"
#include "core/graph/mailbox_gate.h"
#include "core/http/http.h"
#include "core/intake/intake.h"
#include "core/queue/queue.h"

namespace graph_milter::service {

// Requests under way end soon after `stop` has become true.
http::HttpSettings http_settings(const config::Settings& settings, std::shared_ptr<const std::atomic<bool>> stop);
auth::TokenSettings token_settings(const config::Settings& settings);
// Until when the credential of `settings` holds, read from its files when it is asked.
delivery::ExpiryWatch::End credential_end(const config::Settings& settings);
graph::ClientSettings graph_settings(const config::Settings& settings);
graph::GateSettings gate_settings(const config::Settings& settings);
queue::QueueSettings queue_settings(const config::Settings& settings);
intake::IntakeSettings intake_settings(const config::Settings& settings, std::string instance);
delivery::AlertSettings alert_settings(const config::Settings& settings, const mta::SmtpSettings& mta);
delivery::HousekeepingSettings housekeeping_settings(const config::Settings& settings, std::string instance);

LogSettings log_settings(const config::Settings& settings);

// What the system calls this host; "localhost" if it has no name.
std::string host_name();

}  // namespace graph_milter::service
