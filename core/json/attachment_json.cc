// SPDX-License-Identifier: Apache-2.0
#include "core/json/attachment_json.h"

#include "core/json/json.h"

namespace graph_milter::json {

std::string attachment_json_prefix(std::string_view name, std::string_view content_type, bool is_inline,
                                   std::string_view content_id) {
  Writer writer;
  writer.begin_object();
  writer.key("@odata.type").string("#microsoft.graph.fileAttachment");
  writer.key("name").string(name);
  writer.key("contentType").string(content_type);
  writer.key("isInline").boolean(is_inline);
  if (!content_id.empty()) writer.key("contentId").string(content_id);
  writer.key("contentBytes").string("");
  writer.end_object();
  std::string text = writer.take();
  text.resize(text.size() - kAttachmentJsonSuffix.size());
  return text;
}

}  // namespace graph_milter::json
