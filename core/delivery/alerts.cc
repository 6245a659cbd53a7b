// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/alerts.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/delivery/alert_text.h"
#include "core/delivery/notification.h"
#include "core/mta/notice.h"

namespace graph_milter::delivery {
namespace {

constexpr const char* kNote = "alerts";

void log_alert(const AlertDecision& decision, std::size_t held, const std::string& to, std::string_view status,
               const Error* why) {
  const bool bad = !decision.lasting.empty() || held > 0;
  LogLine line(bad ? LogLevel::Error : LogLevel::Info, "", "alert");
  line.field("to", to.empty() ? std::string_view("nobody") : to).field("status", status);
  line.field("troubles", decision.lasting.size()).field("over", decision.over.size()).field("held", held);
  if (!decision.lasting.empty()) line.field("trouble", decision.lasting.front().why, 512);
  if (why != nullptr) line.error(*why);
}

std::vector<queue::EntrySummary> held_entries(queue::Queue& queue) {
  auto entries = queue.list();
  if (!entries) return {};
  std::vector<queue::EntrySummary> held = *std::move(entries);
  held.erase(std::remove_if(held.begin(), held.end(),
                            [](const queue::EntrySummary& entry) { return entry.state != queue::EntryState::Held; }),
             held.end());
  return held;
}

}  // namespace

std::string administrators_host(const AlertSettings& settings) {
  return settings.mta.helo.empty() ? "localhost" : settings.mta.helo;
}

Status mail_administrator(const AlertSettings& settings, const AdministratorMail& mail, TimePoint now) {
  mta::Notice notice;
  notice.hostname = administrators_host(settings);
  notice.to = settings.to;
  notice.subject = mail.subject;
  notice.text = mail.text;
  notice.unique = format("{}.{}", mail.unique, to_unix_ms(now));
  notice.now = now;
  StringSource source(mta::compose_notice(notice));
  mta::SmtpMail out;
  out.recipients.push_back({settings.to, {}});
  return taken_or_why(mta::send_mail(settings.mta, out, source), settings.mta.server);
}

bool counts_as_said(const Error& error) {
  return error.kind == ErrorKind::Unclear || error.kind == ErrorKind::Permanent;
}

Alerts::Alerts(AlertSettings settings, queue::Queue& queue, const queue::ServiceState& service, const Clock& clock)
    : fresh_(std::move(settings)), queue_(queue), service_(service), clock_(clock) {}

void Alerts::look() {
  settings_ = *fresh_.get();
  const auto totals = queue_.totals();
  if (!totals) {
    log_text(LogLevel::Error, "what the administrator should hear of can't be looked at: " + totals.error().text());
    return;
  }
  const AlertFacts facts = alert_facts(service_.troubles(), *totals);
  const AlertState before = told();
  const AlertDecision decision = decide_alert(before, facts, seen_, settings_.interval, clock_.now());
  for (const Trouble& trouble : facts.troubles) {
    if (std::find(seen_.begin(), seen_.end(), trouble.mailbox) == seen_.end()) seen_.push_back(trouble.mailbox);
  }
  if (decision.mail) {
    const bool too_early = clock_.now() < next_try_ && next_try_ - clock_.now() <= pause();
    if (!too_early) say(decision, *totals);
  } else if (decision.state != before) {
    keep(decision.state);
  }
}

void Alerts::say(const AlertDecision& decision, const queue::Totals& totals) {
  if (settings_.to.empty()) {
    log_alert(decision, totals.held, settings_.to, "not-mailed", nullptr);
    return keep(decision.state);
  }
  const Status mailed = mail(decision, totals);
  const Error* why = mailed ? nullptr : &mailed.error();
  const bool final = mailed || counts_as_said(*why);
  log_alert(decision, totals.held, settings_.to, mailed ? "mailed" : final ? "not-mailed" : "deferred", why);
  if (final) return keep(decision.state);
  next_try_ = clock_.now() + pause();
}

Duration Alerts::pause() const { return std::min<Duration>(settings_.interval, std::chrono::minutes(1)); }

Status Alerts::mail(const AlertDecision& decision, const queue::Totals& totals) const {
  AlertContent content;
  content.hostname = administrators_host(settings_);
  content.troubles = decision.lasting;
  content.over = decision.over;
  content.totals = totals;
  if (totals.held > 0) content.held = held_entries(queue_);
  content.interval = settings_.interval;
  content.now = clock_.now();
  return mail_administrator(settings_, {alert_subject(content), alert_text(content), "alert"}, content.now);
}

const AlertState& Alerts::told() {
  if (told_) return *told_;
  const auto note = queue_.note(kNote);
  auto state = note ? alert_state_from_json(*note) : Result<AlertState>(fail(note.error()));
  if (!state) log_text(LogLevel::Warning, state.error().text() + "; the administrator may hear of something again");
  told_ = state ? *std::move(state) : AlertState{};
  return *told_;
}

// Remembered in any case: a full disk must not make a mail of every look.
void Alerts::keep(const AlertState& state) {
  told_ = state;
  if (const Status kept = queue_.set_note(kNote, to_json(state)); !kept)
    log_text(LogLevel::Error, "what the administrator was told is not noted: " + kept.error().text());
}

}  // namespace graph_milter::delivery
