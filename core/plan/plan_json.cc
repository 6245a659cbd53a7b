// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/json/json.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kLongestTime = std::uint64_t{1} << 62U;  // in milliseconds; more is no time
constexpr json::Limits kJsonLimits{16 * 1024 * 1024, 8, 1'000'000};

std::string_view name_of(Way way) { return way == Way::Post ? "post" : "session"; }

void write_range(json::Writer& writer, const ByteRange& range) {
  writer.begin_array().number(range.begin).number(range.end).end_array();
}

void write_skeleton(json::Writer& writer, const mail::Splice& skeleton) {
  writer.begin_array();
  for (const mail::SplicePiece& piece : skeleton.pieces) {
    if (const auto* range = std::get_if<ByteRange>(&piece)) {
      write_range(writer, *range);
    } else {
      writer.string(std::get<std::string>(piece));
    }
  }
  writer.end_array();
}

void write_part(json::Writer& writer, const PlannedPart& part) {
  writer.begin_object();
  writer.key("index").number(part.index);
  writer.key("name").string(part.name);
  writer.key("contentType").string(part.content_type);
  writer.key("isInline").boolean(part.is_inline);
  writer.key("contentId").string(part.content_id);
  writer.key("range");
  write_range(writer, part.body.range);
  writer.key("encoding").string(mail::name_of(part.body.encoding));
  writer.key("size").number(part.body.decoded_size);
  writer.key("way").string(name_of(part.way));
  writer.end_object();
}

void write_json_draft(json::Writer& writer, const JsonDraft& draft) {
  writer.begin_object();
  writer.key("before").string(draft.before);
  writer.key("range");
  write_range(writer, draft.text.range);
  writer.key("encoding").string(mail::name_of(draft.text.encoding));
  writer.key("size").number(draft.text.decoded_size);
  writer.key("charset").string(draft.charset);
  writer.key("textLength").number(draft.text_length);
  writer.end_object();
}

void write_addresses(json::Writer& writer, std::string_view key, const std::vector<std::string>& addresses) {
  writer.key(key).begin_array();
  for (const std::string& address : addresses) writer.string(address);
  writer.end_array();
}

constexpr std::array<std::string_view, 3> kReturnWords = {"dsn", "mta", "hold"};  // in the order of ReturnBy

void write_handling(json::Writer& writer, const Handling& handling) {
  if (handling.return_by) writer.key("returnBy").string(kReturnWords[static_cast<std::size_t>(*handling.return_by)]);
  if (handling.sent_copy_for) {
    writer.key("sentCopyFor").number(static_cast<std::uint64_t>(handling.sent_copy_for->count()));
  }
}

void write_unplanned(json::Writer& writer, const LeaveAlone& why) {
  writer.key("unplanned").begin_object();
  writer.key("reason").string(why.reason);
  writer.key("text").string(why.text);
  writer.end_object();
}

// Every reader answers nothing where the value is not of the shape that is written above.

std::optional<std::string> read_string(const json::Value* value) {
  if (value == nullptr || value->as_string() == nullptr) return std::nullopt;
  return *value->as_string();
}

std::optional<ByteRange> read_range(const json::Value* value) {
  if (value == nullptr || !value->is_array() || value->items().size() != 2) return std::nullopt;
  const auto begin = value->items()[0].as_uint64();
  const auto end = value->items()[1].as_uint64();
  if (!begin || !end || *end < *begin) return std::nullopt;
  return ByteRange{*begin, *end};
}

template <class T, class ReadItem>
std::optional<std::vector<T>> read_list(const json::Value* value, ReadItem read_item) {
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<T> list;
  for (const json::Value& item : value->items()) {
    std::optional<T> read = read_item(&item);
    if (!read) return std::nullopt;
    list.push_back(*std::move(read));
  }
  return list;
}

std::optional<mail::SplicePiece> read_piece(const json::Value* value) {
  if (auto text = read_string(value)) return mail::SplicePiece(*std::move(text));
  if (const auto range = read_range(value)) return mail::SplicePiece(*range);
  return std::nullopt;
}

std::optional<Way> read_way(const json::Value* value) {
  const auto name = read_string(value);
  if (name == name_of(Way::Post)) return Way::Post;
  if (name == name_of(Way::Session)) return Way::Session;
  return std::nullopt;
}

std::optional<mail::EncodedRange> read_body(const json::Value& value) {
  const auto range = read_range(value.find("range"));
  const auto encoding = mail::parse_transfer_encoding(read_string(value.find("encoding")).value_or(""));
  const auto size = value.find_uint64("size");
  if (!range || !encoding || !size) return std::nullopt;
  return mail::EncodedRange{*range, *encoding, *size};
}

std::optional<PlannedPart> read_part(const json::Value* value) {
  const auto index = value->find_uint64("index");
  auto name = read_string(value->find("name"));
  auto content_type = read_string(value->find("contentType"));
  const auto is_inline = value->find_bool("isInline");
  auto content_id = read_string(value->find("contentId"));
  const auto body = read_body(*value);
  const auto way = read_way(value->find("way"));
  if (!index || !name || !content_type || !is_inline || !content_id || !body || !way) return std::nullopt;
  return PlannedPart{*index, *std::move(name), *std::move(content_type), *is_inline, *std::move(content_id), *body,
                     *way};
}

std::optional<JsonDraft> read_json_draft(const json::Value& value) {
  auto before = read_string(value.find("before"));
  const auto text = read_body(value);
  auto charset = read_string(value.find("charset"));
  const auto text_length = value.find_uint64("textLength");
  if (!before || !text || !charset || !text_length) return std::nullopt;
  return JsonDraft{*std::move(before), *text, *std::move(charset), *text_length};
}

std::optional<ExpectedAttachment> read_expected(const json::Value* value) {
  auto name = read_string(value->find("name"));
  const auto certain = value->find_bool("certain");
  if (!name || !certain) return std::nullopt;
  return ExpectedAttachment{*std::move(name), *certain};
}

// Each of these is missing in plans of 0.1. What is not of its shape is left out, which plan_from_json notices.
void read_later_members(const json::Value& value, Plan& plan) {
  plan.from = read_string(value.find("from")).value_or("");
  const auto word = read_string(value.find("returnBy"));
  const auto known = std::find(kReturnWords.begin(), kReturnWords.end(), word.value_or(""));
  if (known != kReturnWords.end()) plan.handling.return_by = static_cast<ReturnBy>(known - kReturnWords.begin());
  if (const auto time = value.find_uint64("sentCopyFor"); time && *time <= kLongestTime) {
    plan.handling.sent_copy_for = Duration(static_cast<Duration::rep>(*time));
  }
  if (const json::Value* unplanned = value.find("unplanned"); unplanned != nullptr) {
    plan.unplanned = LeaveAlone{read_string(unplanned->find("reason")).value_or(""),
                                read_string(unplanned->find("text")).value_or("")};
  }
}

std::optional<Plan> read_plan(const json::Value& value) {
  auto rule = read_string(value.find("rule"));
  auto mailbox = read_string(value.find("mailbox"));
  auto message_id = read_string(value.find("messageId"));
  auto pieces = read_list<mail::SplicePiece>(value.find("skeleton"), read_piece);
  auto parts = read_list<PlannedPart>(value.find("parts"), read_part);
  auto in_skeleton = read_list<ExpectedAttachment>(value.find("inSkeleton"), read_expected);
  auto to = read_list<std::string>(value.find("to"), read_string);
  auto cc = read_list<std::string>(value.find("cc"), read_string);
  auto bcc = read_list<std::string>(value.find("bcc"), read_string);
  if (!rule || !mailbox || !message_id || !pieces || !parts || !in_skeleton || !to || !cc || !bcc) return std::nullopt;
  Plan plan;
  plan.rule = *std::move(rule);
  plan.mailbox = *std::move(mailbox);
  plan.message_id = *std::move(message_id);
  plan.skeleton.pieces = *std::move(pieces);
  // Plans of 0.1 know only MIME.
  if (const json::Value* draft = value.find("json"); draft != nullptr) {
    plan.json = read_json_draft(*draft);
    if (!plan.json) return std::nullopt;
  }
  plan.parts = *std::move(parts);
  plan.in_skeleton = *std::move(in_skeleton);
  plan.to = *std::move(to);
  plan.cc = *std::move(cc);
  plan.bcc = *std::move(bcc);
  read_later_members(value, plan);
  return plan;
}

}  // namespace

std::string to_json(const Plan& plan) {
  json::Writer writer;
  writer.begin_object();
  writer.key("version").number(kVersion);
  writer.key("rule").string(plan.rule);
  writer.key("mailbox").string(plan.mailbox);
  writer.key("messageId").string(plan.message_id);
  writer.key("skeleton");
  write_skeleton(writer, plan.skeleton);
  if (plan.json) write_json_draft(writer.key("json"), *plan.json);
  writer.key("parts").begin_array();
  for (const PlannedPart& part : plan.parts) write_part(writer, part);
  writer.end_array();
  writer.key("inSkeleton").begin_array();
  for (const ExpectedAttachment& expected : plan.in_skeleton) {
    writer.begin_object();
    writer.key("name").string(expected.name);
    writer.key("certain").boolean(expected.certain);
    writer.end_object();
  }
  writer.end_array();
  write_addresses(writer, "to", plan.to);
  write_addresses(writer, "cc", plan.cc);
  write_addresses(writer, "bcc", plan.bcc);
  if (!plan.from.empty()) writer.key("from").string(plan.from);
  write_handling(writer, plan.handling);
  if (plan.unplanned) write_unplanned(writer, *plan.unplanned);
  writer.end_object();
  return writer.take();
}

Result<Plan> plan_from_json(std::string_view text) {
  GM_TRY_ASSIGN(const json::Value value, json::parse(text, kJsonLimits));
  std::optional<Plan> plan = read_plan(value);
  // Writing it again shows at once what no reader asked for: unknown members, another version, another order.
  if (!plan || to_json(*plan) != text)
    return fail(ErrorKind::Corrupt, "plan", "is not a plan as this version writes it");
  return *std::move(plan);
}

}  // namespace graph_milter::plan
