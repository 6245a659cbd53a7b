// SPDX-License-Identifier: Apache-2.0
// The JSON around the content of a fileAttachment, in one place: what is sent and what is counted can't differ.
#pragma once

#include <string>
#include <string_view>

namespace graph_milter::json {

// The body of POST .../attachments up to the base64 of the content: `{"@odata.type":...,"contentBytes":"`. An empty
// content_id is left out.
std::string attachment_json_prefix(std::string_view name, std::string_view content_type, bool is_inline,
                                   std::string_view content_id);

// And what follows it.
inline constexpr std::string_view kAttachmentJsonSuffix = "\"}";

}  // namespace graph_milter::json
