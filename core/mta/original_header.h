// SPDX-License-Identifier: Apache-2.0
// What a notification says of the original, read from its header.
#pragma once

#include <string>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace graph_milter::mta {

struct OriginalHeader {
  std::string bytes;       // all fields, without the empty line; at most 256 KiB, cut behind a whole line
  std::string subject;     // decoded to UTF-8; empty: none, or it can't be decoded
  std::string message_id;  // with angle brackets; empty: none that could stand in a field
};

Result<OriginalHeader> read_original_header(ByteSource& original);

}  // namespace graph_milter::mta
