// SPDX-License-Identifier: Apache-2.0
// The content of a part: decoded on the fly from the message, exactly or not at all.
#pragma once

#include <memory>

#include "core/base/bytes.h"
#include "core/mail/facts.h"

namespace graph_milter::mail {

// A source of encoded.decoded_size bytes over `message`, which must outlive it. Holds at most 128 KiB. Reading on is
// one pass; jumping back decodes from the nearest remembered position. read_at fails with Corrupt if the bytes do not
// decode strictly (RFC 2045 section 6; see decoder.h) or not to exactly decoded_size bytes.
std::unique_ptr<ByteSource> make_part_source(ByteSource& message, const EncodedRange& encoded);

}  // namespace graph_milter::mail
