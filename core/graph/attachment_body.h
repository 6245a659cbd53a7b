// SPDX-License-Identifier: Apache-2.0
// The body of POST .../attachments, streamed: JSON, base64 of the content, JSON.
#pragma once

#include <string>

#include "core/base/base64.h"
#include "core/base/bytes.h"

namespace graph_milter::graph {

struct AttachmentItem;

// `content` must outlive it. Holds what Base64Source holds, whatever the size of the content.
class AttachmentBody final : public ByteSource {
 public:
  AttachmentBody(const AttachmentItem& item, ByteSource& content);
  ByteCount size() const override;
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override;

 private:
  std::string prefix_;
  Base64Source content_;
};

}  // namespace graph_milter::graph
