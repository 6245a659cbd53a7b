// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/admin/explain.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"
#include "core/json/json.h"

namespace graph_milter::admin {

namespace {

const plan::Plan* plan_of(const Explanation& explanation) {
  return explanation.outcome ? std::get_if<plan::Plan>(&*explanation.outcome) : nullptr;
}

const plan::LeaveAlone* left_alone(const Explanation& explanation) {
  return explanation.outcome ? std::get_if<plan::LeaveAlone>(&*explanation.outcome) : nullptr;
}

bool is_held(const Explanation& explanation) {
  return plan_of(explanation) == nullptr && explanation.otherwise == config::Otherwise::Hold;
}

// One word for programs.
std::string_view decision_word(const Explanation& explanation) {
  if (plan_of(explanation) != nullptr) return "relay";
  if (explanation.reply) return explanation.reply->kind == intake::AnswerKind::Reject ? "reject" : "tempfail";
  return is_held(explanation) ? "hold" : "pass";
}

const plan::PlannedPart* planned(const Explanation& explanation, std::size_t index) {
  const plan::Plan* plan = plan_of(explanation);
  if (plan == nullptr) return nullptr;
  const auto found = std::find_if(plan->parts.begin(), plan->parts.end(),
                                  [&](const plan::PlannedPart& part) { return part.index == index; });
  return found == plan->parts.end() ? nullptr : &*found;
}

ByteCount ranges_of(const plan::PlannedPart& part, ByteCount range_size) {
  return (part.body.decoded_size + range_size - 1) / range_size;
}

std::string list_words(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + escape_for_log(item);
  return out.empty() ? "-" : out;
}

std::string path_words(const mail::EnvelopePath& path) { return "<" + escape_for_log(path.address) + ">"; }

// What happens to one part: stays, is posted, goes by session.
std::string way_words(const Explanation& explanation, std::size_t index, ByteCount range_size) {
  const plan::PlannedPart* part = planned(explanation, index);
  if (part != nullptr) {
    const std::string name = format(" as \"{}\"", escape_for_log(part->name));
    if (part->way == plan::Way::Post) {
      return format("posted, {} bytes of request{}", plan::post_body_length(*part), name);
    }
    const ByteCount ranges = ranges_of(*part, range_size);
    return format("upload session, {} range{}{}", ranges, ranges == 1 ? "" : "s", name);
  }
  if (plan_of(explanation) == nullptr) return "left alone";
  return is_body_text(explanation.facts, index) ? "stays (body text)" : "stays";
}

std::string part_words(const Explanation& explanation, std::size_t index, ByteCount range_size) {
  const mail::Part& part = explanation.facts.parts[index];
  std::string out = format("  {:>3} {}{}", index, std::string(2 * part.depth, ' '), escape_for_log(part.type, 100));
  if (part.is_multipart) return out + "\n";
  if (!part.name.empty()) out += format(" \"{}\"", escape_for_log(part.name, 100));
  if (!part.disposition.empty()) out += " " + escape_for_log(part.disposition, 40);
  out += format(", {}, {}", name_of(part.body.encoding), human_size(part.body.decoded_size));
  out += ": " + way_words(explanation, index, range_size);
  if (!part.exact && !part.inexact.code.empty()) {
    out += format(" [{}: {}]", part.inexact.code, escape_for_log(part.inexact.detail));
  }
  return out + "\n";
}

std::string message_words(const Explanation& explanation) {
  const mail::MessageFacts& facts = explanation.facts;
  std::string out = format("message: {} ({} bytes), {} part{}, {}", human_size(facts.size), facts.size,
                           facts.parts.size(), facts.parts.size() == 1 ? "" : "s", name_of(facts.verdict));
  if (explanation.line_ends_changed) out += "; lines ended in LF and were read as CRLF";
  out += "\n";
  for (const mail::Finding& finding : facts.findings) {
    out += format("  {} at byte {}: {}\n", finding.code, finding.offset, escape_for_log(finding.detail));
  }
  return out;
}

std::string envelope_words(const mail::Envelope& envelope) {
  std::string recipients;
  for (const mail::EnvelopePath& path : envelope.recipients)
    recipients += (recipients.empty() ? "" : ", ") + path_words(path);
  if (envelope.further_recipients > 0) recipients += format(" and {} more", envelope.further_recipients);
  return format("envelope: client {}, login {}, from {}, to {}\n", escape_for_log(envelope.client_address),
                envelope.login.empty() ? "-" : escape_for_log(envelope.login), path_words(envelope.sender),
                recipients.empty() ? "-" : recipients);
}

std::string rules_words(std::string_view rules) {
  std::string out = "rules:\n";
  for (const std::string& line : split_list(rules, "\n")) out += "  " + line + "\n";
  return out;
}

std::string plan_words(const plan::Plan& plan) {
  std::string out = format("decision: relay by rule {} from the mailbox {}\n", escape_for_log(plan.rule),
                           escape_for_log(plan.mailbox));
  out += plan.json ? format("  draft: JSON, {} bytes of request\n", plan.json->size())
                   : format("  draft: {} bytes of MIME, {} bytes of request\n", plan.skeleton.size(),
                            plan::draft_body_length(plan.skeleton.size()));
  out += format("  to: {}\n  cc: {}\n  bcc: {}\n", list_words(plan.to), list_words(plan.cc), list_words(plan.bcc));
  return out + format("  message-id: {}\n", escape_for_log(plan.message_id));
}

std::string losses_words(const std::vector<plan::Loss>& losses) {
  std::string out;
  for (const plan::Loss& loss : losses) out += format("  will be lost: {} [{}]\n", loss.text, loss.code);
  return out.empty() ? "  nothing will be lost\n" : out;
}

std::string_view return_words(plan::ReturnBy way) {
  switch (way) {
    case plan::ReturnBy::Dsn:
      return "its sender is told";
    case plan::ReturnBy::Mta:
      return "the MTA gets it back";
    case plan::ReturnBy::Hold:
      break;
  }
  return "it is held";
}

// What the rule decides with a message, beside its plan.
std::string outcome_words(const Explanation& explanation) {
  std::string out;
  if (const auto& author = explanation.facts.new_author) {
    out += format("  from: {} (set-from)\n", author->from);
    if (!author->reply_to.empty()) out += format("  reply-to: {} (the From it came with)\n", author->reply_to);
  }
  const plan::Handling& handling = explanation.handling;
  if (handling.return_by) out += format("  if it can't be sent: {}\n", return_words(*handling.return_by));
  if (handling.sent_copy_for) {
    out += *handling.sent_copy_for > Duration{0}
               ? format("  its copy in Sent Items: deleted after {}\n", config::write_duration(*handling.sent_copy_for))
               : std::string("  its copy in Sent Items: stays\n");
  }
  return out;
}

// What the MTA is answered, and why, where nothing is relayed.
std::string fallback_words(const Explanation& explanation) {
  const plan::LeaveAlone* why = left_alone(explanation);
  const std::string_view reason = why != nullptr ? why->reason : explanation.reason;
  const std::string_view text = why != nullptr ? why->text : explanation.reason_text;
  std::string what = "left to the MTA";
  if (explanation.reply) {
    what = format("refused by {} {} \"{}\"", explanation.reply->code, explanation.reply->enhanced,
                  explanation.reply->text);
  } else if (is_held(explanation)) {
    what = "held for the administrator";
  }
  const std::string rule =
      explanation.rule.empty() ? std::string() : format(", rule {}", escape_for_log(explanation.rule));
  return format("decision: {}{}: {} ({})\n", what, rule, reason, escape_for_log(text, 1000));
}

std::string decision_words(const Explanation& explanation) {
  std::string out = fallback_words(explanation);
  if (const plan::Plan* plan = plan_of(explanation)) {
    out = plan_words(*plan) + outcome_words(explanation) + losses_words(explanation.losses);
  }
  if (explanation.pretends) out += "  pretend: all of this only goes to the log; the MTA keeps the message\n";
  return out;
}

// --- JSON ---

void add_texts(json::Writer& writer, std::string_view key, const std::vector<std::string>& texts) {
  writer.key(key).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

void write_part(json::Writer& writer, const Explanation& explanation, std::size_t index, ByteCount range_size) {
  const mail::Part& part = explanation.facts.parts[index];
  writer.begin_object();
  writer.key("index").number(index).key("depth").number(part.depth).key("type").string(part.type);
  if (!part.is_multipart) {
    writer.key("name").string(part.name).key("disposition").string(part.disposition);
    writer.key("encoding").string(name_of(part.body.encoding)).key("size").number(part.body.decoded_size);
    const plan::PlannedPart* plan = planned(explanation, index);
    writer.key("exact").boolean(part.exact);
    if (!part.exact) {
      writer.key("code").string(part.inexact.code).key("detail").string(escape_for_log(part.inexact.detail));
    }
    if (plan == nullptr) {
      writer.key("way").string(plan_of(explanation) == nullptr ? "left-alone" : "stays");
    } else if (plan->way == plan::Way::Post) {
      writer.key("way").string("post").key("as").string(plan->name);
    } else {
      writer.key("way").string("session").key("as").string(plan->name);
      writer.key("ranges").number(ranges_of(*plan, range_size));
    }
  }
  writer.end_object();
}

void write_envelope(json::Writer& writer, const mail::Envelope& envelope) {
  writer.begin_object();
  writer.key("client").string(envelope.client_address).key("login").string(envelope.login);
  writer.key("from").string(envelope.sender.address).key("to").begin_array();
  for (const mail::EnvelopePath& path : envelope.recipients) writer.string(path.address);
  writer.end_array();
  if (envelope.further_recipients > 0) writer.key("to_further").number(envelope.further_recipients);
  writer.end_object();
}

void write_outcome(json::Writer& writer, const Explanation& explanation) {
  if (const auto& author = explanation.facts.new_author) {
    writer.key("from").string(author->from).key("reply_to").string(author->reply_to);
  }
  constexpr std::string_view kWays[] = {"dsn", "mta", "hold"};  // in the order of plan::ReturnBy
  const plan::Handling& handling = explanation.handling;
  if (handling.return_by) writer.key("return").string(kWays[static_cast<std::size_t>(*handling.return_by)]);
  if (handling.sent_copy_for) {
    writer.key("sent_copy")
        .string(*handling.sent_copy_for > Duration{0} ? config::write_duration(*handling.sent_copy_for)
                                                      : std::string("keep"));
  }
}

void write_losses(json::Writer& writer, const std::vector<plan::Loss>& losses) {
  writer.key("losses").begin_array();
  for (const plan::Loss& loss : losses) {
    writer.begin_object().key("code").string(loss.code).key("text").string(loss.text).end_object();
  }
  writer.end_array();
}

void write_decision(json::Writer& writer, const Explanation& explanation) {
  const plan::Plan* plan = plan_of(explanation);
  writer.key("decision").string(decision_word(explanation)).key("rule").string(explanation.rule);
  writer.key("pretend").boolean(explanation.pretends);
  if (plan != nullptr) {
    writer.key("mailbox").string(plan->mailbox).key("message_id").string(plan->message_id);
    writer.key("draft").string(plan->json ? "json" : "mime");
    writer.key("draft_size").number(plan->json ? plan->json->size() : plan->skeleton.size());
    writer.key("request_size").number(plan->json ? plan->json->size() : plan::draft_body_length(plan->skeleton.size()));
    add_texts(writer, "to", plan->to);
    add_texts(writer, "cc", plan->cc);
    add_texts(writer, "bcc", plan->bcc);
    write_outcome(writer, explanation);
    write_losses(writer, explanation.losses);
    return;
  }
  if (explanation.reply) {
    const intake::Answer& reply = *explanation.reply;
    writer.key("reply").string(format("{} {} {}", reply.code, reply.enhanced, reply.text));
  }
  const plan::LeaveAlone* why = left_alone(explanation);
  writer.key("reason").string(why != nullptr ? why->reason : explanation.reason);
  writer.key("text").string(why != nullptr ? why->text : explanation.reason_text);
}

std::string json_of(const Explanation& explanation, ByteCount range_size) {
  json::Writer writer;
  writer.begin_object();
  writer.key("size").number(explanation.facts.size).key("verdict").string(name_of(explanation.facts.verdict));
  writer.key("findings").begin_array();
  for (const mail::Finding& finding : explanation.facts.findings) {
    writer.begin_object().key("code").string(finding.code).key("offset").number(finding.offset);
    writer.key("detail").string(finding.detail).end_object();
  }
  writer.end_array().key("envelope");
  write_envelope(writer, explanation.envelope);
  writer.key("parts").begin_array();
  for (std::size_t i = 0; i < explanation.facts.parts.size(); ++i) write_part(writer, explanation, i, range_size);
  writer.end_array();
  add_texts(writer, "rules", split_list(explanation.rules, "\n"));
  write_decision(writer, explanation);
  writer.end_object();
  return writer.take() + "\n";
}

}  // namespace

std::string print_explanation(const Explanation& explanation, ByteCount range_size, Form form) {
  if (form == Form::Json) return json_of(explanation, range_size);
  std::string out = message_words(explanation) + envelope_words(explanation.envelope) + "parts:\n";
  for (std::size_t i = 0; i < explanation.facts.parts.size(); ++i) out += part_words(explanation, i, range_size);
  return out + rules_words(explanation.rules) + decision_words(explanation);
}

}  // namespace graph_milter::admin
