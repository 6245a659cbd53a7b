// SPDX-License-Identifier: Apache-2.0
#include "core/admin/trace_view.h"

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

bool has_ended(const queue::TraceRecord& record) { return record.outcome != queue::Outcome::None; }

std::string headline(const queue::TraceRecord& record) {
  if (has_ended(record)) return std::string(outcome_words(record.outcome));
  if (record.state == queue::EntryState::Held) return "held for the administrator";
  return format("in the queue: {}", state_words(record.state));
}

std::string advice_of_ended(const queue::TraceRecord& record) {
  switch (record.outcome) {
    case queue::Outcome::Sent:
      return "nothing here; where it went from there, the message trace of Exchange Online knows by its message-id";
    case queue::Outcome::Returned:
      return "mend what the error says, then have it sent again";
    case queue::Outcome::HandedBack:
      return "nothing here; the MTA's log knows more";
    case queue::Outcome::Dropped:
      return format("nothing; the lines of the log with event=admin and {} say who deleted it", record.id);
    case queue::Outcome::Withdrawn:
      return "nothing here; the client was told why and still has the message";
    case queue::Outcome::None:
      break;
  }
  return {};
}

std::string advice(const queue::TraceRecord& record) {
  if (has_ended(record)) return advice_of_ended(record);
  switch (record.state) {
    case queue::EntryState::Held:
      return format(
          "graph-milterctl queue release {} once what the error says is mended, or queue return, or queue delete",
          record.id);
    case queue::EntryState::GiveUp:
    case queue::EntryState::DraftGone:
    case queue::EntryState::Returning:
    case queue::EntryState::Sent:
    case queue::EntryState::Returned:
    case queue::EntryState::Done:
      return "nothing; it is being finished";
    case queue::EntryState::Accepted:
    case queue::EntryState::DraftIntent:
    case queue::EntryState::Draft:
    case queue::EntryState::Verified:
    case queue::EntryState::SendIntent:
      break;
  }
  return format("nothing; graph-milterctl queue show {} says when it is tried next, queue retry {} tries it now",
                record.id, record.id);
}

class Paragraph {
 public:
  explicit Paragraph(const queue::TraceRecord& record) : record_(record) {}

  std::string print() {
    out_ = format("{}: {}\n", record_.id, headline(record_));
    add_origin();
    line("from", address_words(record_.sender));
    for (const std::string& recipient : record_.recipients) line("to", address_words(recipient));
    line("message-id", escape_for_log(record_.message_id, 1000));
    line("mailbox", escape_for_log(record_.mailbox));
    if (is_set(record_.finished)) {
      line("finished",
           format("{}, after {}", local_time(record_.finished), span_words(record_.finished - record_.accepted)));
    }
    line("request-id", escape_for_log(record_.request_id) +
                           (record_.request_id.empty() ? "" : " (Graph's, for Microsoft's support)"));
    line(record_.outcome == queue::Outcome::Returned ? "why" : "last error",
         escape_for_log(record_.last_error, kErrorLimit));
    line("to do", advice(record_));
    return std::move(out_);
  }

 private:
  void line(std::string_view key, const std::string& value) {
    if (!value.empty()) out_ += format("  {:<12} {}\n", format("{}:", key), value);
  }

  void add_origin() {
    std::string origin = format("{}, {}", local_time(record_.accepted), human_size(record_.size));
    if (!record_.client.empty()) origin += format(", from client {}", escape_for_log(record_.client));
    if (!record_.rule.empty()) origin += format(", by rule {}", escape_for_log(record_.rule));
    line("accepted", origin);
    if (!record_.queue_id.empty()) line("queue-id", format("{} (the MTA's)", escape_for_log(record_.queue_id)));
  }

  const queue::TraceRecord& record_;
  std::string out_;
};

std::string json_line(const queue::TraceRecord& record) {
  json::Writer writer;
  writer.begin_object();
  writer.key("id").string(record.id).key("state").string(name_of(record.state));
  writer.key("outcome").string(name_of(record.outcome)).key("queue_id").string(record.queue_id);
  writer.key("message_id").string(record.message_id).key("sender").string(record.sender);
  writer.key("recipients").begin_array();
  for (const std::string& recipient : record.recipients) writer.string(recipient);
  writer.end_array().key("mailbox").string(record.mailbox).key("client").string(record.client);
  writer.key("rule").string(record.rule).key("size").number(record.size);
  add_time(writer, "accepted", record.accepted);
  add_time(writer, "finished", record.finished);
  writer.key("last_error").string(record.last_error).key("request_id").string(record.request_id).end_object();
  return writer.take() + "\n";
}

}  // namespace

std::string print_trace(const std::vector<queue::TraceRecord>& records, Form form) {
  std::string out;
  for (const queue::TraceRecord& record : records) {
    if (form == Form::Words && !out.empty()) out += "\n";
    out += form == Form::Json ? json_line(record) : Paragraph(record).print();
  }
  return out;
}

}  // namespace graph_milter::admin
