// SPDX-License-Identifier: Apache-2.0
// The skeleton: the message without the parts that are cut out, all other bytes as they came.
#pragma once

#include <string>
#include <vector>

#include "core/mail/facts.h"
#include "core/mail/splice.h"

namespace graph_milter::mail {

struct SkeletonRequest {
  std::vector<std::size_t> cut_parts;    // indexes of leaves in facts.parts, ascending; each `exact`
  std::vector<std::string> drop_fields;  // lower-case names of fields of the message header to leave out
  std::vector<std::string> add_fields;   // whole fields "Name: value" without line end, put after the existing ones
};

// A part cut from a multipart goes with its delimiter line. A multipart that loses its last part, and a message whose
// only leaf is cut, becomes an empty text/plain in place. Of the message's own header only the fields that describe its
// body (Content-Type, -Transfer-Encoding, -Disposition and the like) are replaced, all others stay; the header of an
// inner multipart, whose other fields mean nothing (RFC 2046 section 5.1), is replaced whole.
// REQUIRES: facts.is_clean().
Splice make_skeleton(const MessageFacts& facts, const SkeletonRequest& request);

// The value as a header field folded at 78 columns (RFC 5322 section 2.2.3); non-ASCII becomes RFC 2047 words.
// CR, LF and NUL in the value are removed, so that nothing can be injected.
std::string make_field(std::string_view name, std::string_view value);

// A display name (RFC 5322 section 3.4) as it may stand before an address: in quotes, or as RFC 2047 words if it is not
// ASCII. Controls are left out.
std::string make_phrase(std::string_view name);

}  // namespace graph_milter::mail
