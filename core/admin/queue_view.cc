// SPDX-License-Identifier: Apache-2.0
#include "core/admin/queue_view.h"

#include "core/admin/waiting.h"
#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

std::string list_lines(const queue::EntrySummary& entry, TimePoint now) {
  const Waiting waiting = waiting_of(entry);
  std::string out =
      format("{:<26} {:<15} {:>9} {:<27} {:>4} {}\n", entry.id,
             entry.queue_id.empty() ? std::string("-") : escape_for_log(entry.queue_id), human_size(entry.size),
             local_time(entry.accepted), entry.recipients, address_words(entry.sender));
  out += format("    {}; {}", state_words(entry.state), waiting_words(waiting, now));
  if (entry.attempts > 0)
    out += format(" ({} failed so far)", entry.attempts == 1 ? "1 try" : format("{} tries", entry.attempts));
  if (!equal_ignoring_case(entry.mailbox, entry.sender)) out += format("; mailbox {}", escape_for_log(entry.mailbox));
  out += "\n";
  if (!entry.last_error.empty()) out += format("    last error: {}\n", escape_for_log(entry.last_error, kErrorLimit));
  return out;
}

void write_summary(json::Writer& writer, const queue::EntrySummary& entry) {
  const Waiting waiting = waiting_of(entry);
  writer.begin_object();
  writer.key("id").string(entry.id).key("state").string(name_of(entry.state));
  writer.key("queue_id").string(entry.queue_id).key("sender").string(entry.sender);
  writer.key("recipients").number(entry.recipients).key("mailbox").string(entry.mailbox);
  writer.key("size").number(entry.size);
  add_time(writer, "accepted", entry.accepted);
  writer.key("attempts").number(entry.attempts);
  writer.key("waits_for").string(name_of(waiting.whom));
  add_time(writer, "next_attempt", waiting.next_attempt);
  add_time(writer, "needs_administrator", entry.needs_administrator);
  writer.key("last_error").string(entry.last_error);
  writer.end_object();
}

ByteCount sum_of_sizes(const std::vector<queue::EntrySummary>& entries) {
  ByteCount sum = 0;
  for (const queue::EntrySummary& entry : entries) sum += entry.size;
  return sum;
}

}  // namespace

std::string print_list(const std::vector<queue::EntrySummary>& entries, TimePoint now, Form form) {
  if (form == Form::Json) {
    json::Writer writer;
    writer.begin_array();
    for (const queue::EntrySummary& entry : entries) write_summary(writer, entry);
    writer.end_array();
    return writer.take() + "\n";
  }
  if (entries.empty()) return "The queue is empty.\n";
  std::string out =
      format("{:<26} {:<15} {:>9} {:<27} {:>4} {}\n", "ID", "QUEUE-ID", "SIZE", "ACCEPTED", "RCPT", "SENDER");
  for (const queue::EntrySummary& entry : entries) out += list_lines(entry, now);
  return out + format("{}, {}\n", messages_words(entries.size()), human_size(sum_of_sizes(entries)));
}

std::string print_ids(const std::vector<queue::EntrySummary>& entries, Which which) {
  std::string out;
  for (const queue::EntrySummary& entry : entries) {
    if ((entry.state == queue::EntryState::Held) == (which == Which::Held)) out += entry.id + "\n";
  }
  return out;
}

}  // namespace graph_milter::admin
