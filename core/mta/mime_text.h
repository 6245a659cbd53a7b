// SPDX-License-Identifier: Apache-2.0
// Text that we write into mail ourselves: cleaned, wrapped, encoded. Pure. Lines end in CRLF and have fewer than 998
// bytes (RFC 5322 section 2.1.1).
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace graph_milter::mta {

// One line: controls become blanks, what is not UTF-8 becomes U+FFFD, and what goes beyond `limit` bytes "...".
std::string one_line(std::string_view text, std::size_t limit);

// As one_line, and what is not ASCII becomes '?'.
std::string one_ascii_line(std::string_view text, std::size_t limit);

// `text` with a line break wherever the next word would pass column 76, each line behind `indent` blanks; with LF.
std::string wrap(std::string_view text, std::size_t indent = 0);

// RFC 2045 section 6.7. `text` has LF or CRLF; the result CRLF.
std::string quoted_printable(std::string_view text);

// Content-Type (with `type`, "text/plain"), Content-Transfer-Encoding, the empty line and the text (LF or CRLF, made
// valid UTF-8): 7bit where it is ASCII in lines of at most 990, else UTF-8 as quoted-printable. Always ASCII.
std::string text_entity(std::string_view type, std::string_view text);

// The fields that every mail of ours begins with: From, To, Subject, Date, Message-ID, Auto-Submitted, MIME-Version.
struct MailHead {
  std::string hostname;
  std::string to;              // an address
  std::string_view subject;    // UTF-8
  std::string message_id;      // without angle brackets and domain
  std::string auto_submitted;  // "auto-replied" (RFC 3834)
  TimePoint now{};
};
std::string write_head(const MailHead& head);

}  // namespace graph_milter::mta
