// SPDX-License-Identifier: Apache-2.0
// What stays the same when a client sends one message again.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/mail/facts.h"

namespace graph_milter::intake {

// Whether a field is the author's, so the same in every transmission of one message: originator, destination,
// identification, information and Resent-* fields (RFC 5322 section 3.6), MIME-Version and Content-*. All others may be
// written on the way, by filters before us too, with the MTA's queue id or the time in them (Received,
// Authentication-Results, DKIM-Signature, X-...).
bool is_authors_field(std::string_view lower_name);

// SHA-256, in hex, over the author's header fields, byte for byte and in their order, and all bytes behind the header.
Result<std::string> content_digest(const mail::MessageFacts& facts, ByteSource& message);

}  // namespace graph_milter::intake
