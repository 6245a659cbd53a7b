// SPDX-License-Identifier: Apache-2.0
#include "core/base/base64.h"
#include "core/json/attachment_json.h"
#include "core/plan/plan.h"

namespace graph_milter::plan {

ByteCount post_body_length(const PlannedPart& part) {
  const std::string prefix =
      json::attachment_json_prefix(part.name, part.content_type, part.is_inline, part.content_id);
  return prefix.size() + base64_length(part.body.decoded_size) + json::kAttachmentJsonSuffix.size();
}

ByteCount draft_body_length(ByteCount skeleton_size) { return base64_length(skeleton_size); }

}  // namespace graph_milter::plan
