// SPDX-License-Identifier: Apache-2.0
// A GMimeStream that reads a ByteSource, so that GMime sees a message in memory and on disk alike.
#pragma once

#include "core/base/bytes.h"
#include "core/mail/gmime_ref.h"

namespace graph_milter::mail {

// What a stream and its substreams share; must outlive them all.
struct GmimeSource {
  ByteSource& bytes;
  bool failed = false;  // a read failed: what GMime made of the message means nothing
  Error error = {};
};

// Read-only and seekable. Writing fails, closing does nothing.
GRef<GMimeStream> make_gmime_stream(GmimeSource& source);

}  // namespace graph_milter::mail
