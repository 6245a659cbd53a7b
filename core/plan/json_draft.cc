// SPDX-License-Identifier: Apache-2.0
#include "core/plan/json_draft.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"
#include "core/mail/address.h"
#include "core/mail/encoded_word.h"
#include "core/mail/text_reader.h"
#include "core/plan/draft_fields.h"

namespace graph_milter::plan {
namespace {

// Graph takes five; two or three are ours.
constexpr std::size_t kHeaders = 5;

// PS_INTERNET_HEADERS: a named property that is a header field of the message (MS-OXPROPS 1.3.2).
constexpr std::string_view kHeaderProperty = "String {00020386-0000-0000-C000-000000000046} Name ";
constexpr std::string_view kInReplyTo = "String 0x1042";     // PidTagInReplyToId
constexpr std::string_view kReferences = "String 0x1039";    // PidTagInternetReferences
constexpr std::string_view kSensitivity = "Integer 0x0036";  // PidTagSensitivity

LeaveAlone cant(std::string_view code, std::string text) {
  return {format("json:{}", code), "as JSON: " + std::move(text)};
}

bool has_text(const mail::Part& part) { return part.type == "text/plain" || part.type == "text/html"; }

const std::string* value_of(const mail::MessageFacts& facts, std::string_view lower_name) {
  const mail::HeaderField* field = facts.find_header(lower_name);
  return field == nullptr || field->value.empty() ? nullptr : &field->value;
}

void write_address(json::Writer& out, const std::string& name, const std::string& address) {
  out.begin_object().key("emailAddress").begin_object();
  if (!name.empty()) out.key("name").string(name);
  out.key("address").string(address);
  out.end_object().end_object();
}

std::string name_in(const std::vector<mail::Mailbox>& mailboxes, const std::string& address) {
  const auto found = std::find_if(mailboxes.begin(), mailboxes.end(),
                                  [&](const mail::Mailbox& each) { return each.address == address; });
  return found == mailboxes.end() ? std::string() : found->display_name;
}

void write_addresses(json::Writer& out, std::string_view key, const std::vector<std::string>& addresses,
                     const std::vector<mail::Mailbox>& named) {
  if (addresses.empty()) return;
  out.key(key).begin_array();
  for (const std::string& address : addresses) write_address(out, name_in(named, address), address);
  out.end_array();
}

constexpr std::array<std::string_view, 3> kImportances = {"high", "low", "normal"};

bool is_importance(std::string_view value) {
  return std::any_of(kImportances.begin(), kImportances.end(),
                     [&](std::string_view word) { return equal_ignoring_case(value, word); });
}

std::string_view importance_of(const mail::MessageFacts& facts) {
  if (const std::string* value = value_of(facts, "importance")) {
    for (const std::string_view word : kImportances)
      if (equal_ignoring_case(*value, word)) return word;
  }
  const std::string* priority = value_of(facts, "x-priority");
  if (priority == nullptr) return "normal";
  if (priority->front() == '1' || priority->front() == '2') return "high";
  return priority->front() == '4' || priority->front() == '5' ? "low" : "normal";
}

std::string_view sensitivity_of(const mail::MessageFacts& facts) {
  const std::string* value = value_of(facts, "sensitivity");
  if (value == nullptr) return "";
  if (equal_ignoring_case(*value, "personal")) return "1";
  if (equal_ignoring_case(*value, "private")) return "2";
  return equal_ignoring_case(*value, "company-confidential") ? "3" : "";
}

struct Pair {
  std::string name;
  std::string value;
};

void write_pairs(json::Writer& out, std::string_view key, std::string_view name_key, const std::vector<Pair>& pairs) {
  if (pairs.empty()) return;  // an empty array is refused
  out.key(key).begin_array();
  for (const Pair& pair : pairs) {
    out.begin_object().key(name_key).string(pair.name).key("value").string(pair.value).end_object();
  }
  out.end_array();
}

// What the header says that has no property of its own.
struct Extras {
  std::vector<Pair> headers;
  std::vector<Pair> properties;
};

Extras extras_of(const PlanInput& input) {
  const mail::MessageFacts& facts = input.facts;
  Extras extras;
  extras.headers.push_back({std::string(kMarkerField), make_marker(input.instance, input.entry_id)});
  if (!input.seal.empty()) extras.headers.push_back({std::string(kSealField), input.seal});
  if (asks_for_no_replies(facts)) extras.headers.push_back({std::string(kSuppressField), std::string(kSuppressed)});
  for (const mail::HeaderField* field : x_fields_of(facts)) {
    if (extras.headers.size() < kHeaders) {
      extras.headers.push_back({field->name, field->value});
    } else {
      extras.properties.push_back({std::string(kHeaderProperty) + field->name, field->value});
    }
  }
  const auto add = [&](std::string_view id, std::string_view field) {
    if (const std::string* value = value_of(facts, field); value != nullptr && is_ascii(*value)) {
      extras.properties.push_back({std::string(id), *value});
    }
  };
  add(kInReplyTo, "in-reply-to");
  add(kReferences, "references");
  if (const auto word = sensitivity_of(facts); !word.empty())
    extras.properties.push_back({std::string(kSensitivity), std::string(word)});
  return extras;
}

// Fields of people, decoded; nothing where two could read them differently.
struct Fields {
  std::string subject;
  std::vector<mail::Mailbox> reply_to;
};

std::variant<Fields, LeaveAlone> read_fields(const mail::MessageFacts& facts) {
  Fields fields;
  if (const std::string* subject = value_of(facts, "subject")) {
    auto decoded = mail::decode_encoded_words(*subject);
    if (!decoded) return cant("field", "Subject can't be decoded");
    fields.subject = *std::move(decoded);
  }
  if (const std::string* reply_to = value_of(facts, "reply-to")) {
    auto mailboxes = mail::parse_mailbox_list(*reply_to);
    if (!mailboxes) return cant("field", "Reply-To: " + mailboxes.error().what);
    fields.reply_to = *std::move(mailboxes);
  }
  return fields;
}

// Escaped for JSON; the text is read once.
std::variant<ByteCount, LeaveAlone> measure(ByteSource& message, const mail::Part& part, ByteCount limit) {
  auto reader = mail::TextReader::open(message, part.body, part.parameter("charset"));
  if (!reader) return cant("text", "the text " + reader.error().what);
  std::array<char, 16 * 1024> block;
  for (ByteCount length = 0;;) {
    const auto got = reader->read(block);
    if (!got) return cant("text", "the text " + got.error().what);
    if (*got == 0) return length;
    length += json::escaped_length({block.data(), *got});
    if (length > limit) return length;
  }
}

std::string opening(const PlanInput& input, const Fields& fields, const Recipients& recipients,
                    const std::string& message_id, bool is_html) {
  const mail::MessageFacts& facts = input.facts;
  const Extras extras = extras_of(input);
  json::Writer out;
  out.begin_object();
  out.key("subject").string(fields.subject);
  out.key("from");
  write_address(out, facts.from.front().display_name, facts.from.front().address);
  write_addresses(out, "toRecipients", recipients.to, facts.to);
  write_addresses(out, "ccRecipients", recipients.cc, facts.cc);
  write_addresses(out, "bccRecipients", recipients.bcc, {});
  if (!fields.reply_to.empty()) {
    out.key("replyTo").begin_array();
    for (const mail::Mailbox& mailbox : fields.reply_to) write_address(out, mailbox.display_name, mailbox.address);
    out.end_array();
  }
  out.key("internetMessageId").string(message_id);
  out.key("importance").string(importance_of(facts));
  if (value_of(facts, "disposition-notification-to") != nullptr) out.key("isReadReceiptRequested").boolean(true);
  if (value_of(facts, "return-receipt-to") != nullptr) out.key("isDeliveryReceiptRequested").boolean(true);
  write_pairs(out, "internetMessageHeaders", "name", extras.headers);
  write_pairs(out, "singleValueExtendedProperties", "id", extras.properties);
  out.key("body").begin_object();
  out.key("contentType").string(is_html ? "html" : "text");
  out.key("content").string("");
  out.end_object().end_object();
  std::string text = out.take();
  text.resize(text.size() - kJsonDraftEnd.size());
  return text;
}

std::optional<LeaveAlone> check_part(const PlanInput& input, PartRole role, std::size_t index) {
  const mail::Part& part = input.facts.parts[index];
  const std::string which =
      format("part {} ({})", index, escape_for_log(part.name.empty() ? part.type : part.name, 80));
  if (role == PartRole::Fixed) return cant("fixed-part", which + " can only go as MIME");
  if (part.body.decoded_size == 0) return cant("empty-file", which + " is empty, and who knows what Graph does then");
  return check_cut(input.facts, index, input.limits);
}

}  // namespace

std::size_t text_of_json_draft(const mail::MessageFacts& facts) {
  const std::vector<bool> body = mail::body_text_parts(facts);
  std::size_t chosen = mail::Part::kNone;
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    if (!body[i] || !has_text(facts.parts[i])) continue;
    const bool is_better = chosen == mail::Part::kNone || facts.parts[chosen].type != "text/html";
    if (is_better && (chosen == mail::Part::kNone || facts.parts[i].type == "text/html")) chosen = i;
  }
  return chosen;
}

std::vector<const mail::HeaderField*> x_fields_of(const mail::MessageFacts& facts) {
  std::vector<const mail::HeaderField*> fields;
  std::set<std::string_view> seen = {"x-graph-milter-id", "x-graph-milter-seal"};
  if (asks_for_no_replies(facts)) seen.insert("x-auto-response-suppress");
  for (const mail::HeaderField& field : facts.headers) {
    const bool fits = field.name.starts_with("x-") && is_ascii(field.name) && is_ascii(field.value);
    if (!fits || field.value.empty() || is_reserved_field(field.name) || !seen.insert(field.name).second) continue;
    fields.push_back(&field);
  }
  return fields;
}

bool is_in_json_draft(const mail::MessageFacts& facts, const mail::HeaderField& field) {
  constexpr std::array<std::string_view, 16> kRead = {
      "from",        "sender",     "to",           "cc",          "bcc",
      "reply-to",    "subject",    "message-id",   "importance",  "disposition-notification-to",
      "in-reply-to", "references", "mime-version", "sensitivity", "return-receipt-to",
      "content-type"};
  constexpr std::array<std::string_view, 3> kOfTheBody = {"content-transfer-encoding", "content-disposition",
                                                          "content-id"};
  if (std::find(kOfTheBody.begin(), kOfTheBody.end(), field.name) != kOfTheBody.end()) return true;
  const std::vector<const mail::HeaderField*> x_fields = x_fields_of(facts);
  if (std::find(x_fields.begin(), x_fields.end(), &field) != x_fields.end()) return true;
  if (std::find(kRead.begin(), kRead.end(), field.name) == kRead.end()) return false;
  if (facts.find_header(field.name) != &field) return false;  // the first of its name is read
  if (field.name == "sensitivity") return !sensitivity_of(facts).empty() || equal_ignoring_case(field.value, "normal");
  if (field.name == "importance") return is_importance(field.value);
  return (field.name != "in-reply-to" && field.name != "references") || is_ascii(field.value);
}

std::variant<JsonChoice, LeaveAlone> make_json_draft(const PlanInput& input, const std::vector<PartRole>& roles,
                                                     const Recipients& recipients, const std::string& message_id) {
  const mail::MessageFacts& facts = input.facts;
  const std::size_t text = text_of_json_draft(facts);
  if (text == mail::Part::kNone || input.message == nullptr) return cant("text", "the message has no text");
  JsonChoice choice;
  for (std::size_t i = 0; i < facts.parts.size(); ++i) {
    if (roles[i] == PartRole::Container) continue;
    if (roles[i] == PartRole::Body) {
      if (has_text(facts.parts[i])) continue;
      return cant("fixed-part", format("part {} ({}) can only go as MIME", i, escape_for_log(facts.parts[i].type, 80)));
    }
    if (auto refusal = check_part(input, roles[i], i)) return *std::move(refusal);
    choice.cut.push_back(i);
  }
  const mail::Part& part = facts.parts[text];
  if (!part.exact) return cant("text", "the text can't be decoded exactly");
  auto fields = read_fields(facts);
  if (auto* refusal = std::get_if<LeaveAlone>(&fields)) return std::move(*refusal);
  auto length = measure(*input.message, part, input.limits.request_body);
  if (auto* refusal = std::get_if<LeaveAlone>(&length)) return std::move(*refusal);
  choice.draft.before = opening(input, std::get<Fields>(fields), recipients, message_id, part.type == "text/html");
  choice.draft.text = part.body;
  choice.draft.charset = part.parameter("charset");
  choice.draft.text_length = std::get<ByteCount>(length);
  if (choice.draft.size() > input.limits.request_body) {
    return cant("too-large",
                format("the draft has more than {} bytes, and Graph takes no more", input.limits.request_body));
  }
  return choice;
}

}  // namespace graph_milter::plan
