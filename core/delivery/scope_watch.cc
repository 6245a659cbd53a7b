// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/scope_watch.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace graph_milter::delivery {
namespace {

constexpr const char* kNote = "scope-mailed";
constexpr Duration kDay = std::chrono::hours(24);
constexpr Duration kHour = std::chrono::hours(1);
constexpr const char* kHint =
    "limit it by RBAC for Applications and remove the unlimited consent in Entra; graph-milterctl config check --graph "
    "proves it";

std::string warning_text(const std::string& mailbox) {
  return format(
      "The application that graph-milter uses can open the mailbox {},\n"
      "which outside-mailbox names as one that it must not reach.\n"
      "So it can probably open every mailbox of the tenant, and send as everybody:\n"
      "whoever steals its secret or key could do so too.\n\n"
      "Limit it to the mailboxes it needs by RBAC for Applications\n"
      "(New-ManagementScope, New-ManagementRoleAssignment), and remove the consent\n"
      "to Mail.ReadWrite and Mail.Send in Entra, which holds for every mailbox.\n"
      "A change takes up to two hours. To prove it:\n\n"
      "  graph-milterctl config check --graph\n\n"
      "Mail goes out as before. While it lasts you hear of it every day.\n",
      mailbox);
}

}  // namespace

ScopeWatch::ScopeWatch(AlertSettings settings, std::string outside, queue::Queue& queue, const Clock& clock, Ask ask)
    : settings_(std::move(settings)),
      outside_(std::move(outside)),
      queue_(queue),
      clock_(clock),
      ask_(std::move(ask)) {}

void ScopeWatch::look() {
  const TimePoint now = clock_.now();
  const bool too_early = now < next_look_ && next_look_ - now <= kDay;
  if (outside_.empty() || too_early) return;
  const Status answer = ask_(outside_);
  const bool is_refused = !answer && answer.error().status == 403;
  next_look_ = now + (answer || is_refused ? kDay : kHour);
  if (answer) return warn(now);
  LogLine line(is_refused ? LogLevel::Info : LogLevel::Warning, "", "scope");
  line.field("outside", outside_).field("status", is_refused ? "out-of-reach" : "not-proven");
  if (!is_refused) line.error(answer.error());
}

bool ScopeWatch::was_mailed_lately(TimePoint now) const {
  const auto note = queue_.note(kNote);
  const auto at = note ? parse_unsigned(*note) : std::nullopt;
  if (!at) return false;
  const TimePoint mailed = from_unix_ms(static_cast<std::int64_t>(*at));
  return now >= mailed && now < mailed + kDay;
}

void ScopeWatch::warn(TimePoint now) {
  const auto settings = settings_.get();
  const bool mails = !settings->to.empty() && !was_mailed_lately(now);
  Status mailed;
  if (mails) {
    mailed = mail_administrator(
        *settings,
        {format("graph-milter on {}: the application can open {}", administrators_host(*settings), outside_),
         warning_text(outside_), "scope"},
        now);
    if (!mailed && !counts_as_said(mailed.error())) next_look_ = now + kHour;
  }
  LogLine(LogLevel::Error, "", "scope")
      .field("outside", outside_)
      .field("status", "answers")
      .field("mail", mails && mailed ? settings->to : std::string("none"))
      .field("hint", kHint, 300);
  if (!mails || next_look_ == now + kHour) return;
  if (const Status kept = queue_.set_note(kNote, format("{}", to_unix_ms(now))); !kept)
    log_text(LogLevel::Error, "that the administrator was told of the scope is not noted: " + kept.error().text());
}

}  // namespace graph_milter::delivery
