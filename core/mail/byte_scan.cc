// SPDX-License-Identifier: Apache-2.0
#include "core/mail/byte_scan.h"

#include <array>
#include <cstdint>
#include <string_view>

#if defined(__x86_64__)
#include <immintrin.h>
#define GM_X86_64 1
#endif

namespace graph_milter::mail {
namespace {

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kBase64Alphabet.size(); ++i) {
    values[static_cast<unsigned char>(kBase64Alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> kValues = make_values();

bool is_crlf(const char* at) { return at[0] == '\r' && at[1] == '\n'; }

}  // namespace

int base64_value(char c) { return kValues[static_cast<unsigned char>(c)]; }

namespace scalar {

const char* find_line_special(const char* begin, const char* end) {
  while (begin != end && *begin != '\r' && *begin != '\n' && *begin != '\0') ++begin;
  return begin;
}

const char* find_non_base64(const char* begin, const char* end) {
  while (begin != end && base64_value(*begin) >= 0) ++begin;
  return begin;
}

std::size_t count_base64_lines(const char* begin, const char* end, std::size_t length) {
  std::size_t lines = 0;
  while (static_cast<std::size_t>(end - begin) >= length + 2 && is_crlf(begin + length)) {
    int all = 0;  // a negative value anywhere leaves the sign bit set
    for (std::size_t i = 0; i < length; ++i) all |= base64_value(begin[i]);
    if (all < 0) break;
    begin += length + 2;
    ++lines;
  }
  return lines;
}

}  // namespace scalar

#ifdef GM_X86_64
namespace {

// A byte is in the alphabet if its two nibbles go together. Each high nibble belongs to one class (a bit); the table of
// low nibbles holds the classes in which that low nibble is not in the alphabet.
constexpr int class_of_high_nibble(int high) {
  switch (high) {
    case 2:
      return 1;
    case 3:
      return 2;
    case 4:
    case 6:
      return 4;
    case 5:
    case 7:
      return 8;
    default:
      return 16;
  }
}

constexpr std::array<char, 16> make_high_table() {
  std::array<char, 16> table{};
  for (int i = 0; i < 16; ++i) table[static_cast<std::size_t>(i)] = static_cast<char>(class_of_high_nibble(i));
  return table;
}

constexpr std::array<char, 16> make_low_table() {
  std::array<char, 16> table{};
  for (int low = 0; low < 16; ++low) {
    int bad = 16;
    for (int high = 2; high < 8; ++high) {
      if (kValues[static_cast<std::size_t>(high) * 16 + static_cast<std::size_t>(low)] < 0)
        bad |= class_of_high_nibble(high);
    }
    table[static_cast<std::size_t>(low)] = static_cast<char>(bad);
  }
  return table;
}

alignas(16) constexpr std::array<char, 16> kHighTable = make_high_table();
alignas(16) constexpr std::array<char, 16> kLowTable = make_low_table();

__m128i load_128(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

__attribute__((target("avx2"))) __m256i load_256(const char* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

// Non-zero bytes where the input is not in the alphabet.
__attribute__((target("avx2"))) __m256i outside_alphabet(__m256i bytes, __m256i high_table, __m256i low_table) {
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
  const __m256i low = _mm256_and_si256(bytes, nibble);
  return _mm256_and_si256(_mm256_shuffle_epi8(high_table, high), _mm256_shuffle_epi8(low_table, low));
}

__attribute__((target("avx2"))) const char* find_non_base64_avx2(const char* begin, const char* end) {
  const __m256i high_table = _mm256_broadcastsi128_si256(load_128(kHighTable.data()));
  const __m256i low_table = _mm256_broadcastsi128_si256(load_128(kLowTable.data()));
  while (end - begin >= 32) {
    const __m256i bad = outside_alphabet(load_256(begin), high_table, low_table);
    if (_mm256_testz_si256(bad, bad) == 0) break;
    begin += 32;
  }
  return scalar::find_non_base64(begin, end);
}

// REQUIRES: length >= 32.
__attribute__((target("avx2"))) std::size_t count_base64_lines_avx2(const char* begin, const char* end,
                                                                    std::size_t length) {
  const __m256i high_table = _mm256_broadcastsi128_si256(load_128(kHighTable.data()));
  const __m256i low_table = _mm256_broadcastsi128_si256(load_128(kLowTable.data()));
  std::size_t lines = 0;
  while (static_cast<std::size_t>(end - begin) >= length + 2 && is_crlf(begin + length)) {
    __m256i bad = outside_alphabet(load_256(begin + length - 32), high_table, low_table);
    for (std::size_t i = 0; i + 32 < length; i += 32) {
      bad = _mm256_or_si256(bad, outside_alphabet(load_256(begin + i), high_table, low_table));
    }
    if (_mm256_testz_si256(bad, bad) == 0) break;
    begin += length + 2;
    ++lines;
  }
  return lines;
}

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

}  // namespace
#endif

const char* find_line_special(const char* begin, const char* end) {
#ifdef GM_X86_64
  const __m128i cr = _mm_set1_epi8('\r');
  const __m128i lf = _mm_set1_epi8('\n');
  const __m128i nul = _mm_setzero_si128();
  while (end - begin >= 16) {
    const __m128i bytes = load_128(begin);
    const __m128i hit =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, cr), _mm_cmpeq_epi8(bytes, lf)), _mm_cmpeq_epi8(bytes, nul));
    const int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return begin + __builtin_ctz(static_cast<unsigned>(mask));
    begin += 16;
  }
#endif
  return scalar::find_line_special(begin, end);
}

const char* find_non_base64(const char* begin, const char* end) {
#ifdef GM_X86_64
  if (end - begin >= 32 && has_avx2()) return find_non_base64_avx2(begin, end);
#endif
  return scalar::find_non_base64(begin, end);
}

std::size_t count_base64_lines(const char* begin, const char* end, std::size_t length) {
#ifdef GM_X86_64
  if (length >= 32 && has_avx2()) return count_base64_lines_avx2(begin, end, length);
#endif
  return scalar::count_base64_lines(begin, end, length);
}

}  // namespace graph_milter::mail
