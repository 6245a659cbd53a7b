// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/attachment_routes.h"

#include "core/base/base64.h"
#include "core/base/format.h"
#include "tests/graph_emulator/bodies.h"
#include "tests/graph_emulator/habits.h"
#include "tests/graph_emulator/odata.h"

namespace graph_milter::emulator {
namespace {

const std::string kFile = "#microsoft.graph.fileAttachment";

// What a list of attachments can select: contentId, contentBytes and contentLocation belong to a derived type.
const std::vector<std::string> kListed = {"id", "name", "contentType", "size", "isInline", "lastModifiedDateTime"};

ByteCount reported_size(const Switches& switches, const Attachment& attachment) {
  const ByteCount size = attachment.content->size();
  return size + size * static_cast<ByteCount>(switches.size_overhead_per_mille) / 1000 + 100;
}

Json attachment_json(const State& state, const Call& call, const Item& item, const Attachment& attachment,
                     bool with_content) {
  Json out = Json::object({{"@odata.type", attachment.kind}});
  if (attachment.kind == kFile) out.set("@odata.mediaContentType", attachment.type);
  out.set("id", item.attachment_id(attachment, call.form));
  out.set("lastModifiedDateTime", iso8601(attachment.modified));
  out.set("name", attachment.name);
  if (attachment.kind == kFile)
    out.set("contentType", attachment.type);
  else
    out.set("contentType", nullptr);
  out.set("size", reported_size(state.switches, attachment));
  out.set("isInline", attachment.is_inline);
  if (attachment.kind != kFile) return out;
  out.set("contentId", attachment.content_id.empty() ? Json() : Json(attachment.content_id));
  out.set("contentLocation", nullptr);
  if (with_content) out.set("contentBytes", base64_encode(attachment.content->all()));
  return out;
}

std::shared_ptr<Item> item_of(State& state, const Call& call) {
  auto item = call.mailbox->find(call.route.item, call.form, call.route.is_event);
  if (!item || lags(state, call, *item)) return nullptr;
  return item;
}

std::string context_of(const State& state, const Call& call) {
  return format("{}/v1.0/$metadata#users('{}')/{}('{}')/attachments", state.settings.graph_url, call.mailbox->address,
                call.route.is_event ? "events" : "messages", call.route.item);
}

bool is_too_large(const State& state, const Mailbox& mailbox, const Item& item, ByteCount more) {
  ByteCount total = item.size() + more;
  if (state.switches.size_counts_base64) total = total / 3 * 4;
  return mailbox.max_send_size > 0 && total > mailbox.max_send_size;
}

}  // namespace

std::optional<Reply> attachment_from(State& state, const Call& call, const Json& body, Attachment& out) {
  static const std::vector<std::string> kKnown = {"@odata.type", "name",      "contentType", "contentBytes",
                                                  "isInline",    "contentId", "size",        "contentLocation"};
  const std::string type = body["@odata.type"].text();
  if (type.empty()) {
    violate(state, call, "an attachment without @odata.type");
    return refuse(state, call, 422, "UnprocessableType",
                  "Cannot process input of abstract type 'microsoft.graph.attachment'");
  }
  if (type != kFile) {
    violate(state, call, "an attachment of type " + type);
    return refuse(state, call, 400, "ErrorInvalidProperty",
                  "The property 'SourceUrl' is required when creating the entity.");
  }
  if (auto refusal = check_properties(state, call, body, kKnown)) return refusal;
  std::string bytes;
  if (body["name"].text().empty() || !body["contentBytes"].is_string() ||
      !decode_base64_strictly(body["contentBytes"].text(), bytes)) {
    violate(state, call, "an attachment without a name, or whose contentBytes is not base64");
    return refuse(state, call, 400, "RequestBodyRead", "Cannot convert the literal to the expected type 'Edm.Binary'.");
  }
  out.name = cleaned_name(state.switches, body["name"].text());
  out.type = body["contentType"].text("application/octet-stream");
  out.is_inline = body["isInline"].boolean();
  out.content_id = body["contentId"].text();
  out.origin = "post";
  out.content = state.store.make_blob();
  out.content->append(bytes);
  return std::nullopt;
}

Reply post_attachment(State& state, Call& call) {
  const auto item = item_of(state, call);
  if (!item || (!item->is_draft && !item->is_event)) return item_not_found(state, call);
  Json body;
  if (auto refusal = read_json_body(state, call, body)) return *std::move(refusal);
  Attachment attachment;
  if (auto refusal = attachment_from(state, call, body, attachment)) return *std::move(refusal);
  const auto ceiling = static_cast<ByteCount>(state.switches.post_ceiling);
  if (ceiling > 0 && attachment.content->size() > ceiling) return oversize_refusal(state, call);
  if (is_too_large(state, *call.mailbox, *item, attachment.content->size())) {
    return refuse(state, call, 400, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.");
  }
  if (attachment.content->size() == 0 && !state.switches.empty_file_taken)
    return refuse(state, call, 400, "ErrorInvalidRequest", "The attachment has no content.");
  attachment.name = own_name(state.switches, *item, attachment.name);
  const Attachment& added = state.store.add_attachment(*item, std::move(attachment), call.now);
  after_addition(state, *item);
  Json reply = attachment_json(state, call, *item, added, true);
  Json with_context = Json::object({{"@odata.context", context_of(state, call) + "/$entity"}});
  for (const Json::Member& member : reply.members()) with_context.set(member.first, member.second);
  return json_reply(201, with_context);
}

Reply list_attachments(State& state, Call& call) {
  const auto item = item_of(state, call);
  if (!item) return item_not_found(state, call);
  if (auto refusal = check_options(state, call, {"$select", "$top", "$skip"})) return *std::move(refusal);
  Json probe = Json::object();
  if (auto refusal = select(state, call, kListed, probe)) return *std::move(refusal);
  const bool with_content = !call.target.has("$select");
  return page(state, call, context_of(state, call), item->attachments.size(), [&](std::size_t index) {
    Json value = attachment_json(state, call, *item, item->attachments[index], with_content);
    (void)select(state, call, kListed, value);
    return value;
  });
}

Reply get_attachment(State& state, Call& call) {
  const auto item = item_of(state, call);
  const Attachment* found = item ? item->find_attachment(call.route.attachment, call.form) : nullptr;
  if (found == nullptr) return item_not_found(state, call);
  if (auto refusal = check_options(state, call, {"$select"})) return *std::move(refusal);
  Json value = attachment_json(state, call, *item, *found, !call.target.has("$select"));
  if (auto refusal = select(state, call, kListed, value)) return *std::move(refusal);
  return json_reply(200, value);
}

Reply get_attachment_content(State& state, Call& call) {
  const auto item = item_of(state, call);
  const Attachment* found = item ? item->find_attachment(call.route.attachment, call.form) : nullptr;
  if (found == nullptr) return item_not_found(state, call);
  Reply reply;
  reply.with("Content-Type", found->kind == kFile ? found->type : "text/plain");
  reply.stream = source_of(found->content);
  return reply;
}

Reply delete_attachment(State& state, Call& call) {
  const auto item = item_of(state, call);
  Attachment* found = item ? item->find_attachment(call.route.attachment, call.form) : nullptr;
  if (found == nullptr) return item_not_found(state, call);
  const std::uint64_t number = found->number;
  std::erase_if(item->attachments, [number](const Attachment& each) { return each.number == number; });
  item->modified = call.now;
  ++item->changes;
  return empty_reply(204);
}

}  // namespace graph_milter::emulator
