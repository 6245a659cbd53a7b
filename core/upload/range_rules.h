// SPDX-License-Identifier: Apache-2.0
// Which ranges of a file a server takes. One row per kind of upload session.
#pragma once

#include "core/base/bytes.h"

namespace graph_milter::upload {

struct RangeRules {
  ByteCount size = 0;      // bytes of every range but the last
  ByteCount multiple = 1;  // size is one of it
  ByteCount limit = 0;     // no range is larger
  friend constexpr bool operator==(const RangeRules&, const RangeRules&) = default;
};

// Attachments of messages and events: in order, any alignment, at most 4 MB a range ("Attach large files to Outlook
// messages or events"). The default is the largest multiple of 320 KiB below that. `wanted` is cut to what is legal.
RangeRules outlook_rules(ByteCount wanted = 3'932'160);

// Drive items: every range but the last a multiple of 327,680 bytes, less than 60 MiB ("driveItem:
// createUploadSession").
RangeRules drive_rules(ByteCount wanted = 10'485'760);

// The range to send when the server has the bytes before `position`. REQUIRES: position < size.
ByteRange range_at(const RangeRules& rules, ByteCount position, ByteCount size);

}  // namespace graph_milter::upload
