// SPDX-License-Identifier: Apache-2.0
#include "core/graph/calls.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/json/json.h"

namespace graph_milter::graph {
namespace {

constexpr std::string_view kMessageFields =
    "id,isDraft,internetMessageId,parentFolderId,toRecipients,ccRecipients,bccRecipients,sentDateTime,"
    "from";

constexpr int kLongPage = 50;

// Named MAPI property of PS_INTERNET_HEADERS: a header of the MIME message.
constexpr std::string_view kMarkerProperty = "String {00020386-0000-0000-C000-000000000046} Name X-Graph-Milter-Id";

std::string user_path(std::string_view mailbox) { return "/v1.0/users/" + percent_encode(mailbox); }

std::string message_path(std::string_view mailbox, std::string_view message) {
  return user_path(mailbox) + "/messages/" + percent_encode(message);
}

Call make_call(std::string_view name, Operation operation, http::Method method, std::string_view mailbox,
               std::string target) {
  Call call;
  call.name = name;
  call.operation = operation;
  call.method = method;
  call.mailbox = mailbox;
  call.target = std::move(target);
  return call;
}

Call post_json(Call call, ByteSource& json) {
  call.headers = {{"Content-Type", "application/json"}};
  call.body = &json;
  call.success = 201;
  return call;
}

// A string literal of OData: quotes are doubled.
std::string odata_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Call create_draft_call(std::string_view mailbox, ByteSource& base64) {
  Call call =
      make_call("create draft", Operation::Create, http::Method::Post, mailbox, user_path(mailbox) + "/messages");
  call.headers = {{"Content-Type", "text/plain"}};
  call.body = &base64;
  call.success = 201;
  call.response_limit = 256 * 1024;  // the answer repeats the text of the mail
  call.keep_prefix = true;
  return call;
}

Call create_json_draft_call(std::string_view mailbox, ByteSource& json) {
  Call call = create_draft_call(mailbox, json);
  call.headers = {{"Content-Type", "application/json"}};
  return call;
}

Call post_attachment_call(std::string_view mailbox, std::string_view message, ByteSource& json) {
  Call call = make_call("post attachment", Operation::Create, http::Method::Post, mailbox,
                        message_path(mailbox, message) + "/attachments");
  call.response_limit = 64 * 1024;  // the answer repeats contentBytes, megabytes of what we have just sent
  call.keep_prefix = true;
  return post_json(std::move(call), json);
}

Call open_session_call(std::string_view mailbox, std::string_view message, ByteSource& json) {
  return post_json(make_call("open upload session", Operation::OpenSession, http::Method::Post, mailbox,
                             message_path(mailbox, message) + "/attachments/createUploadSession"),
                   json);
}

Call get_message_call(std::string_view mailbox, std::string_view message) {
  return make_call("get message", Operation::Read, http::Method::Get, mailbox,
                   format("{}?$select={}", message_path(mailbox, message), kMessageFields));
}

Call list_attachments_call(std::string_view mailbox, std::string_view message) {
  return make_call("list attachments", Operation::Read, http::Method::Get, mailbox,
                   message_path(mailbox, message) + "/attachments?$select=id,name,size,isInline,contentType");
}

Call attachment_value_call(std::string_view mailbox, std::string_view message, std::string_view attachment,
                           ByteSource& compare_with) {
  Call call = make_call("read attachment", Operation::Read, http::Method::Get, mailbox,
                        message_path(mailbox, message) + "/attachments/" + percent_encode(attachment) + "/$value");
  call.compare_with = &compare_with;
  return call;
}

Call send_call(std::string_view mailbox, std::string_view message) {
  Call call = make_call("send", Operation::Send, http::Method::Post, mailbox, message_path(mailbox, message) + "/send");
  call.success = 202;
  return call;
}

Call delete_message_call(std::string_view mailbox, std::string_view message) {
  Call call =
      make_call("delete message", Operation::Delete, http::Method::Delete, mailbox, message_path(mailbox, message));
  call.success = 204;
  return call;
}

Call filter_by_marker_call(std::string_view mailbox, std::string_view folder, std::string_view marker) {
  const std::string filter = format("singleValueExtendedProperties/Any(ep: ep/id eq {} and ep/value eq {})",
                                    odata_literal(kMarkerProperty), odata_literal(marker));
  return make_call("find by marker", Operation::Read, http::Method::Get, mailbox,
                   format("{}/mailFolders/{}/messages?$filter={}&$select=id", user_path(mailbox),
                          percent_encode(folder), percent_encode(filter)));
}

Call list_newest_call(std::string_view mailbox, std::string_view folder) {
  return make_call(
      "list folder", Operation::Read, http::Method::Get, mailbox,
      format("{}/mailFolders/{}/messages?$top={}&$orderby={}&$select=id,internetMessageHeaders", user_path(mailbox),
             percent_encode(folder), kListPage, percent_encode("createdDateTime desc")));
}

Call filter_by_message_id_call(std::string_view mailbox, std::string_view folder,
                               std::string_view internet_message_id) {
  const std::string filter = "internetMessageId eq " + odata_literal(internet_message_id);
  Call call = make_call("find by Message-ID", Operation::Read, http::Method::Get, mailbox,
                        format("{}/mailFolders/{}/messages?$filter={}&$top={}&$select={}", user_path(mailbox),
                               percent_encode(folder), percent_encode(filter), kLongPage, kMessageFields));
  call.response_limit = kPageBytes;
  return call;
}

// What is ordered by must stand in the filter, first.
Call list_span_call(std::string_view mailbox, std::string_view folder, std::string_view time, TimeSpan span) {
  const std::string filter = format("{} ge {} and {} lt {}", time, iso8601(span.from), time, iso8601(span.to));
  Call call = make_call("list folder", Operation::Read, http::Method::Get, mailbox,
                        format("{}/mailFolders/{}/messages?$filter={}&$orderby={}&$top={}&$select=id,isDraft,"
                               "createdDateTime,sentDateTime,internetMessageHeaders",
                               user_path(mailbox), percent_encode(folder), percent_encode(filter),
                               percent_encode(format("{} asc", time)), kLongPage));
  call.response_limit = kPageBytes;
  return call;
}

Call get_folder_call(std::string_view mailbox, std::string_view folder) {
  return make_call("get folder", Operation::Read, http::Method::Get, mailbox,
                   format("{}/mailFolders/{}?$select=id", user_path(mailbox), percent_encode(folder)));
}

Call message_header_call(std::string_view mailbox, std::string_view message) {
  Call call = make_call("read message header", Operation::Read, http::Method::Get, mailbox,
                        message_path(mailbox, message) + "/$value");
  call.response_limit = 64 * 1024;
  call.keep_prefix = true;
  return call;
}

Call message_mime_call(std::string_view mailbox, std::string_view message, ByteCount limit) {
  Call call = make_call("read message", Operation::Read, http::Method::Get, mailbox,
                        message_path(mailbox, message) + "/$value");
  call.response_limit = limit;
  return call;
}

Call next_page_call(const Call& first, std::string next_link) {
  Call call = first;
  call.target = std::move(next_link);
  return call;
}

std::string session_json(const AttachmentItem& item) {
  json::Writer out;
  out.begin_object().key("AttachmentItem").begin_object();
  out.key("attachmentType").string("file");
  out.key("name").string(item.name);
  out.key("size").number(item.size);
  if (!item.content_type.empty()) out.key("contentType").string(item.content_type);
  out.key("isInline").boolean(item.is_inline);
  if (!item.content_id.empty()) out.key("contentId").string(item.content_id);
  return out.end_object().end_object().take();
}

}  // namespace graph_milter::graph
