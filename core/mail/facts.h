// SPDX-License-Identifier: Apache-2.0
// What is known about a message after reading it once: a flat tree of parts as byte ranges, and a verdict.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/mail/address.h"

namespace graph_milter::mail {

enum class Verdict {
  Clean,      // two readers agree on the structure: may be relayed
  Ambiguous,  // readers could differ: leave it alone
  Protected,  // signed, encrypted, a fragment, a report: not ours to change
  OverLimit,  // more parts, depth, header bytes than we read
  Error,      // we failed while reading it: the MTA hears 4xx
};
std::string_view name_of(Verdict verdict);

// Why a verdict is not Clean, or why one part cannot be cut out.
struct Finding {
  Verdict verdict = Verdict::Clean;
  std::string code;      // stable, for logs and tests: of a message one of tolerance.h; of a part that can't be cut out
                         // "base64", "qp", "cte", "nul", "bare-eol", "name" or "message"
  std::string detail;    // for people
  ByteCount offset = 0;  // where in the message
  friend bool operator==(const Finding&, const Finding&) = default;
};

// RFC 2045 section 6.
enum class TransferEncoding { SevenBit, EightBit, Binary, QuotedPrintable, Base64, Unknown };
std::string_view name_of(TransferEncoding encoding);  // as it is written in mail; "unknown"
std::optional<TransferEncoding> parse_transfer_encoding(std::string_view token);

// One header field of the message itself, in order.
struct HeaderField {
  std::string name;      // lower case
  std::string value;     // unfolded (RFC 5322 section 2.2.3), without leading and trailing blanks, bytes as they came
  ByteRange range;       // whole field, from its name to past its line end
  bool is_plain = true;  // on one line, and no blanks behind the value
};

// Bytes of the message that decode to the content of a part.
struct EncodedRange {
  ByteRange range;  // the encoded body, without the line end that belongs to the next delimiter
  TransferEncoding encoding = TransferEncoding::SevenBit;
  ByteCount decoded_size = 0;
  friend bool operator==(const EncodedRange&, const EncodedRange&) = default;
};

struct Part {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::size_t parent = kNone;  // index of the multipart that holds it
  std::size_t depth = 0;       // 0: the message itself
  bool is_multipart = false;
  std::string type = "text/plain";  // lower case; the default of RFC 2045 section 5.2 where none is given
  std::vector<std::pair<std::string, std::string>> parameters;  // of Content-Type, names lower case, values decoded
  std::string disposition;                                      // "attachment", "inline", or empty
  std::string name;                                             // decoded to UTF-8 (filename, else name); empty: none
  std::string raw_name;    // bytes of a name in a charset that nobody names (name_charset.h); then `name` is empty
  std::string content_id;  // without angle brackets
  std::vector<std::string> other_fields;  // what else its header says about it, by name: the first few Content-*
                                          // fields and parameters of Content-Disposition that are not above
  ByteRange header;                       // from its first byte to past the empty line
  ByteRange entity;    // from one delimiter line to the next: [start of the "--b" line, start of the next one);
                       // for the message itself, all of it
  EncodedRange body;   // of a leaf; of a multipart only `range` is set
  bool exact = false;  // the body decodes to exactly one result: the part may be cut out
  Finding inexact;     // why not, where exact is false

  std::string parameter(std::string_view lower_name) const;  // of Content-Type, or empty
};

// The From that a message leaves with in place of its own.
struct NewAuthor {
  std::string from;      // canonical
  std::string reply_to;  // the old From, where it is an address and nothing else says whom to answer; or empty
  friend bool operator==(const NewAuthor&, const NewAuthor&) = default;
};

struct MessageFacts {
  ByteCount size = 0;
  ByteRange header;                  // of the message, including the empty line
  std::vector<HeaderField> headers;  // of the message, in order; cut at the limit with verdict OverLimit
  std::vector<Part> parts;           // in the order of the message; parts[0] is the message itself
  std::vector<Mailbox> from, to, cc;
  Verdict verdict = Verdict::Error;
  std::vector<Finding> findings;        // first the one that decided the verdict; empty if Clean
  std::vector<Finding> tolerated;       // what did not decide it, because the rule is tolerant (tolerance.h)
  std::size_t attachment_count = 0;     // leaves that are not body text
  std::optional<NewAuthor> new_author;  // From and Reply-To above are these, and not what the bytes say (new_author.h)

  bool is_clean() const { return verdict == Verdict::Clean; }
  const HeaderField* find_header(std::string_view lower_name) const;  // the first
  bool is_leaf(std::size_t index) const { return !parts[index].is_multipart; }
  ByteCount largest_part() const;  // decoded size of the largest leaf that is not body text; 0 if none
};

// Why a message within the message is not cut out like other parts.
Finding make_message_finding(ByteCount offset);

// True for the text that a mail program shows as the message: the first text leaf outside attachments, and its
// alternatives. Such a part is never cut out.
bool is_body_text(const MessageFacts& facts, std::size_t index);

// The same for every part at once, in one pass.
std::vector<bool> body_text_parts(const MessageFacts& facts);

}  // namespace graph_milter::mail
