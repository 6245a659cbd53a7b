// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/returning_events.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/delivery/events.h"

namespace graph_milter::delivery {
namespace {

std::size_t count_of(const queue::Entry& entry, queue::RecipientFate fate) {
  const auto& fates = entry.progress.fates;
  return static_cast<std::size_t>(std::count(fates.begin(), fates.end(), fate));
}

void end_line(LogLine& line, const queue::Entry& entry, std::size_t told) {
  line.field("tries", entry.progress.return_epoch).field("told", told);
  if (!entry.progress.give_up) return;
  line.field("dsn", entry.progress.give_up->status).field("reason", entry.progress.give_up->diagnostic, 512);
}

}  // namespace

void log_returned(const queue::Entry& entry, std::size_t told, TimePoint now) {
  LogLine line(LogLevel::Warning, entry.envelope.queue_id, "returned");
  describe(line, entry, now);
  end_line(line, entry, told);
}

void log_handed_back(const queue::Entry& entry, std::size_t told, TimePoint now) {
  LogLine line(LogLevel::Warning, entry.envelope.queue_id, "handed-back");
  describe(line, entry, now);
  line.field("taken", count_of(entry, queue::RecipientFate::Taken));
  line.field("refused", count_of(entry, queue::RecipientFate::Refused));
  end_line(line, entry, told);
}

void log_notified(const queue::Entry& entry, mta::DsnAction action, std::size_t told, TimePoint now) {
  LogLine line(LogLevel::Info, entry.envelope.queue_id, "notified");
  describe(line, entry, now);
  line.field("action", mta::name_of(action)).field("told", told);
}

void log_no_copy(const queue::Entry& entry, const std::string& address, const Error& why, TimePoint now) {
  LogLine line(LogLevel::Warning, entry.envelope.queue_id, "no-copy");
  describe(line, entry, now);
  line.field("notify-address", address).error(why);
}

}  // namespace graph_milter::delivery
