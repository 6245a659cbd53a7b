// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/events.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/log.h"

namespace graph_milter::delivery {
namespace {

std::string recipients_for_log(const mail::Envelope& envelope) {
  constexpr std::size_t kNamed = 10;
  std::string text;
  const std::size_t named = std::min(kNamed, envelope.recipients.size());
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += ',';
    text += envelope.recipients[i].address;
  }
  if (named < envelope.recipients.size()) text += format(",+{}", envelope.recipients.size() - named);
  return text;
}

std::string seconds(Duration duration) {
  return format("{:.3f}", static_cast<double>(std::max<Duration::rep>(0, duration.count())) / 1000.0);
}

void log_postponed(LogLevel level, std::string_view event, const queue::Entry& entry, const Error& why, TimePoint next,
                   TimePoint now) {
  LogLine line(level, entry.envelope.queue_id, event);
  describe(line, entry, now);
  line.field("state", queue::name_of(entry.state)).field("attempts", entry.attempts + 1);
  line.field("next", iso8601(next)).error(why);
}

}  // namespace

LogLine& describe(LogLine& line, const queue::Entry& entry, TimePoint now) {
  constexpr std::size_t kToBytes = 1024;
  const mail::Envelope& envelope = entry.envelope;
  line.field("entry", entry.id).field("message-id", entry.plan.message_id).field("mailbox", entry.plan.mailbox);
  line.field("sender", envelope.sender.address.empty() ? std::string_view("<>") : envelope.sender.address);
  line.field("nrcpt", envelope.recipients.size()).field("to", recipients_for_log(envelope), kToBytes);
  line.field("size", entry.size).field("parts", entry.plan.parts.size()).field("rule", entry.plan.rule);
  return line.field("delay", seconds(now - entry.accepted));
}

void log_drafted(const queue::Entry& entry, bool adopted, TimePoint now) {
  LogLine line(LogLevel::Info, entry.envelope.queue_id, "drafted");
  describe(line, entry, now);
  line.field("draft", entry.progress.drafts_made).field("status", adopted ? "found" : "created");
}

void log_uploaded(const queue::Entry& entry, std::size_t part, std::string_view way, TimePoint now) {
  const plan::PlannedPart& planned = entry.plan.parts[part];
  LogLine line(LogLevel::Info, entry.envelope.queue_id, "uploaded");
  describe(line, entry, now);
  line.field("part", part + 1).field("name", planned.name, 120).field("bytes", planned.body.decoded_size);
  line.field("sessions", entry.progress.parts[part].upload.sessions_opened).field("status", way);
}

void log_turned(const queue::Entry& entry, std::size_t part, std::string_view way, const Error& why, TimePoint now) {
  const plan::PlannedPart& planned = entry.plan.parts[part];
  LogLine line(LogLevel::Info, entry.envelope.queue_id, "turned");
  describe(line, entry, now);
  line.field("part", part + 1).field("name", planned.name, 120).field("bytes", planned.body.decoded_size);
  line.field("status", way).error(why);
}

void log_differs(const queue::Entry& entry, const targets::Difference& difference, TimePoint now) {
  LogLine line(LogLevel::Warning, entry.envelope.queue_id, "differs");
  describe(line, entry, now);
  line.field("draft", entry.progress.drafts_made).field("reason", difference.what, 512);
}

void log_sent(const queue::Entry& entry, const SendProof& proof, TimePoint now) {
  LogLine line(LogLevel::Info, entry.envelope.queue_id, "sent");
  describe(line, entry, now);
  line.field("attempts", entry.attempts + 1).field("sends", entry.progress.send_epoch);
  line.field("status", proof.found ? "found" : "202");
  if (!proof.request_id.empty()) line.field("request-id", proof.request_id);
}

void log_gave_up(const queue::Entry& entry, const Error& why, bool expired, TimePoint now) {
  LogLine line(LogLevel::Warning, entry.envelope.queue_id, "gave-up");
  describe(line, entry, now);
  line.field("attempts", entry.attempts + 1).field("cause", expired ? "expired" : "refused");
  if (const auto& give_up = entry.progress.give_up) {
    line.field("return", queue::name_of(give_up->disposal)).field("dsn", give_up->status);
  }
  line.error(why);
}

void log_dropped(const queue::Entry& entry, TimePoint now) {
  LogLine line(LogLevel::Info, entry.envelope.queue_id, "dropped");
  describe(line, entry, now);
}

void log_possible_duplicate(const queue::Entry& entry, std::string_view window, std::string_view why, TimePoint now) {
  LogLine line(LogLevel::Warning, entry.envelope.queue_id, "unsettled");
  describe(line, entry, now);
  line.field("state", queue::name_of(entry.state)).field("sends", entry.progress.send_epoch);
  line.field("possible_duplicate", window).field("reason", why);
}

void log_deferred(const queue::Entry& entry, const Error& why, TimePoint next, TimePoint now) {
  const bool for_the_administrator =
      why.kind == ErrorKind::Configuration || why.kind == ErrorKind::Unauthorized || why.kind == ErrorKind::System;
  log_postponed(for_the_administrator ? LogLevel::Error : LogLevel::Warning, "deferred", entry, why, next, now);
}

void log_waiting(const queue::Entry& entry, const Error& why, TimePoint next, TimePoint now) {
  log_postponed(LogLevel::Info, "waiting", entry, why, next, now);
}

void log_held(const queue::Entry& entry, const Error& why, TimePoint now) {
  LogLine line(LogLevel::Error, entry.envelope.queue_id, "held");
  describe(line, entry, now);
  line.field("state", queue::name_of(entry.state)).field("attempts", entry.attempts + 1).error(why);
}

}  // namespace graph_milter::delivery
