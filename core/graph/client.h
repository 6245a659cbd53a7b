// SPDX-License-Identifier: Apache-2.0
// Microsoft Graph's mail operations, one function each. Replies are values; failures are Errors made by the one table
// of statuses (fault_table.h). Ids are immutable ids (Prefer: IdType="ImmutableId").
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/token_source.h"
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/http/http.h"

namespace graph_milter::graph {

struct Message {
  std::string id;
  bool is_draft = false;
  std::string internet_message_id;
  std::string parent_folder_id;
  std::vector<std::string> to, cc, bcc;  // addresses as the service returns them
  std::string from;                      // the same; empty: the service did not say
  TimePoint sent{};                      // to the second; 0: the service did not say
};

// A message that carries our marker.
struct MarkedMessage {
  std::string id;
  std::string marker;
  bool is_draft = false;
  TimePoint created{};
  TimePoint sent{};
};

// [from, to), to the second.
struct TimeSpan {
  TimePoint from{};
  TimePoint to{};
};

struct Attachment {
  std::string id;
  std::string name;
  std::string content_type;
  ByteCount size = 0;  // as reported: up to a tenth more than was uploaded
  bool is_inline = false;
  std::string kind;  // "#microsoft.graph.fileAttachment", ...
};

// What a POST of an attachment or the opening of a session says about the file.
struct AttachmentItem {
  std::string name;
  std::string content_type;
  ByteCount size = 0;  // decoded
  bool is_inline = false;
  std::string content_id;
};

struct UploadSession {
  Secret url;
  TimePoint expires{};
  ByteCount position = 0;
};

struct ClientSettings {
  std::string graph_url = "https://graph.microsoft.com";  // without "/v1.0"
  Duration timeout = std::chrono::minutes(2);
};

struct Call;           // calls.h
struct ListedMessage;  // replies.h

// Any thread. Every request takes the lane of its mailbox (http::Request::lane; see paced_door.h), carries a fresh
// client-request-id and, after an Unauthorized answer, is sent once more with a fresh token (bodies are re-readable).
// Only the exact success code of each operation counts as success: anything else that is not an error status is
// Unclear.
class Client {
 public:
  // `clock` is asked only for Retry-After dates in answers without a Date of their own.
  Client(ClientSettings settings, std::shared_ptr<http::ApiDoor> door, std::shared_ptr<auth::TokenSource> tokens,
         std::shared_ptr<Clock> clock = std::make_shared<SystemClock>());

  // POST /users/{mailbox}/messages, text/plain, base64 of `mime` streamed. 201.
  Result<Message> create_draft(std::string_view mailbox, ByteSource& mime);

  // POST /users/{mailbox}/messages, application/json. 201.
  Result<Message> create_json_draft(std::string_view mailbox, ByteSource& json);

  // POST .../messages/{id}/attachments with contentBytes streamed. 201. Returns the attachment.
  Result<Attachment> post_attachment(std::string_view mailbox, std::string_view message, const AttachmentItem& item,
                                     ByteSource& content);

  // POST .../messages/{id}/attachments/createUploadSession. 201.
  Result<UploadSession> open_attachment_session(std::string_view mailbox, std::string_view message,
                                                const AttachmentItem& item);

  // GET .../messages/{id}?$select=...
  Result<Message> get_message(std::string_view mailbox, std::string_view message);

  // GET .../messages/{id}/attachments?$select=id,name,size,isInline,contentType, all pages.
  Result<std::vector<Attachment>> list_attachments(std::string_view mailbox, std::string_view message);

  // GET .../attachments/{aid}/$value compared with `expected` while it streams.
  Result<bool> attachment_equals(std::string_view mailbox, std::string_view message, std::string_view attachment,
                                 ByteSource& expected);

  // POST .../messages/{id}/send. 202. Unclear: 5xx, 404, 408, any other success, and no complete answer. Transient and
  // Throttled mean that nothing was sent. Returns Graph's request-id, for the log and for support; may be empty.
  Result<std::string> send(std::string_view mailbox, std::string_view message);

  // DELETE .../messages/{id}. 204, 404 and 403 ErrorCannotDeleteObject count as gone.
  Status delete_message(std::string_view mailbox, std::string_view message);

  // Messages in `folder` ("drafts", "sentitems", "outbox") whose MIME header X-Graph-Milter-Id is `marker`: by an
  // extended property filter where the service answers it, else by listing the newest of the folder and reading their
  // internetMessageHeaders or $value header. Transient if the service lists one and then says 404 of it: one of its two
  // answers is out of date, and whoever took the 404 for the truth would make what is there a second time.
  Result<std::vector<Message>> find_by_marker(std::string_view mailbox, std::string_view folder,
                                              std::string_view marker);

  // Messages in `folder` whose internetMessageId is this, in no order; the first 500.
  Result<std::vector<Message>> find_by_message_id(std::string_view mailbox, std::string_view folder,
                                                  std::string_view internet_message_id);

  // The id of a folder with a well-known name, as it stands in Message::parent_folder_id.
  Result<std::string> folder_id(std::string_view mailbox, std::string_view folder);

  // What X-Graph-Milter-Id says in the message, read from the start of its MIME.
  Result<std::vector<std::string>> markers_of(std::string_view mailbox, std::string_view message);

  // The message as MIME; Transient if it is larger than `limit`.
  Result<std::string> message_mime(std::string_view mailbox, std::string_view message, ByteCount limit);

  // Messages in `folder` that were created (in "drafts") or sent (elsewhere) within `span` and carry a marker that
  // begins with one of `prefixes`, the oldest first. Those in `skip` are not looked at; what is looked at and not ours
  // is added to it. Transient if there are more than a few thousand.
  Result<std::vector<MarkedMessage>> list_marked(std::string_view mailbox, std::string_view folder, TimeSpan span,
                                                 const std::vector<std::string>& prefixes, std::set<std::string>& skip);

 private:
  // Sends `call` with a token, once more after a 401, and returns an answer with the call's success code.
  Result<http::Response> perform(const Call& call);
  Result<Message> make_draft(const Call& call);
  Result<http::Response> perform_once(const Call& call, const Secret& token);
  Result<std::vector<std::string>> ids_with_marker(const Call& first_page, std::string_view marker);
  Result<std::vector<std::string>> markers_of(const Call& list, const ListedMessage& listed);
  Result<std::vector<std::string>> ids_by_filter(std::string_view mailbox, std::string_view folder,
                                                 std::string_view marker);
  Result<std::string> url_of(const Call& call) const;

  ClientSettings settings_;
  std::shared_ptr<http::ApiDoor> door_;
  std::shared_ptr<auth::TokenSource> tokens_;
  std::shared_ptr<Clock> clock_;
};

}  // namespace graph_milter::graph
