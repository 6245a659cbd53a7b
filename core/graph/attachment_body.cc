// SPDX-License-Identifier: Apache-2.0
#include "core/graph/attachment_body.h"

#include <algorithm>

#include "core/graph/client.h"
#include "core/json/attachment_json.h"

namespace graph_milter::graph {
namespace {

// Copies what `text`, which begins at `start` of the whole, has for `out` at `offset`; how many bytes that is.
std::size_t copy_text(std::string_view text, ByteCount start, ByteCount offset, std::span<char> out) {
  if (offset < start || offset >= start + text.size()) return 0;
  const auto skip = static_cast<std::size_t>(offset - start);
  return text.copy(out.data(), out.size(), skip);
}

}  // namespace

AttachmentBody::AttachmentBody(const AttachmentItem& item, ByteSource& content)
    : prefix_(json::attachment_json_prefix(item.name, item.content_type, item.is_inline, item.content_id)),
      content_(content) {}

ByteCount AttachmentBody::size() const { return prefix_.size() + content_.size() + json::kAttachmentJsonSuffix.size(); }

Result<std::size_t> AttachmentBody::read_at(ByteCount offset, std::span<char> out) {
  const ByteCount content_begin = prefix_.size();
  const ByteCount suffix_begin = content_begin + content_.size();
  std::size_t done = copy_text(prefix_, 0, offset, out);
  if (done < out.size() && offset + done >= content_begin && offset + done < suffix_begin) {
    GM_TRY_ASSIGN(const std::size_t got, content_.read_at(offset + done - content_begin, out.subspan(done)));
    done += got;
  }
  if (done < out.size()) done += copy_text(json::kAttachmentJsonSuffix, suffix_begin, offset + done, out.subspan(done));
  return done;
}

}  // namespace graph_milter::graph
