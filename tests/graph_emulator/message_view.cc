// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/message_view.h"

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

Json address_json(const Address& address) {
  const std::string& name = address.name.empty() ? address.address : address.name;
  return Json::object({{"emailAddress", Json::object({{"name", name}, {"address", address.address}})}});
}

Json recipients_json(const Item& item, std::string_view field) {
  Json list = Json::array();
  for (const Address& address : recipients_of(item, field)) list.push(address_json(address));
  return list;
}

Json first_address(const Item& item, std::string_view field) {
  const std::vector<Address> found = recipients_of(item, field);
  return found.empty() ? Json() : address_json(found.front());
}

Json body_json(const Item& item) {
  const LeafView* chosen = nullptr;
  const std::vector<LeafView> leaves = leaves_of(item.parsed);
  for (const LeafView& leaf : leaves) {
    if (leaf.is_body && (chosen == nullptr || leaf.entity->type == "text/html")) chosen = &leaf;
  }
  if (chosen == nullptr) return Json::object({{"contentType", "text"}, {"content", ""}});
  std::string content = decoded_body(item.mime, *chosen->entity);
  if (!is_valid_utf8(content)) content = "(not UTF-8)";
  return Json::object({{"contentType", chosen->entity->type == "text/html" ? "html" : "text"}, {"content", content}});
}

std::string sound(const std::string& text) { return is_valid_utf8(text) ? text : std::string("(not UTF-8)"); }

Json headers_json(const Item& item) {
  Json list = Json::array();
  for (const Field& field : item.parsed.fields) {
    list.push(Json::object({{"name", sound(field.name)}, {"value", sound(field.value)}}));
  }
  return list;
}

bool has_real_attachment(const Item& item) {
  for (const Attachment& attachment : item.attachments) {
    if (!attachment.is_inline) return true;
  }
  return false;
}

// "String {GUID} Name X" of PS_INTERNET_HEADERS.
constexpr std::string_view kNamed = "String {00020386-0000-0000-c000-000000000046} Name ";
bool is_named_property(const std::string& id) { return starts_with_ignoring_case(id, kNamed); }

// The header field that a property is, by its own name or as MAPI has it; empty: none.
std::string field_of_property(const std::string& id) {
  if (is_named_property(id)) return id.substr(kNamed.size());
  if (equal_ignoring_case(id, "String 0x1042")) return "In-Reply-To";
  if (equal_ignoring_case(id, "String 0x1039")) return "References";
  return equal_ignoring_case(id, "Integer 0x0036") ? "Sensitivity" : "";
}

std::string value_of_property(const std::string& field, const std::string& value) {
  if (field != "Sensitivity") return value;
  if (value == "1") return "Personal";
  if (value == "2") return "Private";
  return value == "3" ? "Company-Confidential" : "";
}

std::string wrapped_base64(const std::string& bytes) {
  constexpr std::size_t kLine = 76;
  const std::string flat = base64_encode(bytes);
  std::string out;
  for (std::size_t at = 0; at < flat.size(); at += kLine) out += flat.substr(at, kLine) + "\r\n";
  return out;
}

}  // namespace

std::string field_text(const std::string& value) {
  bool plain = true;
  for (const char c : value)
    plain = plain && static_cast<unsigned char>(c) >= 32 && static_cast<unsigned char>(c) < 127;
  return plain ? value : "=?utf-8?B?" + base64_encode(value) + "?=";
}

const std::vector<std::string>& message_properties() {
  static const std::vector<std::string> names = {"id",
                                                 "createdDateTime",
                                                 "lastModifiedDateTime",
                                                 "changeKey",
                                                 "categories",
                                                 "receivedDateTime",
                                                 "sentDateTime",
                                                 "hasAttachments",
                                                 "internetMessageId",
                                                 "internetMessageHeaders",
                                                 "subject",
                                                 "bodyPreview",
                                                 "importance",
                                                 "parentFolderId",
                                                 "conversationId",
                                                 "isDeliveryReceiptRequested",
                                                 "isReadReceiptRequested",
                                                 "isRead",
                                                 "isDraft",
                                                 "webLink",
                                                 "body",
                                                 "sender",
                                                 "from",
                                                 "toRecipients",
                                                 "ccRecipients",
                                                 "bccRecipients",
                                                 "replyTo",
                                                 "flag"};
  return names;
}

std::vector<Address> recipients_of(const Item& item, std::string_view field) {
  std::vector<Address> out;
  for (const Field& each : item.parsed.fields) {
    if (!equal_ignoring_case(each.name, field)) continue;
    for (Address& address : parse_addresses(each.value)) out.push_back(std::move(address));
  }
  return out;
}

Json message_json(const State& state, const Call& call, const Item& item, bool with_headers) {
  (void)state;
  const std::string key = base64_encode(format("ck{:06}.{:04}", item.number, item.changes));
  Json out = Json::object({{"@odata.etag", format("W/\"{}\"", key)},
                           {"id", item.id(call.form)},
                           {"createdDateTime", iso8601(item.created)},
                           {"lastModifiedDateTime", iso8601(item.modified)},
                           {"changeKey", key},
                           {"categories", Json::array()},
                           {"receivedDateTime", iso8601(item.sent.value_or(item.created))},
                           {"sentDateTime", iso8601(item.sent.value_or(item.created))},
                           {"hasAttachments", has_real_attachment(item)},
                           {"internetMessageId", sound(item.parsed.value("Message-ID"))}});
  if (with_headers) out.set("internetMessageHeaders", headers_json(item));
  const Json body = body_json(item);
  out.set("subject", sound(decode_words(item.parsed.value("Subject"))));
  out.set("bodyPreview", "");
  out.set("importance", "normal");
  out.set("parentFolderId", call.mailbox->folder_id(item.folder, call.form));
  out.set("conversationId", item.conversation);
  out.set("isDeliveryReceiptRequested", item.parsed.field("Return-Receipt-To") != nullptr);
  out.set("isReadReceiptRequested", item.parsed.field("Disposition-Notification-To") != nullptr);
  out.set("isRead", true);
  out.set("isDraft", item.is_draft);
  out.set("webLink", "https://outlook.office365.com/owa/?ItemID=" + percent_encode(item.id(call.form)));
  out.set("body", body);
  out.set("sender", first_address(item, item.parsed.field("Sender") != nullptr ? "Sender" : "From"));
  out.set("from", first_address(item, "From"));
  out.set("toRecipients", recipients_json(item, "To"));
  out.set("ccRecipients", recipients_json(item, "Cc"));
  out.set("bccRecipients", recipients_json(item, "Bcc"));
  out.set("replyTo", recipients_json(item, "Reply-To"));
  out.set("flag", Json::object({{"flagStatus", "notFlagged"}}));
  return out;
}

std::string address_list(const Json& recipients) {
  std::string out;
  for (const Json& each : recipients.items()) {
    const Json& address = each["emailAddress"];
    const std::string name = address["name"].text();
    if (!out.empty()) out += ",\r\n ";
    std::string phrase = field_text(name);
    if (phrase == name && !name.empty()) phrase = format("\"{}\"", name);
    out += format("{}{}<{}>", phrase, phrase.empty() ? "" : " ", address["address"].text());
  }
  return out;
}

std::string mime_from_json(const Mailbox& mailbox, const Json& message, const Switches& switches, TimePoint now) {
  std::string head;
  const auto field = [&head](const std::string& name, const std::string& value) {
    if (!value.empty()) head += name + ": " + value + "\r\n";
  };
  const Json& from = message["from"].is_object() ? message["from"] : message["sender"];
  field("From", from.is_object() ? address_list(Json::array().push(from)) : format("<{}>", mailbox.address));
  field("To", address_list(message["toRecipients"]));
  field("Cc", address_list(message["ccRecipients"]));
  field("Bcc", address_list(message["bccRecipients"]));
  field("Reply-To", address_list(message["replyTo"]));
  field("Subject", field_text(message["subject"].text()));
  field("Date", rfc5322_date(now));
  field("Message-ID", message["internetMessageId"].text(format("<{}@emulator.contoso.com>", make_uuid())));
  for (const Json& header : message["internetMessageHeaders"].items())
    field(header["name"].text(), field_text(header["value"].text()));
  for (const Json& property : message["singleValueExtendedProperties"].items()) {
    const std::string name = field_of_property(property["id"].text());
    const bool is_kept = switches.mapi_fields_kept || is_named_property(property["id"].text());
    if (!name.empty() && is_kept) field(name, field_text(value_of_property(name, property["value"].text())));
  }
  const std::string importance = message["importance"].text("normal");
  if (!equal_ignoring_case(importance, "normal")) field("Importance", importance);
  const std::string reporter = format("<{}>", mailbox.address);
  if (message["isReadReceiptRequested"].boolean()) field("Disposition-Notification-To", reporter);
  if (message["isDeliveryReceiptRequested"].boolean()) field("Return-Receipt-To", reporter);
  field("MIME-Version", "1.0");
  const bool html = equal_ignoring_case(message["body"]["contentType"].text("text"), "html");
  field("Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
  field("Content-Transfer-Encoding", "base64");
  return head + "\r\n" + wrapped_base64(message["body"]["content"].text());
}

std::string with_field(const std::string& mime, std::string_view name, std::string_view value) {
  const Entity entity = read_mime(mime);
  std::string out;
  std::size_t at = 0;
  for (const Field& field : entity.fields) {
    if (!equal_ignoring_case(field.name, name)) continue;
    out += mime.substr(at, field.begin - at);
    at = field.end;
  }
  out += mime.substr(at);
  if (value.empty()) return out;
  return std::string(name) + ": " + std::string(value) + "\r\n" + out;
}

}  // namespace graph_milter::emulator
