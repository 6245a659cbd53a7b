// SPDX-License-Identifier: Apache-2.0
// Watches the body of one leaf go by: how many bytes it decodes to, and whether every strict reader decodes it alike.
#pragma once

#include <string>
#include <string_view>

#include "core/mail/facts.h"

namespace graph_milter::mail {

// How a line ended: CRLF, or something that only some readers take for a line end.
enum class LineEnd { Crlf, Bare };

// RFC 2045 section 6.8: lines of at most 998 characters, only the alphabet, '=' only at the end, whole quanta, unused
// bits zero, nothing but empty lines after the end.
class Base64Check {
 public:
  void text(std::string_view piece);
  void line_end();

  // Whole lines like the one before, all at once: how many bytes of `bytes` were taken. Only at the start of a line.
  std::size_t take_regular_lines(std::string_view bytes);

  bool is_exact() const;
  ByteCount decoded_size() const;

 private:
  void padding(std::string_view piece);

  ByteCount characters_ = 0;
  std::size_t padding_ = 0;
  std::size_t line_length_ = 0;
  std::size_t last_line_length_ = 0;
  char last_ = 'A';
  bool failed_ = false;
};

// RFC 2045 section 6.7: =HH, soft line breaks, no blanks at line ends, nothing outside printable ASCII and TAB. Lines
// may be up to 998 characters long, since no reader minds.
class QuotedPrintableCheck {
 public:
  void text(std::string_view piece);
  void line_end(LineEnd end);

  // `ends_at_delimiter`: the last line end belongs to the delimiter and not to the body.
  void finish(bool ends_at_delimiter);
  bool is_exact() const { return !failed_; }
  ByteCount decoded_size() const { return decoded_; }

 private:
  void take(char c);

  enum class State { Plain, AfterEquals, AfterOneDigit };
  enum class Last { Text, HardBreak, SoftBreak };

  State state_ = State::Plain;
  Last last_ = Last::Text;
  bool blank_last_ = false;
  bool failed_ = false;
  std::size_t line_length_ = 0;
  ByteCount decoded_ = 0;
  ByteCount last_break_ = 0;  // bytes of the last line end
};

// Pieces of text hold no CR, LF or NUL: those are told by line_end() and nul().
class BodyCheck {
 public:
  void start(TransferEncoding encoding);
  void text(std::string_view piece);
  void line_end(LineEnd end);
  void nul();
  std::size_t take_regular_lines(std::string_view bytes);

  struct Outcome {
    bool exact = false;
    std::string code;  // why not: "base64", "qp", "cte", "nul", "bare-eol"
    std::string detail;
    ByteCount decoded_size = 0;  // exact only if `exact`
  };
  Outcome finish(ByteCount encoded_size, bool ends_at_delimiter);

 private:
  TransferEncoding encoding_ = TransferEncoding::SevenBit;
  Base64Check base64_;
  QuotedPrintableCheck quoted_;
  bool has_nul_ = false;
  bool has_bare_end_ = false;
};

}  // namespace graph_milter::mail
