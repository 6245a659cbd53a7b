// SPDX-License-Identifier: Apache-2.0
// Mails to the administrator: at the first fault that only a person can mend, and daily while it lasts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/in_force.h"
#include "core/delivery/alert_state.h"
#include "core/mta/smtp_client.h"
#include "core/queue/queue.h"
#include "core/queue/service_state.h"

namespace graph_milter::delivery {

struct AlertSettings {
  std::string to = "postmaster";  // empty: nobody
  Duration interval = std::chrono::hours(24);
  mta::SmtpSettings mta;
};

struct AdministratorMail {
  std::string subject;
  std::string text;    // UTF-8, LF
  std::string unique;  // one word, what kind of mail it is
};

// Gives it to the MTA. Errors as send_mail, and Transient or Permanent by the MTA's reply.
Status mail_administrator(const AlertSettings& settings, const AdministratorMail& mail, TimePoint now);

// Whether a mail that failed so is not to be tried again: the MTA refuses it for good, or may have taken it.
bool counts_as_said(const Error& error);

// What we call this host in mails.
std::string administrators_host(const AlertSettings& settings);

// What it has said is noted in the queue, so that a restart does not say it again. One thread, but for change().
class Alerts {
 public:
  Alerts(AlertSettings settings, queue::Queue& queue, const queue::ServiceState& service, const Clock& clock);

  // From the next look on. Any thread.
  void change(AlertSettings settings) { fresh_.put(std::move(settings)); }

  // Looks at what is wrong now (service.troubles() that are Misconfigured; held entries, by Totals) and mails if
  // something is new or over, or if `interval` has passed since the last mail while something lasts (decide_alert). A
  // mail that the MTA does not take now is logged and tried again at the next look; what it refuses for good, or may
  // have taken, counts as said. Without `to` it says the same in the log alone.
  void look();

 private:
  const AlertState& told();
  void say(const AlertDecision& decision, const queue::Totals& totals);
  Status mail(const AlertDecision& decision, const queue::Totals& totals) const;
  void keep(const AlertState& state);
  Duration pause() const;

  InForce<AlertSettings> fresh_;
  AlertSettings settings_;  // of this look
  queue::Queue& queue_;
  const queue::ServiceState& service_;
  const Clock& clock_;
  std::optional<AlertState> told_;  // as noted; nullopt: not read yet
  TimePoint next_try_{};            // after a mail that was not taken
  std::vector<std::string> seen_;   // mailboxes with a trouble since this process began
};

}  // namespace graph_milter::delivery
