// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/expiry_watch.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/log.h"

namespace graph_milter::delivery {
namespace {

constexpr const char* kNote = "expiry";
constexpr Duration kPause = std::chrono::hours(1);

void log_expiry(const auth::CredentialEnd& credential, const ExpiryState& next, const std::string& to,
                std::string_view status, const Error* why, TimePoint now) {
  LogLine line(next.stage == 0 ? LogLevel::Error : LogLevel::Warning, "", "credential-ends");
  line.field("what", credential.name).field("when", expiry_words(credential.end, now));
  line.field("to", to.empty() ? std::string_view("nobody") : to).field("status", status);
  if (why != nullptr) line.error(*why);
}

}  // namespace

ExpiryWatch::ExpiryWatch(AlertSettings settings, queue::Queue& queue, const Clock& clock, End end)
    : fresh_(Settings{std::move(settings), std::move(end)}), queue_(queue), clock_(clock) {}

void ExpiryWatch::look() {
  const TimePoint now = clock_.now();
  const bool too_early = now < next_look_ && next_look_ - now <= kPause;
  if (too_early) return;
  next_look_ = now + kPause;
  const auto in_force = fresh_.get();
  settings_ = in_force->alerts;
  const auto credential = in_force->end();
  if (!credential || !*credential) return;
  if (const auto next = decide_expiry(told(), (*credential)->end, now)) say(**credential, *next);
}

void ExpiryWatch::say(const auth::CredentialEnd& credential, const ExpiryState& next) {
  const TimePoint now = clock_.now();
  Status mailed;
  if (!settings_.to.empty()) {
    mailed = mail_administrator(
        settings_,
        {expiry_subject(credential, administrators_host(settings_), now), expiry_text(credential, now), "expiry"}, now);
  }
  const bool final = mailed || counts_as_said(mailed.error());
  const bool sent = mailed && !settings_.to.empty();
  log_expiry(credential, next, settings_.to,
             sent    ? "mailed"
             : final ? "not-mailed"
                     : "deferred",
             mailed ? nullptr : &mailed.error(), now);
  if (!final) {
    next_look_ = now + std::chrono::minutes(1);
    return;
  }
  told_ = next;
  if (const Status kept = queue_.set_note(kNote, to_json(next)); !kept)
    log_text(LogLevel::Error, "what was told of the credential's end is not noted: " + kept.error().text());
}

const ExpiryState& ExpiryWatch::told() {
  if (told_) return *told_;
  const auto note = queue_.note(kNote);
  auto state = note ? expiry_state_from_json(*note) : Result<ExpiryState>(fail(note.error()));
  if (!state) log_text(LogLevel::Warning, state.error().text() + "; the administrator may hear of it again");
  told_ = state ? *std::move(state) : ExpiryState{};
  return *told_;
}

}  // namespace graph_milter::delivery
