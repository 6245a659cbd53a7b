// SPDX-License-Identifier: Apache-2.0
// Each request to Graph as a value, without token, host and ids of its own.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/graph/client.h"
#include "core/graph/fault_table.h"
#include "core/http/http.h"

namespace graph_milter::graph {

struct Call {
  std::string_view name;  // for errors: "create draft"
  Operation operation = Operation::Read;
  http::Method method = http::Method::Get;
  std::string mailbox;
  std::string target;  // path and query below graph_url, ids percent-encoded: "/v1.0/users/a%40b/messages"; or, from
                       // the service itself, a whole URL
  std::vector<std::pair<std::string, std::string>> headers;
  ByteSource* body = nullptr;
  ByteSource* compare_with = nullptr;
  int success = 200;
  ByteCount response_limit = 1024 * 1024;
  bool keep_prefix = false;
};

Call create_draft_call(std::string_view mailbox, ByteSource& base64);
Call create_json_draft_call(std::string_view mailbox, ByteSource& json);
Call post_attachment_call(std::string_view mailbox, std::string_view message, ByteSource& json);
Call open_session_call(std::string_view mailbox, std::string_view message, ByteSource& json);
Call get_message_call(std::string_view mailbox, std::string_view message);
Call list_attachments_call(std::string_view mailbox, std::string_view message);
Call attachment_value_call(std::string_view mailbox, std::string_view message, std::string_view attachment,
                           ByteSource& compare_with);
Call send_call(std::string_view mailbox, std::string_view message);
Call delete_message_call(std::string_view mailbox, std::string_view message);

// Ids of the messages of `folder` whose extended property is `marker`.
Call filter_by_marker_call(std::string_view mailbox, std::string_view folder, std::string_view marker);
// Ids and internetMessageHeaders of the newest messages of `folder`, kListPage at a time.
Call list_newest_call(std::string_view mailbox, std::string_view folder);
// Messages of `folder` with this internetMessageId, with all that get_message asks for.
Call filter_by_message_id_call(std::string_view mailbox, std::string_view folder, std::string_view internet_message_id);
// Ids, times and internetMessageHeaders of the messages of `folder` whose `time` ("createdDateTime", "sentDateTime") is
// within `span`, the oldest first.
Call list_span_call(std::string_view mailbox, std::string_view folder, std::string_view time, TimeSpan span);
Call get_folder_call(std::string_view mailbox, std::string_view folder);
// The start of the message as MIME.
Call message_header_call(std::string_view mailbox, std::string_view message);
// The whole message as MIME.
Call message_mime_call(std::string_view mailbox, std::string_view message, ByteCount limit);
// The page that the service said comes next, asked for like `first`.
Call next_page_call(const Call& first, std::string next_link);

inline constexpr int kListPage = 10;
inline constexpr ByteCount kPageBytes = 4 * 1024 * 1024;  // of a page that is read

inline constexpr std::string_view kMarkerHeader = "X-Graph-Milter-Id";

// Body of createUploadSession.
std::string session_json(const AttachmentItem& item);

}  // namespace graph_milter::graph
