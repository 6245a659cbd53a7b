// SPDX-License-Identifier: Apache-2.0
// Reading what Graph answers with its success codes. Pure. nullopt: the body is not what it must be.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/client.h"

namespace graph_milter::graph {

std::optional<Message> read_message(std::string_view body);
// Of one that was just made: it need not say that it is a draft.
std::optional<Message> read_new_message(std::string_view body);
std::optional<Attachment> read_attachment(std::string_view body);

// The same from an answer of which only a beginning is there: what stands before the large member (body, contentBytes),
// which repeats what we have just sent.
std::optional<Message> read_cut_message(std::string_view prefix);
std::optional<Attachment> read_cut_attachment(std::string_view prefix);

std::optional<UploadSession> read_session(std::string_view body);

struct AttachmentPage {
  std::vector<Attachment> attachments;
  std::string next_link;  // empty: the last page
};
std::optional<AttachmentPage> read_attachment_page(std::string_view body);

struct ListedMessage {
  std::string id;
  bool is_draft = false;
  TimePoint created{};               // 0: not asked for
  TimePoint sent{};                  // likewise
  bool has_headers = false;          // the service gave its internetMessageHeaders
  std::vector<std::string> markers;  // values of X-Graph-Milter-Id
};
struct MessagePage {
  std::vector<ListedMessage> messages;
  std::string next_link;
};
std::optional<MessagePage> read_message_page(std::string_view body);

// Messages with all that get_message asks for.
struct FullMessagePage {
  std::vector<Message> messages;
  std::string next_link;
};
std::optional<FullMessagePage> read_full_message_page(std::string_view body);

std::optional<std::string> read_folder_id(std::string_view body);

// Values of X-Graph-Milter-Id in the header at the start of a MIME message.
std::vector<std::string> markers_in_mime(std::string_view mime);

// "2019-09-25T01:09:30.7671707Z"; also with fewer digits of a second or none. Always UTC.
std::optional<TimePoint> read_time(std::string_view text);

}  // namespace graph_milter::graph
