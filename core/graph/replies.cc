// SPDX-License-Identifier: Apache-2.0
#include "core/graph/replies.h"

#include <chrono>

#include "core/base/text.h"
#include "core/graph/calls.h"
#include "core/graph/expected_ranges.h"
#include "core/json/json.h"

namespace graph_milter::graph {
namespace {

// A page of messages with their headers, or their recipients, has more members than the default allows.
constexpr json::Limits kPageLimits{.bytes = kPageBytes, .depth = 32, .members = 262'144};

std::string text_of(const json::Value& object, std::string_view key) {
  const std::string* text = object.find_string(key);
  return text != nullptr ? *text : "";
}

std::vector<std::string> addresses_of(const json::Value& message, std::string_view key) {
  std::vector<std::string> addresses;
  const json::Value* recipients = message.find(key);
  if (recipients == nullptr) return addresses;
  for (const json::Value& recipient : recipients->items()) {
    const json::Value* address = recipient.find("emailAddress");
    addresses.push_back(address != nullptr ? text_of(*address, "address") : "");
  }
  return addresses;
}

TimePoint time_of(const json::Value& object, std::string_view key) {
  return read_time(text_of(object, key)).value_or(TimePoint{});
}

std::optional<Message> message_from(const json::Value& value) {
  Message message;
  message.id = text_of(value, "id");
  if (message.id.empty()) return std::nullopt;
  message.is_draft = value.find_bool("isDraft").value_or(false);
  message.internet_message_id = text_of(value, "internetMessageId");
  message.parent_folder_id = text_of(value, "parentFolderId");
  message.to = addresses_of(value, "toRecipients");
  message.cc = addresses_of(value, "ccRecipients");
  message.bcc = addresses_of(value, "bccRecipients");
  if (const json::Value* from = value.find("from"); from != nullptr) {
    if (const json::Value* address = from->find("emailAddress")) message.from = text_of(*address, "address");
  }
  message.sent = time_of(value, "sentDateTime");
  return message;
}

std::optional<Attachment> attachment_from(const json::Value& value) {
  Attachment attachment;
  attachment.id = text_of(value, "id");
  if (attachment.id.empty()) return std::nullopt;
  attachment.name = text_of(value, "name");
  attachment.content_type = text_of(value, "contentType");
  attachment.size = value.find_uint64("size").value_or(0);
  attachment.is_inline = value.find_bool("isInline").value_or(false);
  attachment.kind = text_of(value, "@odata.type");
  return attachment;
}

ListedMessage listed_message_from(const json::Value& value) {
  ListedMessage message;
  message.id = text_of(value, "id");
  message.is_draft = value.find_bool("isDraft").value_or(false);
  message.created = time_of(value, "createdDateTime");
  message.sent = time_of(value, "sentDateTime");
  const json::Value* headers = value.find("internetMessageHeaders");
  if (headers == nullptr || !headers->is_array()) return message;
  message.has_headers = true;
  for (const json::Value& header : headers->items())
    if (equal_ignoring_case(text_of(header, "name"), kMarkerHeader))
      message.markers.emplace_back(trim(text_of(header, "value")));
  return message;
}

// The items of a page; null if the body is no page.
const std::vector<json::Value>* items_of(const Result<json::Value>& document) {
  const json::Value* list = document ? document->find("value") : nullptr;
  return list != nullptr && list->is_array() ? &list->items() : nullptr;
}

// `count` digits at `at`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  const auto number = parse_unsigned(text.substr(at, count));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace

std::optional<Message> read_message(std::string_view body) {
  const auto document = json::parse(body, kPageLimits);
  // Whether it is a draft is what messages are asked for; its absence must not look like an answer.
  if (!document || !document->find_bool("isDraft")) return std::nullopt;
  return message_from(*document);
}

std::optional<Message> read_new_message(std::string_view body) {
  const auto document = json::parse(body, kPageLimits);
  return document ? message_from(*document) : std::nullopt;
}

std::optional<Attachment> read_attachment(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return std::nullopt;
  return attachment_from(*document);
}

namespace {

// An object that was cut somewhere behind the beginning of `member`: its members before that one, as a whole object.
std::string members_before(std::string_view prefix, std::string_view member) {
  return std::string(prefix.substr(0, prefix.find(member))) + "\"cut\":true}";
}

}  // namespace

std::optional<Attachment> read_cut_attachment(std::string_view prefix) {
  return read_attachment(members_before(prefix, "\"contentBytes\""));
}

std::optional<Message> read_cut_message(std::string_view prefix) {
  return read_new_message(members_before(prefix, "\"body\""));
}

std::optional<UploadSession> read_session(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return std::nullopt;
  UploadSession session;
  session.url = Secret(text_of(*document, "uploadUrl"));
  if (session.url.empty()) return std::nullopt;
  session.expires = read_time(text_of(*document, "expirationDateTime")).value_or(TimePoint{});
  session.position = next_expected(*document).value_or(0);
  return session;
}

std::optional<AttachmentPage> read_attachment_page(std::string_view body) {
  const auto document = json::parse(body, kPageLimits);
  const auto* items = items_of(document);
  if (items == nullptr) return std::nullopt;
  AttachmentPage page;
  for (const json::Value& item : *items) {
    auto attachment = attachment_from(item);
    if (!attachment) return std::nullopt;
    page.attachments.push_back(*std::move(attachment));
  }
  page.next_link = text_of(*document, "@odata.nextLink");
  return page;
}

std::optional<MessagePage> read_message_page(std::string_view body) {
  const auto document = json::parse(body, kPageLimits);
  const auto* items = items_of(document);
  if (items == nullptr) return std::nullopt;
  MessagePage page;
  for (const json::Value& item : *items) {
    page.messages.push_back(listed_message_from(item));
    if (page.messages.back().id.empty()) return std::nullopt;
  }
  page.next_link = text_of(*document, "@odata.nextLink");
  return page;
}

std::optional<FullMessagePage> read_full_message_page(std::string_view body) {
  const auto document = json::parse(body, kPageLimits);
  const auto* items = items_of(document);
  if (items == nullptr) return std::nullopt;
  FullMessagePage page;
  for (const json::Value& item : *items) {
    auto message = message_from(item);
    if (!message) return std::nullopt;
    page.messages.push_back(*std::move(message));
  }
  page.next_link = text_of(*document, "@odata.nextLink");
  return page;
}

std::optional<std::string> read_folder_id(std::string_view body) {
  const auto document = json::parse(body);
  const std::string* id = document ? document->find_string("id") : nullptr;
  if (id == nullptr || id->empty()) return std::nullopt;
  return *id;
}

std::vector<std::string> markers_in_mime(std::string_view mime) {
  std::vector<std::string> markers;
  bool in_marker = false;  // the line before belongs to one: it may be folded behind its colon
  while (!mime.empty()) {
    const auto end = mime.find('\n');
    const std::string_view line = mime.substr(0, end);
    if (trim(line).empty()) break;
    const auto colon = line.find(':');
    if (is_blank(line.front())) {
      if (in_marker) markers.back() += trim(line);
    } else {
      in_marker = colon != std::string_view::npos && equal_ignoring_case(trim(line.substr(0, colon)), kMarkerHeader);
      if (in_marker) markers.emplace_back(trim(line.substr(colon + 1)));
    }
    if (end == std::string_view::npos) break;
    mime.remove_prefix(end + 1);
  }
  return markers;
}

std::optional<TimePoint> read_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() < kForm.size() + 1 || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i)
    if (kForm[i] == '0' ? !is_ascii_digit(text[i]) : text[i] != kForm[i]) return std::nullopt;
  const std::string_view fraction = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  if (!fraction.empty() && (fraction.size() == 1 || fraction[0] != '.' || !parse_unsigned(fraction.substr(1))))
    return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(*digits(text, 0, 4)),
                                         std::chrono::month(static_cast<unsigned>(*digits(text, 5, 2))),
                                         std::chrono::day(static_cast<unsigned>(*digits(text, 8, 2)))};
  const int hour = *digits(text, 11, 2);
  const int minute = *digits(text, 14, 2);
  const int second = *digits(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace graph_milter::graph
