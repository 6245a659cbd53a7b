// SPDX-License-Identifier: Apache-2.0
#include "core/mail/decoder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/mail/byte_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace graph_milter::mail {

namespace {

constexpr std::string_view kLineTooLong = "a line of more than 998 characters";
constexpr std::string_view kBareCr = "a CR without its LF";
constexpr std::string_view kBareLf = "a LF without its CR";

constexpr std::uint32_t kNoDigit = 0x80000000U;

// The six bits of every character, shifted to the place that the character has in its group of four.
constexpr std::array<std::uint32_t, 256> make_digits(unsigned shift) {
  std::array<std::uint32_t, 256> digits{};
  for (std::uint32_t& digit : digits) digit = kNoDigit;
  for (std::uint32_t i = 0; i < kBase64Alphabet.size(); ++i)
    digits[static_cast<unsigned char>(kBase64Alphabet[i])] = i << shift;
  return digits;
}

constexpr auto kDigits0 = make_digits(18);
constexpr auto kDigits1 = make_digits(12);
constexpr auto kDigits2 = make_digits(6);
constexpr auto kDigits3 = make_digits(0);

constexpr std::uint32_t at(const std::array<std::uint32_t, 256>& digits, char c) {
  return digits[static_cast<unsigned char>(c)];
}

void store3(std::uint32_t bits, char* out) {
  out[0] = static_cast<char>(static_cast<unsigned char>(bits >> 16));
  out[1] = static_cast<char>(static_cast<unsigned char>(bits >> 8));
  out[2] = static_cast<char>(static_cast<unsigned char>(bits));
}

// Whole groups of four from the front of `in`, as long as they hold nothing but digits and there is room for them.
// Returns how many characters were read; three quarters of it were written.
std::size_t decode_groups(const char* in, std::size_t length, char* out, std::size_t room) {
  const std::size_t groups = std::min(length / 4, room / 3);
  for (std::size_t i = 0; i < groups; ++i, in += 4, out += 3) {
    const std::uint32_t bits = at(kDigits0, in[0]) | at(kDigits1, in[1]) | at(kDigits2, in[2]) | at(kDigits3, in[3]);
    if ((bits & kNoDigit) != 0) return i * 4;
    store3(bits, out);
  }
  return groups * 4;
}

#if defined(__x86_64__)

// 32 characters at a time by the table look-ups that Mula and Lemire published ("Faster Base64 Encoding and Decoding
// Using AVX2 Instructions", 2018): two nibble tables, whose common bits name a character outside the alphabet, and one
// that shifts each range of the alphabet to its values.
__attribute__((target("avx2"))) std::size_t decode_groups_avx2(const char* in, std::size_t length, char* out,
                                                               std::size_t room) {
  const __m256i low_table = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A));
  const __m256i high_table = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
  const __m256i roll_table =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i bytes_in_order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
  const __m256i lanes_together = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
  const __m256i mask = _mm256_set1_epi8(0x2F);

  std::size_t read = 0;
  std::size_t written = 0;
  // Each store writes 32 bytes, of which 24 count.
  while (read + 32 <= length && written + 32 <= room) {
    const __m256i text = _mm256_loadu_si256(static_cast<const __m256i*>(static_cast<const void*>(in + read)));
    const __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), mask);
    const __m256i low = _mm256_and_si256(text, mask);
    if (_mm256_testz_si256(_mm256_shuffle_epi8(low_table, low), _mm256_shuffle_epi8(high_table, high)) == 0) break;
    const __m256i roll = _mm256_shuffle_epi8(roll_table, _mm256_add_epi8(_mm256_cmpeq_epi8(text, mask), high));
    const __m256i digits = _mm256_add_epi8(text, roll);
    const __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi32(0x01400140));
    const __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, bytes_in_order), lanes_together);
    _mm256_storeu_si256(static_cast<__m256i*>(static_cast<void*>(out + written)), bytes);
    read += 32;
    written += 24;
  }
  return read + decode_groups(in + read, length - read, out + written, room - written);
}

#endif

using BulkDecode = std::size_t (*)(const char*, std::size_t, char*, std::size_t);

BulkDecode best_bulk() {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return decode_groups_avx2;
#endif
  return decode_groups;
}

void put(char c, std::span<char> out, DecodeStep& step) { out[step.produced++] = c; }

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Base64Decoder::Base64Decoder(Base64Kernel kernel) : bulk_(kernel == Base64Kernel::Best ? best_bulk() : decode_groups) {}

DecodeStep Base64Decoder::decode(std::string_view in, std::span<char> out) {
  DecodeStep step;
  while (step.consumed < in.size() && out.size() - step.produced >= kDecoderRoom) {
    if (pending_ == 0 && padding_ == 0 && !after_cr_) {
      step.fault = decode_bulk(in, out, step);
      if (!step.fault.empty()) return step;
      if (step.consumed == in.size() || out.size() - step.produced < kDecoderRoom) return step;
    }
    step.fault = take(in[step.consumed], out, step);
    if (!step.fault.empty()) return step;
    ++step.consumed;
  }
  return step;
}

// Whole lines of whole groups, which is what nearly all mail consists of.
std::string_view Base64Decoder::decode_bulk(std::string_view in, std::span<char> out, DecodeStep& step) {
  for (;;) {
    const std::size_t read = bulk_(in.data() + step.consumed, in.size() - step.consumed, out.data() + step.produced,
                                   out.size() - step.produced);
    step.consumed += read;
    step.produced += read / 4 * 3;
    if (read > kEncodedLineLimit - line_length_) return kLineTooLong;
    line_length_ += static_cast<std::uint32_t>(read);
    if (in.size() - step.consumed < 2 || in[step.consumed] != '\r' || in[step.consumed + 1] != '\n') return {};
    step.consumed += 2;
    line_length_ = 0;
  }
}

std::string_view Base64Decoder::take(char c, std::span<char> out, DecodeStep& step) {
  if (after_cr_) {
    if (c != '\n') return kBareCr;
    after_cr_ = false;
    line_length_ = 0;
    return {};
  }
  if (c == '\r') {
    after_cr_ = true;
    return {};
  }
  if (c == '\n') return kBareLf;
  if (++line_length_ > kEncodedLineLimit) return kLineTooLong;
  if (c == '=') return take_padding(out, step);
  const std::uint32_t digit = at(kDigits3, c);
  if (digit == kNoDigit) return "a character outside the base64 alphabet";
  return take_digit(digit, out, step);
}

std::string_view Base64Decoder::take_digit(std::uint32_t digit, std::span<char> out, DecodeStep& step) {
  if (padding_ > 0) return "base64 characters after the padding";
  bits_ = bits_ << 6 | digit;
  if (++pending_ < 4) return {};
  store3(bits_, out.data() + step.produced);
  step.produced += 3;
  pending_ = 0;
  bits_ = 0;
  return {};
}

std::string_view Base64Decoder::take_padding(std::span<char> out, DecodeStep& step) {
  if (pending_ < 2)
    return padding_ > 0 ? "more base64 padding than a group takes" : "base64 padding at the start of a group";
  ++padding_;
  if (++pending_ < 4) return {};
  // With one '=' the last 2 of 18 bits are unused, with two the last 4 of 12.
  const unsigned unused = padding_ == 1 ? 2 : 4;
  if ((bits_ & ((1U << unused) - 1)) != 0) return "bits that are not zero before the base64 padding";
  bits_ >>= unused;
  if (padding_ == 1) put(static_cast<char>(static_cast<unsigned char>(bits_ >> 8)), out, step);
  put(static_cast<char>(static_cast<unsigned char>(bits_)), out, step);
  pending_ = 0;
  bits_ = 0;
  return {};
}

std::string_view Base64Decoder::finish() const {
  if (after_cr_) return kBareCr;
  if (pending_ != 0) return "a number of base64 characters that is not divisible by 4";
  return {};
}

DecodeStep QuotedPrintableDecoder::decode(std::string_view in, std::span<char> out) {
  DecodeStep step;
  while (step.consumed < in.size() && out.size() - step.produced >= kDecoderRoom) {
    step.fault = take(in[step.consumed], out, step);
    if (!step.fault.empty()) return step;
    ++step.consumed;
  }
  return step;
}

std::string_view QuotedPrintableDecoder::take(char c, std::span<char> out, DecodeStep& step) {
  if (c != '\r' && c != '\n' && ++line_length_ > kEncodedLineLimit) return kLineTooLong;
  switch (state_) {
    case State::Text:
    case State::AfterBlank:
      return take_text(c, out, step);
    case State::AfterCr:
      if (c != '\n') return kBareCr;
      put('\r', out, step);
      put('\n', out, step);
      break;
    case State::AfterEquals:
      return take_escape(c);
    case State::AfterHexDigit: {
      const int digit = hex_digit(c);
      if (digit < 0) return "an = that is not followed by two hexadecimal digits";
      put(static_cast<char>(static_cast<unsigned char>(high_digit_ << 4 | digit)), out, step);
      state_ = State::Text;
      return {};
    }
    case State::AfterSoftCr:
      if (c != '\n') return kBareCr;
      break;
  }
  state_ = State::Text;
  line_length_ = 0;
  return {};
}

std::string_view QuotedPrintableDecoder::take_text(char c, std::span<char> out, DecodeStep& step) {
  if (c == '\r') {
    if (state_ == State::AfterBlank) return "a blank before a line end";
    state_ = State::AfterCr;
  } else if (c == '=') {
    state_ = State::AfterEquals;
  } else if (c == ' ' || c == '\t') {
    state_ = State::AfterBlank;
    put(c, out, step);
  } else if (c > ' ' && c <= '~') {
    state_ = State::Text;
    put(c, out, step);
  } else {
    return c == '\n' ? kBareLf : "a character that quoted-printable does not allow";
  }
  return {};
}

std::string_view QuotedPrintableDecoder::take_escape(char c) {
  if (c == '\r') {
    state_ = State::AfterSoftCr;
    return {};
  }
  const int digit = hex_digit(c);
  if (digit < 0) return "an = that is not followed by two hexadecimal digits";
  high_digit_ = static_cast<std::uint8_t>(digit);
  state_ = State::AfterHexDigit;
  return {};
}

std::string_view QuotedPrintableDecoder::finish() const {
  switch (state_) {
    case State::Text:
      return {};
    case State::AfterBlank:
      return "a blank at the end";
    case State::AfterCr:
    case State::AfterSoftCr:
      return kBareCr;
    case State::AfterEquals:
    case State::AfterHexDigit:
      return "an = that is not followed by two hexadecimal digits";
  }
  return {};
}

}  // namespace graph_milter::mail
