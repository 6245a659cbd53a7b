// SPDX-License-Identifier: Apache-2.0
#include "core/intake/events.h"

#include <algorithm>

#include "core/base/format.h"

namespace graph_milter::intake {

namespace {

std::string recipients_for_log(const mail::Envelope& envelope, std::size_t limit) {
  std::string text;
  const std::size_t named = std::min(limit, envelope.recipients.size());
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += ',';
    text += envelope.recipients[i].address;
  }
  if (named < envelope.recipient_count()) text += format(",+{}", envelope.recipient_count() - named);
  return text;
}

std::string header_from(const mail::MessageFacts* facts) {
  return facts != nullptr && facts->from.size() == 1 ? facts->from.front().address : std::string();
}

std::string message_id(const mail::MessageFacts* facts) {
  const mail::HeaderField* field = facts != nullptr ? facts->find_header("message-id") : nullptr;
  return field != nullptr ? field->value : std::string();
}

double seconds_since(TimePoint then, TimePoint now) {
  return static_cast<double>(std::max<std::int64_t>(0, (now - then).count())) / 1000.0;
}

// The fields every line has, in one order.
void describe(LogLine& line, const EventSubject& subject) {
  constexpr std::size_t kToBytes = 1024;
  const mail::Envelope& envelope = subject.envelope;
  if (const std::string id = message_id(subject.facts); !id.empty()) line.field("message-id", id);
  line.field("client", envelope.client_address.empty() ? std::string_view("unknown") : envelope.client_address);
  if (!envelope.login.empty()) line.field("login", envelope.login);
  line.field("sender", envelope.sender.address.empty() ? std::string_view("<>") : envelope.sender.address);
  if (const std::string from = header_from(subject.facts); !from.empty()) line.field("from", from);
  line.field("nrcpt", envelope.recipient_count());
  line.field("to", recipients_for_log(envelope, subject.log_recipients), kToBytes);
  line.field("size", subject.size);
}

std::size_t count_way(const plan::Plan& plan, plan::Way way) {
  const auto goes_that_way = [way](const plan::PlannedPart& part) { return part.way == way; };
  return static_cast<std::size_t>(std::count_if(plan.parts.begin(), plan.parts.end(), goes_that_way));
}

// What Graph will be given.
void describe_plan(LogLine& line, const plan::Plan& plan) {
  ByteCount decoded = 0;
  for (const plan::PlannedPart& part : plan.parts) decoded += part.body.decoded_size;
  line.field("skeleton", plan.json ? plan.json->size() : plan.skeleton.size());
  line.field("posts", count_way(plan, plan::Way::Post));
  line.field("sessions", count_way(plan, plan::Way::Session));
  line.field("decoded", decoded);
}

void describe_losses(LogLine& line, const plan::Plan& plan, std::string_view lost) {
  if (!plan.from.empty()) line.field("set-from", plan.from);
  if (!lost.empty()) line.field("lost", lost);
}

void describe_refusal(LogLine& line, const EventSubject& subject, std::string_view rule, const Answer& answer,
                      std::string_view reason, std::string_view text) {
  describe(line, subject);
  line.field("rule", rule);
  line.field("status", answer.code + " " + answer.enhanced);
  line.field("reason", reason);
  line.field("text", text);
}

}  // namespace

void log_received(const EventSubject& subject, std::string_view entry_id, const plan::Plan& plan, Receipt receipt) {
  const bool may_be_doubled = receipt == Receipt::Unheard;
  LogLine line(may_be_doubled ? LogLevel::Warning : LogLevel::Info, subject.envelope.queue_id, "received");
  line.field("entry", entry_id);
  describe(line, subject);
  line.field("mailbox", plan.mailbox);
  line.field("parts", plan.parts.size());
  line.field("rule", plan.rule);
  line.field("delay", format("{:.3f}", seconds_since(subject.envelope.received, subject.now)));
  line.field("status", receipt == Receipt::Awaited ? "awaited" : "queued");
  if (may_be_doubled) line.field("possible_duplicate", "W1");
}

void log_answered(const EventSubject& subject, std::string_view entry_id, bool may_be_doubled) {
  LogLine line(may_be_doubled ? LogLevel::Warning : LogLevel::Info, subject.envelope.queue_id, "answered");
  line.field("entry", entry_id);
  line.field("delay", format("{:.3f}", seconds_since(subject.envelope.received, subject.now)));
  line.field("status", "taken");
  if (may_be_doubled) line.field("possible_duplicate", "W1");
}

void log_withdrawn(const EventSubject& subject, std::string_view entry_id, const Answer& answer,
                   const queue::GiveUp& why) {
  LogLine line(LogLevel::Warning, subject.envelope.queue_id, "withdrawn");
  line.field("entry", entry_id);
  describe(line, subject);
  line.field("delay", format("{:.3f}", seconds_since(subject.envelope.received, subject.now)));
  line.field("status", answer.code + " " + answer.enhanced);
  line.field("reason", why.diagnostic);
}

void log_adopted(const EventSubject& subject, std::string_view entry_id) {
  LogLine line(LogLevel::Info, subject.envelope.queue_id, "adopted");
  line.field("entry", entry_id);
  describe(line, subject);
  line.field("status", "queued");
  line.field("reason", "resend");
  line.field("possible_duplicate", "none");
}

void log_planned(const EventSubject& subject, std::string_view entry_id, const plan::Plan& plan,
                 std::string_view lost) {
  LogLine line(LogLevel::Info, subject.envelope.queue_id, "planned");
  line.field("entry", entry_id);
  line.field("message-id", plan.message_id);
  line.field("mailbox", plan.mailbox);
  describe_plan(line, plan);
  line.field("to", plan.to.size());
  line.field("cc", plan.cc.size());
  line.field("bcc", plan.bcc.size());
  describe_losses(line, plan, lost);
}

void log_kept(const EventSubject& subject, std::string_view entry_id, const plan::Plan& plan) {
  LogLine line(LogLevel::Warning, subject.envelope.queue_id, "held");
  line.field("entry", entry_id);
  describe(line, subject);
  line.field("rule", plan.rule);
  line.field("reason", plan.unplanned->reason);
  line.field("text", plan.unplanned->text);
}

void log_would_relay(const EventSubject& subject, const plan::Plan& plan, std::string_view lost) {
  LogLine line(LogLevel::Info, subject.envelope.queue_id, "would-relay");
  describe(line, subject);
  line.field("mailbox", plan.mailbox);
  line.field("parts", plan.parts.size());
  line.field("rule", plan.rule);
  describe_plan(line, plan);
  line.field("bcc", plan.bcc.size());
  describe_losses(line, plan, lost);
}

void log_would_refuse(const EventSubject& subject, std::string_view rule, const Answer& answer, std::string_view reason,
                      std::string_view text) {
  LogLine line(LogLevel::Info, subject.envelope.queue_id, "would-refuse");
  describe_refusal(line, subject, rule, answer, reason, text);
}

void log_would_hold(const EventSubject& subject, std::string_view rule, std::string_view reason,
                    std::string_view text) {
  LogLine line(LogLevel::Info, subject.envelope.queue_id, "would-hold");
  describe(line, subject);
  line.field("rule", rule);
  line.field("reason", reason);
  line.field("text", text);
}

void log_passed(LogLevel level, const EventSubject& subject, std::string_view rule, std::string_view reason,
                std::string_view text) {
  LogLine line(level, subject.envelope.queue_id, "passed");
  describe(line, subject);
  if (subject.facts != nullptr) line.field("parts", subject.facts->parts.size());
  if (!rule.empty()) line.field("rule", rule);
  line.field("status", "accept");
  line.field("reason", reason);
  if (!text.empty()) line.field("text", text);
}

void log_refused(const EventSubject& subject, const Answer& answer, const Error& why) {
  LogLine line(LogLevel::Warning, subject.envelope.queue_id, "refused");
  describe(line, subject);
  line.field("status", answer.code + " " + answer.enhanced);
  line.error(why);
}

void log_refused(const EventSubject& subject, std::string_view rule, const Answer& answer, std::string_view reason,
                 std::string_view text) {
  LogLine line(LogLevel::Info, subject.envelope.queue_id, "refused");
  describe_refusal(line, subject, rule, answer, reason, text);
}

}  // namespace graph_milter::intake
