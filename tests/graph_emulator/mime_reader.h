// SPDX-License-Identifier: Apache-2.0
// A MIME reader that shares nothing with core/mail: RFC 5322 header fields, RFC 2045 entities and encodings, RFC 2046
// multiparts, RFC 2047 words, RFC 2231 parameters. It is lenient, as the service is: it reads what it can.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graph_milter::emulator {

struct Field {
  std::string name;       // as written
  std::string value;      // unfolded, trimmed, words not decoded
  std::size_t begin = 0;  // of the field in the message, with its line ends: [begin, end)
  std::size_t end = 0;
};

struct Address {
  std::string name;     // decoded
  std::string address;  // as written
};

// One entity. Offsets are into the text that was read.
struct Entity {
  std::vector<Field> fields;
  std::string type = "text/plain";                     // lower case
  std::map<std::string, std::string> type_parameters;  // names lower case, values decoded
  std::string disposition;                             // lower case; empty: no such field
  std::map<std::string, std::string> disposition_parameters;
  std::string encoding = "7bit";  // lower case
  std::string content_id;         // without angle brackets
  std::size_t begin = 0;          // of the header
  std::size_t body = 0;           // of the body
  std::size_t end = 0;            // of the body's end, before the line end that belongs to a delimiter
  std::vector<Entity> children;   // of a multipart

  const Field* field(std::string_view name) const;  // the first; null: none
  std::string value(std::string_view name) const;   // or empty
  std::string file_name() const;                    // or empty
  bool is_multipart() const { return !children.empty(); }
};

Entity read_mime(std::string_view text);

// The body of a leaf, decoded.
std::string decoded_body(std::string_view text, const Entity& leaf);

std::string decode_words(std::string_view value);              // RFC 2047
std::vector<Address> parse_addresses(std::string_view value);  // groups are flattened

// Strict RFC 4648: no line breaks, padded; false: refused.
bool decode_base64_strictly(std::string_view text, std::string& out);

}  // namespace graph_milter::emulator
