// SPDX-License-Identifier: Apache-2.0
#include "core/mail/body_check.h"

#include "core/base/text.h"
#include "core/mail/byte_scan.h"

namespace graph_milter::mail {
namespace {

constexpr std::size_t kLongestLine = 998;  // RFC 5322 section 2.1.1

bool is_hex_digit(char c) { return is_ascii_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }

// How many characters at the front stand for themselves in quoted-printable.
std::size_t leading_plain(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() &&
         ((text[count] >= ' ' && text[count] <= '~' && text[count] != '=') || text[count] == '\t')) {
    ++count;
  }
  return count;
}

}  // namespace

void Base64Check::text(std::string_view piece) {
  line_length_ += piece.size();
  if (failed_ || piece.empty()) return;
  if (padding_ > 0) return padding(piece);
  const char* end = piece.data() + piece.size();
  const char* stop = find_non_base64(piece.data(), end);
  const auto good = static_cast<std::size_t>(stop - piece.data());
  characters_ += good;
  if (good > 0) last_ = piece[good - 1];
  if (stop != end) padding(piece.substr(good));
}

void Base64Check::padding(std::string_view piece) {
  padding_ += piece.size();
  failed_ = piece.find_first_not_of('=') != std::string_view::npos || padding_ > 2;
}

void Base64Check::line_end() {
  if (line_length_ > kLongestLine) failed_ = true;
  last_line_length_ = line_length_;
  line_length_ = 0;
}

std::size_t Base64Check::take_regular_lines(std::string_view bytes) {
  const std::size_t length = last_line_length_;
  if (failed_ || padding_ > 0 || length == 0 || length > kLongestLine) return 0;
  const std::size_t lines = count_base64_lines(bytes.data(), bytes.data() + bytes.size(), length);
  if (lines == 0) return 0;
  const std::size_t taken = lines * (length + 2);
  characters_ += lines * length;
  last_ = bytes[taken - 3];
  return taken;
}

bool Base64Check::is_exact() const {
  if (failed_ || line_length_ > kLongestLine || (characters_ + padding_) % 4 != 0) return false;
  const unsigned unused = padding_ == 2 ? 0x0fU : padding_ == 1 ? 0x03U : 0U;
  return (static_cast<unsigned>(base64_value(last_)) & unused) == 0;
}

ByteCount Base64Check::decoded_size() const {
  const ByteCount rest = characters_ % 4;
  return characters_ / 4 * 3 + (rest == 0 ? 0 : rest - 1);
}

void QuotedPrintableCheck::text(std::string_view piece) {
  line_length_ += piece.size();
  if (!piece.empty()) last_ = Last::Text;
  for (std::size_t i = 0; i < piece.size();) {
    if (state_ == State::Plain) {
      const std::size_t run = leading_plain(piece.substr(i));
      decoded_ += run;
      i += run;
      if (run > 0) blank_last_ = is_blank(piece[i - 1]);
      if (i == piece.size()) break;
    }
    take(piece[i++]);
  }
}

void QuotedPrintableCheck::take(char c) {
  switch (state_) {
    case State::Plain:
      if (c == '=') {
        state_ = State::AfterEquals;
      } else {
        ++decoded_;
        failed_ = true;  // everything that may stand for itself is taken in runs
      }
      blank_last_ = false;
      break;
    case State::AfterEquals:
      if (!is_hex_digit(c)) failed_ = true;
      state_ = State::AfterOneDigit;
      break;
    case State::AfterOneDigit:
      if (!is_hex_digit(c)) failed_ = true;
      ++decoded_;
      state_ = State::Plain;
      break;
  }
}

void QuotedPrintableCheck::line_end(LineEnd end) {
  if (line_length_ > kLongestLine || state_ == State::AfterOneDigit || blank_last_) failed_ = true;
  last_ = state_ == State::AfterEquals ? Last::SoftBreak : Last::HardBreak;
  last_break_ = last_ == Last::SoftBreak ? 0 : end == LineEnd::Bare ? 1 : 2;
  decoded_ += last_break_;
  state_ = State::Plain;
  blank_last_ = false;
  line_length_ = 0;
}

void QuotedPrintableCheck::finish(bool ends_at_delimiter) {
  if (state_ != State::Plain || blank_last_ || line_length_ > kLongestLine) failed_ = true;
  if (!ends_at_delimiter) return;
  if (last_ == Last::HardBreak) decoded_ -= last_break_;
  if (last_ == Last::SoftBreak) failed_ = true;  // what remains of the break is a lone "=" at the end of the body
}

void BodyCheck::start(TransferEncoding encoding) {
  encoding_ = encoding;
  base64_ = {};
  quoted_ = {};
  has_nul_ = false;
  has_bare_end_ = false;
}

void BodyCheck::text(std::string_view piece) {
  if (encoding_ == TransferEncoding::Base64) base64_.text(piece);
  if (encoding_ == TransferEncoding::QuotedPrintable) quoted_.text(piece);
}

void BodyCheck::line_end(LineEnd end) {
  if (end == LineEnd::Bare) has_bare_end_ = true;
  if (encoding_ == TransferEncoding::Base64) base64_.line_end();
  if (encoding_ == TransferEncoding::QuotedPrintable) quoted_.line_end(end);
}

void BodyCheck::nul() { has_nul_ = true; }

std::size_t BodyCheck::take_regular_lines(std::string_view bytes) {
  return encoding_ == TransferEncoding::Base64 ? base64_.take_regular_lines(bytes) : 0;
}

BodyCheck::Outcome BodyCheck::finish(ByteCount encoded_size, bool ends_at_delimiter) {
  Outcome outcome{true, "", "", encoded_size};
  const auto refuse = [&](std::string_view code, std::string_view detail) {
    if (outcome.exact) outcome = {false, std::string(code), std::string(detail), outcome.decoded_size};
  };
  if (encoding_ == TransferEncoding::Base64) outcome.decoded_size = base64_.decoded_size();
  if (encoding_ == TransferEncoding::QuotedPrintable) {
    quoted_.finish(ends_at_delimiter);
    outcome.decoded_size = quoted_.decoded_size();
  }
  if (encoding_ == TransferEncoding::Unknown) refuse("cte", "the transfer encoding is unknown");
  if (has_nul_) refuse("nul", "the body holds a NUL byte");
  if (has_bare_end_) refuse("bare-eol", "a line of the body ends in a CR or LF alone");
  if (encoding_ == TransferEncoding::Base64 && !base64_.is_exact()) {
    refuse("base64", "the body is not strict base64");
  }
  if (encoding_ == TransferEncoding::QuotedPrintable && !quoted_.is_exact()) {
    refuse("qp", "the body is not strict quoted-printable");
  }
  return outcome;
}

}  // namespace graph_milter::mail
