// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/housekeeping.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/format.h"
#include "core/base/log.h"

namespace graph_milter::delivery {
namespace {

constexpr Duration kLookAtAlerts = std::chrono::seconds(10);
constexpr Duration kFirstSweep = std::chrono::minutes(1);
constexpr std::size_t kMostCopies = 10'000;   // of one sweep
constexpr std::size_t kMostNotOurs = 20'000;  // remembered of one mailbox
constexpr Duration kClocksDiffer = std::chrono::hours(72);

void log_failure(const std::string& mailbox, const char* what, const Error& error) {
  if (error.kind == ErrorKind::Cancelled) return;
  LogLine(LogLevel::Warning, "", "swept")
      .field("mailbox", mailbox)
      .field("what", what)
      .field("status", "failed")
      .error(error);
}

void log_swept(const std::string& mailbox, const char* what, const std::string& entry, const char* status) {
  LogLine(LogLevel::Info, "", "swept")
      .field("mailbox", mailbox)
      .field("what", what)
      .field("entry", entry)
      .field("status", status);
}

}  // namespace

Housekeeping::Housekeeping(HousekeepingSettings settings, queue::Queue& queue, targets::Services services,
                           Alerts& alerts, std::vector<std::function<void()>> more_looks)
    : fresh_(std::move(settings)),
      queue_(queue),
      services_(services),
      alerts_(alerts),
      more_looks_(std::move(more_looks)) {
  take_settings();
}

Housekeeping::~Housekeeping() = default;

void Housekeeping::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void Housekeeping::take_settings() {
  settings_ = *fresh_.get();
  prefixes_ = marker_prefixes(settings_);
}

void Housekeeping::stop() { thread_.request_stop(); }

void Housekeeping::work(const std::stop_token& stop) {
  // Not at once: whatever waited for the start comes first.
  TimePoint next_sweep = now() + std::min(kFirstSweep, settings_.interval);
  while (!stop.stop_requested() && !queue_.failed()) {
    try {
      take_settings();
      alerts_.look();
      for (const auto& look : more_looks_) look();
      // A clock that was set back must not put the next sweep off.
      const bool due = now() >= next_sweep || next_sweep - now() > settings_.interval;
      if (due) {
        sweep(stop);
        next_sweep = now() + settings_.interval;
      }
    } catch (const std::exception& exception) {
      log_text(LogLevel::Error, format("housekeeping: {}", exception.what()));
    }
    std::unique_lock lock(mutex_);
    stopping_.wait_for(lock, stop, std::min(kLookAtAlerts, settings_.interval), [] { return false; });
  }
}

void Housekeeping::sweep(const std::stop_token& stop) {
  take_settings();
  if (const Status tidied = queue_.tidy(now()); !tidied)
    log_text(LogLevel::Warning, "the queue can't be tidied: " + tidied.error().text());
  const auto mailboxes = queue_.mailboxes();
  if (!mailboxes) return log_text(LogLevel::Warning, "the queue names no mailboxes: " + mailboxes.error().text());
  for (const std::string& mailbox : *mailboxes) {
    if (stop.stop_requested()) return;
    sweep_drafts(mailbox, stop);
  }
  sweep_sent_copies(stop);
}

void Housekeeping::sweep_drafts(const std::string& mailbox, const std::stop_token& stop) {
  std::set<std::string>& not_ours = not_ours_[mailbox];
  if (not_ours.size() > kMostNotOurs) not_ours.clear();
  const graph::TimeSpan old{TimePoint{}, now() - settings_.abandoned_after};
  const auto drafts = services_.graph.list_marked(mailbox, "drafts", old, prefixes_, not_ours);
  if (!drafts) return log_failure(mailbox, "drafts", drafts.error());
  for (const graph::MarkedMessage& draft : *drafts) {
    if (stop.stop_requested()) return;
    const std::string id = entry_of_marker(draft.marker, prefixes_);
    if (id.empty()) continue;
    const auto entry = queue_.find(id);
    if (!entry || !is_abandoned(draft, *entry, settings_, now())) continue;
    if (const Status deleted = delete_draft(mailbox, draft); !deleted)
      return log_failure(mailbox, "draft", deleted.error());
    log_swept(mailbox, "draft", id, "deleted");
  }
}

// Asked once more right before: deleting what somebody has just sent could stop its delivery.
Status Housekeeping::delete_draft(const std::string& mailbox, const graph::MarkedMessage& draft) {
  const auto there = services_.graph.get_message(mailbox, draft.id);
  if (!there && there.error().kind == ErrorKind::NotFound) return {};
  if (!there) return fail(there.error());
  return there->is_draft ? services_.graph.delete_message(mailbox, draft.id) : Status();
}

void Housekeeping::sweep_sent_copies(const std::stop_token& stop) {
  const bool by_option = settings_.sent_copy_for > Duration{0};
  const TimePoint before = by_option ? now() - sent_copy_stays(settings_) : TimePoint{};
  const auto copies = queue_.sent_copies(before, now(), kMostCopies);
  if (!copies) return log_text(LogLevel::Warning, "the queue names no sent copies: " + copies.error().text());
  std::set<std::string> unreachable;
  sent_items_.clear();
  for (const queue::SentCopy& copy : *copies) {
    if (stop.stop_requested()) return;
    if (unreachable.contains(copy.mailbox)) continue;
    const Status swept = sweep_sent_copy(copy);
    if (swept) continue;
    log_failure(copy.mailbox, "sent copy", swept.error());
    unreachable.insert(copy.mailbox);
  }
}

// Success means that nothing is left to do for it.
Status Housekeeping::sweep_sent_copy(const queue::SentCopy& copy) {
  GM_TRY_ASSIGN(const std::optional<std::string> found, find_sent_copy(copy));
  if (found) GM_TRY(services_.graph.delete_message(copy.mailbox, *found));
  log_swept(copy.mailbox, "sent copy", copy.id, found ? "deleted" : "gone");
  return queue_.forget_sent_copy(copy.id);
}

// By the id the draft had; where that did not survive the send, by the Message-ID.
Result<std::optional<std::string>> Housekeeping::find_sent_copy(const queue::SentCopy& copy) {
  if (!copy.message.empty()) {
    const auto message = services_.graph.get_message(copy.mailbox, copy.message);
    if (!message && message.error().kind != ErrorKind::NotFound) return fail(message.error());
    if (message) {
      GM_TRY_ASSIGN(const bool is_it, is_sent_copy(copy, *message));
      return is_it ? std::optional(message->id) : std::nullopt;
    }
  }
  const auto entry = queue_.find(copy.id);
  if (!entry || !*entry || (*entry)->plan.message_id.empty()) return std::optional<std::string>();
  GM_TRY_ASSIGN(const auto candidates,
                services_.graph.find_by_message_id(copy.mailbox, "sentitems", (*entry)->plan.message_id));
  for (const graph::Message& candidate : candidates) {
    if (candidate.sent < copy.sent - kClocksDiffer || candidate.sent > copy.sent + kClocksDiffer) continue;
    GM_TRY_ASSIGN(const bool is_it, is_sent_copy(copy, candidate));
    if (is_it) return std::optional(candidate.id);
  }
  return std::optional<std::string>();
}

// What the owner has filed elsewhere is the owner's.
Result<bool> Housekeeping::is_sent_copy(const queue::SentCopy& copy, const graph::Message& message) {
  if (message.is_draft) return false;
  GM_TRY_ASSIGN(const std::string sent_items, sent_items_of(copy.mailbox));
  if (message.parent_folder_id != sent_items) return false;
  auto markers = services_.graph.markers_of(copy.mailbox, message.id);
  if (!markers && markers.error().kind == ErrorKind::NotFound) return false;
  if (!markers) return fail(std::move(markers).error());
  return markers->size() == 1 && entry_of_marker(markers->front(), prefixes_) == copy.id;
}

Result<std::string> Housekeeping::sent_items_of(const std::string& mailbox) {
  const auto known = sent_items_.find(mailbox);
  if (known != sent_items_.end()) return known->second;
  GM_TRY_ASSIGN(std::string id, services_.graph.folder_id(mailbox, "sentitems"));
  return sent_items_.emplace(mailbox, std::move(id)).first->second;
}

}  // namespace graph_milter::delivery
