// SPDX-License-Identifier: Apache-2.0
// Strict streaming decoders: what two readers could decode differently is refused, not guessed (RFC 2045 section 6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/bytes.h"

namespace graph_milter::mail {

// What one call of decode() did. `fault` is empty, or says why the byte at `consumed` is refused; a decoder that
// reported a fault is of no further use.
struct DecodeStep {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  std::string_view fault;
};

// decode() goes on until `in` is used up or less than this much room is left in `out`.
constexpr std::size_t kDecoderRoom = 4;

// No line of the encoded form may be longer (RFC 5322 section 2.1.1).
constexpr std::uint32_t kEncodedLineLimit = 998;

enum class Base64Kernel {
  Best,    // what this processor can do
  Scalar,  // tables only
};

// RFC 2045 section 6.8 without its leniency: alphabet and CRLF only, lines of any length up to 998, the number of
// characters divisible by 4, padding only in the last group, unused bits zero, nothing but CRLF after the padding.
// A value: a copy goes on from the same position. Does not allocate.
class Base64Decoder {
 public:
  explicit Base64Decoder(Base64Kernel kernel = Base64Kernel::Best);
  DecodeStep decode(std::string_view in, std::span<char> out);
  std::string_view finish() const;  // why the input must not end here; empty: it may

 private:
  using BulkDecode = std::size_t (*)(const char* in, std::size_t length, char* out, std::size_t room);

  std::string_view decode_bulk(std::string_view in, std::span<char> out, DecodeStep& step);
  std::string_view take(char c, std::span<char> out, DecodeStep& step);
  std::string_view take_digit(std::uint32_t digit, std::span<char> out, DecodeStep& step);
  std::string_view take_padding(std::span<char> out, DecodeStep& step);

  BulkDecode bulk_;
  std::uint32_t bits_ = 0;         // of the characters pending
  std::uint32_t line_length_ = 0;  // so far
  std::uint8_t pending_ = 0;       // characters of the group begun, padding included
  std::uint8_t padding_ = 0;       // '=' seen
  bool after_cr_ = false;
};

// RFC 2045 section 6.7 without its leniency: printable ASCII, "=HH" in either case, soft line breaks "=" CRLF, blanks
// not before a line end or the end, CRLF kept. A value, like the other.
class QuotedPrintableDecoder {
 public:
  DecodeStep decode(std::string_view in, std::span<char> out);
  std::string_view finish() const;

 private:
  enum class State : std::uint8_t { Text, AfterBlank, AfterCr, AfterEquals, AfterHexDigit, AfterSoftCr };

  std::string_view take(char c, std::span<char> out, DecodeStep& step);
  std::string_view take_text(char c, std::span<char> out, DecodeStep& step);
  std::string_view take_escape(char c);

  std::uint32_t line_length_ = 0;
  State state_ = State::Text;
  std::uint8_t high_digit_ = 0;
};

}  // namespace graph_milter::mail
