// SPDX-License-Identifier: Apache-2.0
#include "core/admin/queue_view.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"

namespace graph_milter::admin {

namespace {

std::string time_words(TimePoint time) { return to_unix_ms(time) == 0 ? std::string("-") : iso8601(time); }

void add_time(json::Writer& writer, std::string_view key, TimePoint time) {
  writer.key(key);
  if (to_unix_ms(time) == 0) {
    writer.null();
  } else {
    writer.string(iso8601(time));
  }
}

void add_text(json::Writer& writer, std::string_view key, std::string_view text) { writer.key(key).string(text); }

std::string address_words(std::string_view address) {
  return address.empty() ? std::string("<>") : escape_for_log(address);
}

// When something will be tried next: not for what rests.
bool waits(queue::EntryState state) { return state != queue::EntryState::Done && state != queue::EntryState::Held; }

// --- the list ---

std::string list_line(const queue::EntrySummary& entry) {
  std::string out =
      format("{:<26} {:<12} {:>9} {:<20} {:<20} {:>5} {:>4} {} {}\n", entry.id, name_of(entry.state),
             human_size(entry.size), time_words(entry.accepted),
             waits(entry.state) ? time_words(entry.next_attempt) : std::string("-"), entry.attempts, entry.recipients,
             escape_for_log(entry.mailbox), entry.queue_id.empty() ? std::string("-") : escape_for_log(entry.queue_id));
  if (!entry.last_error.empty()) out += format("    {}\n", escape_for_log(entry.last_error, 1000));
  return out;
}

void write_summary(json::Writer& writer, const queue::EntrySummary& entry) {
  writer.begin_object();
  add_text(writer, "id", entry.id);
  add_text(writer, "state", name_of(entry.state));
  add_text(writer, "queue_id", entry.queue_id);
  add_text(writer, "sender", entry.sender);
  writer.key("recipients").number(entry.recipients);
  add_text(writer, "mailbox", entry.mailbox);
  writer.key("size").number(entry.size);
  add_time(writer, "accepted", entry.accepted);
  writer.key("attempts").number(entry.attempts);
  add_time(writer, "next_attempt", waits(entry.state) ? entry.next_attempt : TimePoint{});
  add_text(writer, "last_error", entry.last_error);
  writer.end_object();
}

// --- one entry ---

std::string part_state(const queue::Entry& entry, std::size_t index) {
  if (index >= entry.progress.parts.size()) return "waiting";
  const queue::PartProgress& part = entry.progress.parts[index];
  switch (part.step) {
    case queue::PartStep::Waiting:
      return "waiting";
    case queue::PartStep::PostIntent:
      return "posting";
    case queue::PartStep::Uploading:
      return "uploading";
    case queue::PartStep::Done:
      return "done";
  }
  return "unknown";
}

std::string_view name_of_way(plan::Way way) { return way == plan::Way::Post ? "post" : "session"; }

std::string part_line(const queue::Entry& entry, std::size_t index) {
  const plan::PlannedPart& part = entry.plan.parts[index];
  std::string out =
      format("  {}: \"{}\" {} {} by {}: {}", index + 1, escape_for_log(part.name), escape_for_log(part.content_type),
             human_size(part.body.decoded_size), name_of_way(part.way), part_state(entry, index));
  if (index < entry.progress.parts.size() && entry.progress.parts[index].step == queue::PartStep::Uploading) {
    const upload::UploadState& upload = entry.progress.parts[index].upload;
    out += format(", {} of {} bytes, {} sessions opened", upload.position, upload.size, upload.sessions_opened);
    if (upload.url) out += ", open until " + time_words(upload.expires);
  }
  return out + "\n";
}

std::string path_words(const mail::EnvelopePath& path) {
  std::string out = address_words(path.address);
  for (const std::string& parameter : path.parameters) out += " " + escape_for_log(parameter);
  return out;
}

std::string entry_words(const queue::Entry& entry) {
  std::string out;
  const auto line = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) out += format("{:<13} {}\n", format("{}:", key), value);
  };
  line("id", entry.id);
  line("state", std::string(name_of(entry.state)) +
                    (entry.held_from ? format(" (it was {})", name_of(*entry.held_from)) : std::string()));
  line("queue-id", escape_for_log(entry.envelope.queue_id));
  line("accepted", time_words(entry.accepted));
  line("attempts", format("{}", entry.attempts));
  if (waits(entry.state)) line("next-attempt", time_words(entry.next_attempt));
  line("last-error", escape_for_log(entry.last_error, 1000));
  line("client", escape_for_log(entry.envelope.client_address));
  line("login", escape_for_log(entry.envelope.login));
  line("sender", path_words(entry.envelope.sender));
  for (const mail::EnvelopePath& recipient : entry.envelope.recipients) line("recipient", path_words(recipient));
  line("rule", escape_for_log(entry.plan.rule));
  line("mailbox", escape_for_log(entry.plan.mailbox));
  line("message-id", escape_for_log(entry.plan.message_id));
  line("size", format("{} bytes", entry.size));
  line("sha256", entry.sha256);
  line("draft", escape_for_log(entry.progress.draft_id));
  if (!entry.plan.parts.empty()) out += "parts:\n";
  for (std::size_t i = 0; i < entry.plan.parts.size(); ++i) out += part_line(entry, i);
  return out;
}

void write_path(json::Writer& writer, const mail::EnvelopePath& path) {
  writer.begin_object();
  add_text(writer, "address", path.address);
  writer.key("parameters").begin_array();
  for (const std::string& parameter : path.parameters) writer.string(parameter);
  writer.end_array().end_object();
}

void write_part(json::Writer& writer, const queue::Entry& entry, std::size_t index) {
  const plan::PlannedPart& part = entry.plan.parts[index];
  writer.begin_object();
  add_text(writer, "name", part.name);
  add_text(writer, "content_type", part.content_type);
  writer.key("size").number(part.body.decoded_size);
  add_text(writer, "way", name_of_way(part.way));
  add_text(writer, "step", part_state(entry, index));
  if (index < entry.progress.parts.size()) {
    const queue::PartProgress& progress = entry.progress.parts[index];
    writer.key("position").number(progress.upload.position);
    writer.key("sessions_opened").number(progress.upload.sessions_opened);
    add_text(writer, "attachment_id", progress.attachment_id);
  }
  writer.end_object();
}

std::string entry_json(const queue::Entry& entry) {
  json::Writer writer;
  writer.begin_object();
  add_text(writer, "id", entry.id);
  add_text(writer, "state", name_of(entry.state));
  if (entry.held_from) add_text(writer, "held_from", name_of(*entry.held_from));
  add_text(writer, "queue_id", entry.envelope.queue_id);
  add_time(writer, "accepted", entry.accepted);
  writer.key("attempts").number(entry.attempts);
  add_time(writer, "next_attempt", waits(entry.state) ? entry.next_attempt : TimePoint{});
  add_text(writer, "last_error", entry.last_error);
  add_text(writer, "client", entry.envelope.client_address);
  add_text(writer, "login", entry.envelope.login);
  writer.key("sender");
  write_path(writer, entry.envelope.sender);
  writer.key("recipients").begin_array();
  for (const mail::EnvelopePath& recipient : entry.envelope.recipients) write_path(writer, recipient);
  writer.end_array();
  add_text(writer, "rule", entry.plan.rule);
  add_text(writer, "mailbox", entry.plan.mailbox);
  add_text(writer, "message_id", entry.plan.message_id);
  writer.key("size").number(entry.size);
  add_text(writer, "sha256", entry.sha256);
  add_text(writer, "draft_id", entry.progress.draft_id);
  writer.key("parts").begin_array();
  for (std::size_t i = 0; i < entry.plan.parts.size(); ++i) write_part(writer, entry, i);
  writer.end_array().end_object();
  return writer.take() + "\n";
}

// --- the status ---

struct Sums {
  std::size_t held = 0;
  std::size_t failed_before = 0;
  ByteCount bytes = 0;
  TimePoint oldest{};
};

Sums sum_of(const std::vector<queue::EntrySummary>& entries) {
  Sums sums;
  for (const queue::EntrySummary& entry : entries) {
    sums.bytes += entry.size;
    if (entry.state == queue::EntryState::Held) {
      ++sums.held;
      continue;
    }
    if (entry.attempts > 0) ++sums.failed_before;
    if (to_unix_ms(sums.oldest) == 0 || entry.accepted < sums.oldest) sums.oldest = entry.accepted;
  }
  return sums;
}

std::string messages_words(std::size_t count) { return count == 1 ? "1 message" : format("{} messages", count); }

}  // namespace

std::string print_list(const std::vector<queue::EntrySummary>& entries, Form form) {
  if (form == Form::Json) {
    json::Writer writer;
    writer.begin_array();
    for (const queue::EntrySummary& entry : entries) write_summary(writer, entry);
    writer.end_array();
    return writer.take() + "\n";
  }
  if (entries.empty()) return "The queue is empty.\n";
  std::string out = format("{:<26} {:<12} {:>9} {:<20} {:<20} {:>5} {:>4} {} {}\n", "ID", "STATE", "SIZE", "ACCEPTED",
                           "NEXT", "TRIES", "RCPT", "MAILBOX", "QUEUE-ID");
  for (const queue::EntrySummary& entry : entries) out += list_line(entry);
  return out + format("{}, {}\n", messages_words(entries.size()), human_size(sum_of(entries).bytes));
}

std::string print_entry(const queue::Entry& entry, Form form) {
  return form == Form::Json ? entry_json(entry) : entry_words(entry);
}

std::string print_status(const DaemonFacts& daemon, const std::vector<queue::EntrySummary>& entries, Form form) {
  const Sums sums = sum_of(entries);
  if (form == Form::Json) {
    json::Writer writer;
    writer.begin_object();
    add_text(writer, "version", GM_VERSION);
    add_text(writer, "instance", daemon.instance);
    add_time(writer, "started", daemon.started);
    writer.key("queued").number(entries.size() - sums.held);
    writer.key("retrying").number(sums.failed_before);
    writer.key("held").number(sums.held);
    writer.key("bytes").number(sums.bytes);
    add_time(writer, "oldest", sums.oldest);
    writer.end_object();
    return writer.take() + "\n";
  }
  std::string out =
      format("graph-milter {} ({}), up since {}\n", GM_VERSION, daemon.instance, time_words(daemon.started));
  out += format("queue: {} ({}), {} being retried, {} held\n", messages_words(entries.size()), human_size(sums.bytes),
                sums.failed_before, sums.held);
  if (to_unix_ms(sums.oldest) != 0) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(daemon.now - sums.oldest);
    out += format("oldest: {} ({} s)\n", time_words(sums.oldest), std::max<std::int64_t>(0, age.count()));
  }
  return out;
}

}  // namespace graph_milter::admin
