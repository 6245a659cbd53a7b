// SPDX-License-Identifier: Apache-2.0
#include "core/admin/queue_view.h"
#include "core/admin/waiting.h"
#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::admin {

namespace {

// --- parts ---

std::string_view part_state(const queue::Entry& entry, std::size_t index) {
  if (index >= entry.progress.parts.size()) return "waiting";
  switch (entry.progress.parts[index].step) {
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
    out += format(", {} of {} bytes, {} opened", upload.position, upload.size,
                  upload.sessions_opened == 1 ? "1 session" : format("{} sessions", upload.sessions_opened));
    if (upload.url) out += ", open until " + local_time(upload.expires);
  }
  return out + "\n";
}

void write_part(json::Writer& writer, const queue::Entry& entry, std::size_t index) {
  const plan::PlannedPart& part = entry.plan.parts[index];
  writer.begin_object();
  writer.key("name").string(part.name).key("content_type").string(part.content_type);
  writer.key("size").number(part.body.decoded_size);
  writer.key("way").string(name_of_way(part.way)).key("step").string(part_state(entry, index));
  if (index < entry.progress.parts.size()) {
    const queue::PartProgress& progress = entry.progress.parts[index];
    writer.key("position").number(progress.upload.position);
    writer.key("sessions_opened").number(progress.upload.sessions_opened);
    writer.key("attachment_id").string(progress.attachment_id);
  }
  writer.end_object();
}

// --- envelope ---

std::string path_words(const mail::EnvelopePath& path) {
  std::string out = address_words(path.address);
  for (const std::string& parameter : path.parameters) out += " " + escape_for_log(parameter);
  return out;
}

queue::RecipientFate fate_of(const queue::Entry& entry, std::size_t index) {
  const auto& fates = entry.progress.fates;
  return index < fates.size() ? fates[index] : queue::RecipientFate::Waiting;
}

std::string_view name_of(queue::RecipientFate fate) {
  switch (fate) {
    case queue::RecipientFate::Waiting:
      return "waiting";
    case queue::RecipientFate::Taken:
      return "taken";
    case queue::RecipientFate::Refused:
      return "refused";
  }
  return "unknown";
}

std::string refusal_of(const queue::Entry& entry, std::size_t index) {
  const auto& refusals = entry.progress.refusals;
  return index < refusals.size() ? refusals[index] : std::string();
}

std::string fate_words(const queue::Entry& entry, std::size_t index) {
  const queue::RecipientFate fate = fate_of(entry, index);
  if (fate == queue::RecipientFate::Waiting) return {};
  const std::string why = refusal_of(entry, index);
  return format(" ({} by the MTA{}{})", name_of(fate), why.empty() ? "" : ": ", escape_for_log(why, kErrorLimit));
}

void write_path(json::Writer& writer, const mail::EnvelopePath& path) {
  writer.key("address").string(path.address).key("parameters").begin_array();
  for (const std::string& parameter : path.parameters) writer.string(parameter);
  writer.end_array();
}

// A client waits for it, and was told nothing yet.
bool is_awaited(const queue::Entry& entry) {
  return entry.progress.awaited && !entry.progress.give_up && entry.state != queue::EntryState::Done;
}

// --- words ---

class EntryWords {
 public:
  EntryWords(const queue::Entry& entry, TimePoint now) : entry_(entry), progress_(entry.progress), now_(now) {}

  std::string print() {
    add_state();
    add_fate();
    add_envelope();
    add_message();
    return std::move(out_);
  }

 private:
  void line(std::string_view key, const std::string& value) {
    if (!value.empty()) out_ += format("{:<13} {}\n", format("{}:", key), value);
  }

  void time_line(std::string_view key, TimePoint time) {
    if (is_set(time)) line(key, local_time(time));
  }

  static std::string place_words(queue::EntryState state) {
    const std::string_view name = queue::name_of(state);
    return name == state_words(state) ? std::string(name) : format("{}: {}", name, state_words(state));
  }

  void add_state() {
    line("id", entry_.id);
    std::string state = place_words(entry_.state);
    if (entry_.held_from) state += "; before that, " + place_words(*entry_.held_from);
    line("state", state);
    if (entry_.state != queue::EntryState::Done) line("now", waiting_words(waiting_of(entry_), now_));
    if (is_awaited(entry_)) line("awaited", "its client waits at the MTA, and was not told yet that it is taken");
    if (entry_.outcome != queue::Outcome::None) line("outcome", std::string(outcome_words(entry_.outcome)));
    line("queue-id", escape_for_log(entry_.envelope.queue_id));
    line("accepted", local_time(entry_.accepted));
    time_line("finished", entry_.finished);
    line("failed-tries", format("{}", entry_.attempts));
    line("last-error", escape_for_log(entry_.last_error, kErrorLimit));
  }

  void add_fate() {
    if (progress_.give_up) {
      const queue::GiveUp& why = *progress_.give_up;
      line("given-up", format("{} {} at {}; then {}", why.status, escape_for_log(why.diagnostic, kErrorLimit),
                              local_time(why.decided), disposal_words(why.disposal)));
    }
    if (progress_.return_epoch > 0) {
      line("returns", format("{} begun{}", progress_.return_epoch,
                             progress_.return_unresolved ? "; the last may have been taken by the MTA" : ""));
    }
    time_line("delay-warned", progress_.delay_warned);
    if (progress_.send_epoch > 0) {
      line("sends", format("{} begun, the last at {}{}", progress_.send_epoch, local_time(progress_.send_intended),
                           progress_.send_unresolved ? "; it may have taken effect" : ""));
    }
    line("request-id", escape_for_log(progress_.request_id));
  }

  static std::string_view disposal_words(queue::Disposal disposal) {
    switch (disposal) {
      case queue::Disposal::Dsn:
        return "the sender is told";
      case queue::Disposal::Mta:
        return "the MTA gets the original back";
      case queue::Disposal::Hold:
        return "it is held";
      case queue::Disposal::Drop:
        return "it is deleted";
      case queue::Disposal::Client:
        return "its client, which waits, is told";
    }
    return "unknown";
  }

  void add_envelope() {
    line("client", escape_for_log(entry_.envelope.client_address));
    line("login", escape_for_log(entry_.envelope.login));
    line("sender", path_words(entry_.envelope.sender));
    for (std::size_t i = 0; i < entry_.envelope.recipients.size(); ++i) {
      line("recipient", path_words(entry_.envelope.recipients[i]) + fate_words(entry_, i));
    }
  }

  void add_message() {
    line("rule", escape_for_log(entry_.plan.rule));
    line("mailbox", escape_for_log(entry_.plan.mailbox));
    line("message-id", escape_for_log(entry_.plan.message_id));
    line("size", format("{} bytes", entry_.size));
    line("sha256", entry_.sha256);
    line("draft", escape_for_log(progress_.draft_id));
    if (!entry_.plan.parts.empty()) out_ += "parts:\n";
    for (std::size_t i = 0; i < entry_.plan.parts.size(); ++i) out_ += part_line(entry_, i);
  }

  const queue::Entry& entry_;
  const queue::Progress& progress_;
  const TimePoint now_;
  std::string out_;
};

// --- JSON ---

void write_state(json::Writer& writer, const queue::Entry& entry) {
  writer.key("id").string(entry.id).key("state").string(queue::name_of(entry.state));
  if (entry.held_from) writer.key("held_from").string(queue::name_of(*entry.held_from));
  writer.key("outcome").string(queue::name_of(entry.outcome));
  const Waiting waiting = waiting_of(entry);
  writer.key("waits_for").string(name_of(waiting.whom));
  writer.key("awaited").boolean(is_awaited(entry));
  writer.key("queue_id").string(entry.envelope.queue_id);
  add_time(writer, "accepted", entry.accepted);
  add_time(writer, "finished", entry.finished);
  writer.key("attempts").number(entry.attempts);
  add_time(writer, "next_attempt", waiting.next_attempt);
  writer.key("last_error").string(entry.last_error);
}

void write_fate(json::Writer& writer, const queue::Progress& progress) {
  add_time(writer, "needs_administrator", progress.needs_administrator);
  writer.key("give_up");
  if (progress.give_up) {
    const queue::GiveUp& why = *progress.give_up;
    writer.begin_object().key("disposal").string(queue::name_of(why.disposal)).key("status").string(why.status);
    writer.key("diagnostic").string(why.diagnostic);
    add_time(writer, "decided", why.decided);
    writer.end_object();
  } else {
    writer.null();
  }
  writer.key("return_epoch").number(progress.return_epoch);
  writer.key("return_unresolved").boolean(progress.return_unresolved);
  add_time(writer, "delay_warned", progress.delay_warned);
  writer.key("send_epoch").number(progress.send_epoch);
  add_time(writer, "send_intended", progress.send_intended);
  writer.key("send_unresolved").boolean(progress.send_unresolved);
  writer.key("request_id").string(progress.request_id);
}

void write_envelope(json::Writer& writer, const queue::Entry& entry) {
  writer.key("client").string(entry.envelope.client_address).key("login").string(entry.envelope.login);
  writer.key("sender").begin_object();
  write_path(writer, entry.envelope.sender);
  writer.end_object().key("recipients").begin_array();
  for (std::size_t i = 0; i < entry.envelope.recipients.size(); ++i) {
    writer.begin_object();
    write_path(writer, entry.envelope.recipients[i]);
    if (!entry.progress.fates.empty()) writer.key("handed_back").string(name_of(fate_of(entry, i)));
    if (const std::string why = refusal_of(entry, i); !why.empty()) writer.key("refusal").string(why);
    writer.end_object();
  }
  writer.end_array();
}

std::string entry_json(const queue::Entry& entry) {
  json::Writer writer;
  writer.begin_object();
  write_state(writer, entry);
  write_fate(writer, entry.progress);
  write_envelope(writer, entry);
  writer.key("rule").string(entry.plan.rule).key("mailbox").string(entry.plan.mailbox);
  writer.key("message_id").string(entry.plan.message_id).key("size").number(entry.size);
  writer.key("sha256").string(entry.sha256).key("draft_id").string(entry.progress.draft_id);
  writer.key("parts").begin_array();
  for (std::size_t i = 0; i < entry.plan.parts.size(); ++i) write_part(writer, entry, i);
  writer.end_array().end_object();
  return writer.take() + "\n";
}

}  // namespace

std::string print_entry(const queue::Entry& entry, TimePoint now, Form form) {
  return form == Form::Json ? entry_json(entry) : EntryWords(entry, now).print();
}

}  // namespace graph_milter::admin
