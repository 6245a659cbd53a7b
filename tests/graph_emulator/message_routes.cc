// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/message_routes.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "tests/graph_emulator/attachment_routes.h"
#include "tests/graph_emulator/bodies.h"
#include "tests/graph_emulator/delivery.h"
#include "tests/graph_emulator/message_view.h"
#include "tests/graph_emulator/odata.h"

namespace graph_milter::emulator {
namespace {

std::string entity_context(const State& state, const Call& call) {
  return format("{}/v1.0/$metadata#users('{}')/messages", state.settings.graph_url, call.mailbox->address);
}

Json with_context(const State& state, const Call& call, const Json& value) {
  Json out = Json::object({{"@odata.context", entity_context(state, call) + "/$entity"}});
  for (const Json::Member& member : value.members()) out.set(member.first, member.second);
  return out;
}

bool shows_headers(const State& state, const Call& call, const Item& item) {
  if (item.folder == "sentitems" && state.switches.sent_headers_hidden) return false;
  return call.target.option("$select").find("internetMessageHeaders") != std::string::npos;
}

std::optional<Reply> check_headers(State& state, const Call& call, const Json& message) {
  const Json* headers = message.find("internetMessageHeaders");
  if (headers == nullptr) return std::nullopt;
  if (headers->items().empty() || headers->items().size() > 5) {
    return refuse(state, call, 400, "InvalidInternetMessageHeaderCollection",
                  "The internet message header collection must have between 1 and 5 headers.");
  }
  for (const Json& header : headers->items()) {
    const std::string name = header["name"].text();
    if (starts_with_ignoring_case(name, "x-")) continue;
    return refuse(state, call, 400, "InvalidInternetMessageHeader",
                  format("The internet message header name '{}' should start with 'x-' or 'X-'.", name));
  }
  return std::nullopt;
}

const std::vector<std::string>& writable_properties() {
  static const std::vector<std::string> names = {"@odata.type",
                                                 "subject",
                                                 "body",
                                                 "from",
                                                 "sender",
                                                 "toRecipients",
                                                 "ccRecipients",
                                                 "bccRecipients",
                                                 "replyTo",
                                                 "importance",
                                                 "categories",
                                                 "flag",
                                                 "isRead",
                                                 "isReadReceiptRequested",
                                                 "isDeliveryReceiptRequested",
                                                 "internetMessageId",
                                                 "internetMessageHeaders",
                                                 "singleValueExtendedProperties",
                                                 "attachments",
                                                 "hasAttachments"};
  return names;
}

std::shared_ptr<Item> make_mime_draft(State& state, Call& call, const std::string& folder, Reply& refusal) {
  std::string mime;
  if (!decode_base64_strictly(call.body, mime) || mime.empty()) {
    violate(state, call, "a MIME body that is not strict base64");
    refusal =
        refuse(state, call, 400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.");
    return nullptr;
  }
  std::shared_ptr<Item> item = state.store.add_message(*call.mailbox, folder, std::move(mime), call.now);
  if (item->parsed.field("Message-ID") == nullptr) {
    item->mime = with_field(item->mime, "Message-ID", format("<{}@emulator.contoso.com>", make_uuid()));
    item->parsed = read_mime(item->mime);
  }
  return item;
}

Reply message_reply(State& state, const Call& call, int status, const Item& item) {
  return json_reply(status, with_context(state, call, message_json(state, call, item, false)));
}

}  // namespace

std::shared_ptr<Item> make_json_draft(State& state, Call& call, const Json& message, const std::string& folder,
                                      Reply& refusal) {
  if (auto refused = check_properties(state, call, message, writable_properties())) {
    refusal = *std::move(refused);
    return nullptr;
  }
  if (auto refused = check_headers(state, call, message)) {
    refusal = *std::move(refused);
    return nullptr;
  }
  std::vector<Attachment> attachments;
  for (const Json& each : message["attachments"].items()) {
    if (auto refused = attachment_from(state, call, each, attachments.emplace_back())) {
      refusal = *std::move(refused);
      return nullptr;
    }
  }
  std::shared_ptr<Item> item = state.store.add_message(
      *call.mailbox, folder, mime_from_json(*call.mailbox, message, state.switches, call.now), call.now);
  for (Attachment& attachment : attachments) state.store.add_attachment(*item, std::move(attachment), call.now);
  for (const Json& each : message["singleValueExtendedProperties"].items()) {
    item->extended.push_back({each["id"].text(), each["value"].text()});
  }
  return item;
}

std::shared_ptr<Item> make_draft(State& state, Call& call, const std::string& folder, Reply& refusal) {
  const std::string type = call.exchange.header("content-type");
  if (starts_with_ignoring_case(type, "text/plain")) return make_mime_draft(state, call, folder, refusal);
  Json message;
  if (auto refused = read_json_body(state, call, message)) {
    refusal = *std::move(refused);
    return nullptr;
  }
  return make_json_draft(state, call, message, folder, refusal);
}

Reply create_draft(State& state, Call& call) {
  const auto folder = call.route.folder.empty() ? std::string("drafts")
                                                : call.mailbox->folder_of(call.route.folder, call.form).value_or("");
  if (folder.empty()) return item_not_found(state, call);
  Reply refusal;
  const std::shared_ptr<Item> item = make_draft(state, call, folder, refusal);
  if (!item) return refusal;
  Reply reply = message_reply(state, call, 201, *item);
  reply.with("Location", format("{}/v1.0/users('{}')/messages('{}')", state.settings.graph_url, call.mailbox->guid,
                                percent_encode(item->id(call.form))));
  return reply;
}

Reply get_message(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, false);
  if (!item || lags(state, call, *item)) return item_not_found(state, call);
  if (auto refusal = check_options(state, call, {"$select"})) return *std::move(refusal);
  Json value = message_json(state, call, *item, shows_headers(state, call, *item));
  if (auto refusal = select(state, call, message_properties(), value)) return *std::move(refusal);
  return json_reply(200, with_context(state, call, value));
}

Reply get_message_content(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, false);
  if (!item || lags(state, call, *item)) return item_not_found(state, call);
  Reply reply;
  reply.with("Content-Type", "text/plain");
  const bool grown = std::any_of(item->attachments.begin(), item->attachments.end(),
                                 [](const Attachment& each) { return each.origin != "mime"; });
  if (!grown) {
    reply.body = item->mime;
    return reply;
  }
  write_message(make_delivery(*item, call.mailbox->address, call.now, 0), state.switches,
                [&](std::string_view bytes) { reply.body += bytes; });
  return reply;
}

Reply list_messages(State& state, Call& call) {
  static const std::vector<std::string> kOptions = {"$select", "$top", "$skip", "$filter", "$orderby"};
  if (auto refusal = check_options(state, call, kOptions)) return *std::move(refusal);
  const std::optional<std::string> folder =
      call.route.folder.empty() ? std::nullopt : call.mailbox->folder_of(call.route.folder, call.form);
  if (!call.route.folder.empty() && !folder) return item_not_found(state, call);
  FilterResult filter = parse_filter(state, call);
  if (filter.refusal) return *std::move(filter.refusal);
  Json probe = Json::object();
  if (auto refusal = select(state, call, message_properties(), probe)) return *std::move(refusal);

  std::vector<std::shared_ptr<Item>> found;
  for (const auto& [number, item] : call.mailbox->items) {
    if (item->is_event || item->folder.empty() || (folder && item->folder != *folder)) continue;
    if (filter.matches(*item) && !lags(state, call, *item)) found.push_back(item);
  }
  std::reverse(found.begin(), found.end());  // newest first
  return page(state, call, entity_context(state, call), found.size(), [&](std::size_t index) {
    Json value = message_json(state, call, *found[index], shows_headers(state, call, *found[index]));
    (void)select(state, call, message_properties(), value);
    return value;
  });
}

Reply patch_message(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, false);
  if (!item || lags(state, call, *item)) return item_not_found(state, call);
  Json change;
  if (auto refusal = read_json_body(state, call, change)) return *std::move(refusal);
  if (auto refusal = check_properties(state, call, change, writable_properties())) return *std::move(refusal);
  for (const Json::Member& member : change.members()) {
    const bool needs_draft = member.first != "isRead" && member.first != "categories" && member.first != "flag";
    if (!item->is_draft && needs_draft) {
      return refuse(state, call, 400, "ErrorInvalidPropertySet",
                    format("The property '{}' can't be set.", member.first));
    }
    const Json& value = member.second;
    if (member.first == "subject") item->mime = with_field(item->mime, "Subject", value.text());
    if (member.first == "toRecipients") item->mime = with_field(item->mime, "To", address_list(value));
    if (member.first == "ccRecipients") item->mime = with_field(item->mime, "Cc", address_list(value));
    if (member.first == "bccRecipients") item->mime = with_field(item->mime, "Bcc", address_list(value));
    if (member.first == "internetMessageId") item->mime = with_field(item->mime, "Message-ID", value.text());
  }
  item->parsed = read_mime(item->mime);
  item->modified = call.now;
  ++item->changes;
  return message_reply(state, call, 200, *item);
}

Reply delete_message(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, false);
  if (!item && call.form == IdForm::Immutable) {
    return refuse(state, call, 403, "ErrorCannotDeleteObject", "Items can't be deleted from this folder.");
  }
  if (!item || lags(state, call, *item)) return item_not_found(state, call);
  item->folder = item->folder == "deleteditems" ? "recoverableitemsdeletions" : "deleteditems";
  item->send_due.reset();  // what was on its way is stopped
  ++item->moves;
  return empty_reply(204);
}

Reply permanent_delete(State& state, Call& call) {
  const auto item = call.mailbox->find(call.route.item, call.form, false);
  if (!item || lags(state, call, *item)) return item_not_found(state, call);
  item->folder.clear();
  item->send_due.reset();
  call.mailbox->items.erase(item->number);
  return empty_reply(204);
}

namespace {

Json folder_json(const Call& call, const std::string& name) {
  std::int64_t count = 0;
  for (const auto& [number, item] : call.mailbox->items) count += !item->is_event && item->folder == name ? 1 : 0;
  return Json::object({{"id", call.mailbox->folder_id(name, call.form)},
                       {"displayName", name},
                       {"parentFolderId", call.mailbox->folder_id("msgfolderroot", call.form)},
                       {"childFolderCount", 0},
                       {"unreadItemCount", 0},
                       {"totalItemCount", count},
                       {"isHidden", false}});
}

}  // namespace

Reply get_folder(State& state, Call& call) {
  const auto folder = call.mailbox->folder_of(call.route.folder, call.form);
  if (!folder) return item_not_found(state, call);
  return json_reply(200, folder_json(call, *folder));
}

Reply list_folders(State& state, Call& call) {
  const std::vector<std::string>& names = well_known_folders();
  return page(state, call, state.settings.graph_url + "/v1.0/$metadata#mailFolders", names.size(),
              [&](std::size_t index) { return folder_json(call, names[index]); });
}

}  // namespace graph_milter::emulator
