// SPDX-License-Identifier: Apache-2.0
#include "core/graph/client.h"

#include <algorithm>
#include <utility>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/graph/attachment_body.h"
#include "core/graph/calls.h"
#include "core/graph/fault_table.h"
#include "core/graph/replies.h"
#include "core/http/url.h"

namespace graph_milter::graph {
namespace {

constexpr int kMostAttachmentPages = 100;
constexpr int kMostListPages = 5;
constexpr int kMostMessageIdPages = 10;
constexpr int kMostSpanPages = 100;

std::string where_of(const Call& call) { return format("Graph, {} ({})", call.name, call.mailbox); }

// A success whose body can't be read: a read is worth another try, anything else may have had its effect.
Error listed_but_denied(Error denial) {
  denial.kind = ErrorKind::Transient;
  denial.what = "it is listed, but a GET " + denial.what;
  return denial;
}

Error unreadable(const Call& call, const http::Response& response) {
  const bool repeatable = call.operation == Operation::Read || call.operation == Operation::OpenSession;
  Error error = make_error(repeatable ? ErrorKind::Transient : ErrorKind::Unclear, where_of(call),
                           format("answered {}, but its body can't be read", response.status));
  error.status = response.status;
  error.request_id = response.header("request-id");
  return error;
}

// Only one marker counts: a message that carries several was not made by us as it is.
std::vector<std::string>::const_iterator find_ours(const std::vector<std::string>& markers,
                                                   const std::vector<std::string>& prefixes) {
  if (markers.size() != 1) return markers.end();
  const auto begins = [&](const std::string& prefix) { return markers.front().starts_with(prefix); };
  return std::any_of(prefixes.begin(), prefixes.end(), begins) ? markers.begin() : markers.end();
}

Error wrong_success(const Call& call, Error error) {
  if (error.status >= 200 && error.status < 300) {
    error.kind = ErrorKind::Unclear;
    error.what = format("answered {} where {} is due", error.status, call.success);
  }
  return error;
}

}  // namespace

Client::Client(ClientSettings settings, std::shared_ptr<http::ApiDoor> door, std::shared_ptr<auth::TokenSource> tokens,
               std::shared_ptr<Clock> clock)
    : settings_(std::move(settings)), door_(std::move(door)), tokens_(std::move(tokens)), clock_(std::move(clock)) {
  while (settings_.graph_url.ends_with('/')) settings_.graph_url.pop_back();
}

Result<std::string> Client::url_of(const Call& call) const {
  if (call.target.starts_with('/')) return settings_.graph_url + call.target;
  // The service's own words decide where we go next, but never to another server: the token goes with us.
  GM_TRY_ASSIGN(const http::Origin ours, http::read_origin(settings_.graph_url, "graph-url"));
  const auto theirs = http::read_origin(call.target, "@odata.nextLink");
  // No fault of the mail: it waits, as for an upload host that is not known.
  if (!theirs || *theirs != ours)
    return fail(ErrorKind::Configuration, where_of(call), "the next page is said to be on another server");
  return call.target;
}

Result<http::Response> Client::perform_once(const Call& call, const Secret& token) {
  http::Request request;
  GM_TRY_ASSIGN(std::string url, url_of(call));
  request.method = call.method;
  request.url = Secret(std::move(url));
  request.headers = call.headers;
  request.headers.emplace_back("Authorization", "Bearer " + token.reveal());
  request.headers.emplace_back("Prefer", "IdType=\"ImmutableId\"");
  request.headers.emplace_back("client-request-id", make_uuid());
  request.body = call.body;
  request.compare_with = call.compare_with;
  request.response_limit = call.response_limit;
  request.keep_prefix = call.keep_prefix;
  request.timeout = settings_.timeout;
  request.lane = call.mailbox;

  auto response = door_->send(request);
  if (!response) {
    response.error().where = format("{}: {}", where_of(call), response.error().where);
    return response;
  }
  if (response->status == call.success) return response;
  return fail(wrong_success(call, read_fault(call.operation, *response, clock_->now(), where_of(call))));
}

Result<http::Response> Client::perform(const Call& call) {
  GM_TRY_ASSIGN(const Secret first, tokens_->token());
  auto response = perform_once(call, first);
  if (response || response.error().kind != ErrorKind::Unauthorized) return response;

  tokens_->discard(first);
  GM_TRY_ASSIGN(const Secret second, tokens_->token());
  response = perform_once(call, second);
  if (response || response.error().kind != ErrorKind::Unauthorized) return response;
  // Refused too, though it was new: no third one will do better.
  response.error().kind = ErrorKind::Configuration;
  response.error().hint = "do cloud, login-url and graph-url belong together?";
  return response;
}

Result<Message> Client::create_draft(std::string_view mailbox, ByteSource& mime) {
  Base64Source body(mime);
  return make_draft(create_draft_call(mailbox, body));
}

Result<Message> Client::create_json_draft(std::string_view mailbox, ByteSource& json) {
  return make_draft(create_json_draft_call(mailbox, json));
}

Result<Message> Client::make_draft(const Call& call) {
  GM_TRY_ASSIGN(const http::Response response, perform(call));
  auto message = response.cut ? read_cut_message(response.body) : read_new_message(response.body);
  if (!message) return fail(unreadable(call, response));
  return *std::move(message);
}

Result<Attachment> Client::post_attachment(std::string_view mailbox, std::string_view message,
                                           const AttachmentItem& item, ByteSource& content) {
  AttachmentBody body(item, content);
  const Call call = post_attachment_call(mailbox, message, body);
  GM_TRY_ASSIGN(const http::Response response, perform(call));
  auto attachment = response.cut ? read_cut_attachment(response.body) : read_attachment(response.body);
  if (!attachment) return fail(unreadable(call, response));
  return *std::move(attachment);
}

Result<UploadSession> Client::open_attachment_session(std::string_view mailbox, std::string_view message,
                                                      const AttachmentItem& item) {
  StringSource body(session_json(item));
  const Call call = open_session_call(mailbox, message, body);
  GM_TRY_ASSIGN(const http::Response response, perform(call));
  auto session = read_session(response.body);
  if (!session) return fail(unreadable(call, response));
  return *std::move(session);
}

Result<Message> Client::get_message(std::string_view mailbox, std::string_view message) {
  const Call call = get_message_call(mailbox, message);
  GM_TRY_ASSIGN(const http::Response response, perform(call));
  auto found = read_message(response.body);
  if (!found) return fail(unreadable(call, response));
  return *std::move(found);
}

Result<std::vector<Attachment>> Client::list_attachments(std::string_view mailbox, std::string_view message) {
  std::vector<Attachment> all;
  Call call = list_attachments_call(mailbox, message);
  for (int pages = 0; pages < kMostAttachmentPages; ++pages) {
    GM_TRY_ASSIGN(const http::Response response, perform(call));
    auto page = read_attachment_page(response.body);
    if (!page) return fail(unreadable(call, response));
    std::move(page->attachments.begin(), page->attachments.end(), std::back_inserter(all));
    if (page->next_link.empty()) return all;
    call = next_page_call(call, std::move(page->next_link));
  }
  return fail(ErrorKind::Transient, where_of(call), format("the list has no end after {} pages", kMostAttachmentPages));
}

Result<bool> Client::attachment_equals(std::string_view mailbox, std::string_view message, std::string_view attachment,
                                       ByteSource& expected) {
  GM_TRY_ASSIGN(const http::Response response, perform(attachment_value_call(mailbox, message, attachment, expected)));
  return response.body_equal;
}

Result<std::string> Client::send(std::string_view mailbox, std::string_view message) {
  GM_TRY_ASSIGN(const http::Response response, perform(send_call(mailbox, message)));
  return response.header("request-id");
}

Status Client::delete_message(std::string_view mailbox, std::string_view message) {
  const auto response = perform(delete_message_call(mailbox, message));
  if (response || response.error().kind == ErrorKind::NotFound) return {};
  return fail(response.error());
}

// Where the service keeps the headers to itself, they are read from the message. Nothing, if it went meanwhile.
Result<std::vector<std::string>> Client::markers_of(const Call& list, const ListedMessage& listed) {
  if (listed.has_headers) return listed.markers;
  auto markers = markers_of(list.mailbox, listed.id);
  if (!markers && markers.error().kind == ErrorKind::NotFound) return std::vector<std::string>();
  return markers;
}

Result<std::vector<std::string>> Client::markers_of(std::string_view mailbox, std::string_view message) {
  GM_TRY_ASSIGN(const http::Response mime, perform(message_header_call(mailbox, message)));
  return markers_in_mime(mime.body);
}

Result<std::string> Client::message_mime(std::string_view mailbox, std::string_view message, ByteCount limit) {
  GM_TRY_ASSIGN(http::Response mime, perform(message_mime_call(mailbox, message, limit)));
  return std::move(mime.body);
}

// Ids of the newest messages that carry the marker.
Result<std::vector<std::string>> Client::ids_with_marker(const Call& first_page, std::string_view marker) {
  std::vector<std::string> ids;
  Call call = first_page;
  for (int pages = 0; pages < kMostListPages; ++pages) {
    GM_TRY_ASSIGN(const http::Response response, perform(call));
    auto page = read_message_page(response.body);
    if (!page) return fail(unreadable(call, response));
    for (const ListedMessage& listed : page->messages) {
      GM_TRY_ASSIGN(const std::vector<std::string> markers, markers_of(call, listed));
      if (std::find(markers.begin(), markers.end(), marker) != markers.end()) ids.push_back(listed.id);
    }
    if (page->next_link.empty()) break;
    call = next_page_call(call, std::move(page->next_link));
  }
  return ids;
}

// Empty also where the service does not filter by such a property.
Result<std::vector<std::string>> Client::ids_by_filter(std::string_view mailbox, std::string_view folder,
                                                       std::string_view marker) {
  std::vector<std::string> ids;
  const Call call = filter_by_marker_call(mailbox, folder, marker);
  const auto response = perform(call);
  if (!response && response.error().status == 400) return ids;
  if (!response) return fail(response.error());
  const auto page = read_message_page(response->body);
  if (!page) return fail(unreadable(call, *response));
  for (const ListedMessage& listed : page->messages) ids.push_back(listed.id);
  return ids;
}

Result<std::vector<Message>> Client::find_by_marker(std::string_view mailbox, std::string_view folder,
                                                    std::string_view marker) {
  GM_TRY_ASSIGN(std::vector<std::string> ids, ids_by_filter(mailbox, folder, marker));
  if (ids.empty()) {
    // A property that is not indexed yet is not found by a filter; the list of the folder is the stronger witness.
    GM_TRY_ASSIGN(ids, ids_with_marker(list_newest_call(mailbox, folder), marker));
  }
  std::vector<Message> messages;
  for (const std::string& id : ids) {
    auto message = get_message(mailbox, id);
    if (!message && message.error().kind == ErrorKind::NotFound) return fail(listed_but_denied(message.error()));
    if (!message) return fail(message.error());
    messages.push_back(*std::move(message));
  }
  return messages;
}

Result<std::vector<Message>> Client::find_by_message_id(std::string_view mailbox, std::string_view folder,
                                                        std::string_view internet_message_id) {
  std::vector<Message> messages;
  Call call = filter_by_message_id_call(mailbox, folder, internet_message_id);
  for (int pages = 0; pages < kMostMessageIdPages; ++pages) {
    GM_TRY_ASSIGN(const http::Response response, perform(call));
    auto page = read_full_message_page(response.body);
    if (!page) return fail(unreadable(call, response));
    std::move(page->messages.begin(), page->messages.end(), std::back_inserter(messages));
    if (page->next_link.empty()) break;
    call = next_page_call(call, std::move(page->next_link));
  }
  return messages;
}

Result<std::string> Client::folder_id(std::string_view mailbox, std::string_view folder) {
  const Call call = get_folder_call(mailbox, folder);
  GM_TRY_ASSIGN(const http::Response response, perform(call));
  auto id = read_folder_id(response.body);
  if (!id) return fail(unreadable(call, response));
  return *std::move(id);
}

Result<std::vector<MarkedMessage>> Client::list_marked(std::string_view mailbox, std::string_view folder, TimeSpan span,
                                                       const std::vector<std::string>& prefixes,
                                                       std::set<std::string>& skip) {
  std::vector<MarkedMessage> marked;
  Call call = list_span_call(mailbox, folder, folder == "drafts" ? "createdDateTime" : "sentDateTime", span);
  for (int pages = 0; pages < kMostSpanPages; ++pages) {
    GM_TRY_ASSIGN(const http::Response response, perform(call));
    auto page = read_message_page(response.body);
    if (!page) return fail(unreadable(call, response));
    for (const ListedMessage& listed : page->messages) {
      if (skip.contains(listed.id)) continue;
      GM_TRY_ASSIGN(const std::vector<std::string> markers, markers_of(call, listed));
      const auto ours = find_ours(markers, prefixes);
      if (ours == markers.end())
        skip.insert(listed.id);
      else
        marked.push_back({listed.id, *ours, listed.is_draft, listed.created, listed.sent});
    }
    if (page->next_link.empty()) return marked;
    call = next_page_call(call, std::move(page->next_link));
  }
  return fail(ErrorKind::Transient, where_of(call), format("the list has no end after {} pages", kMostSpanPages));
}

}  // namespace graph_milter::graph
