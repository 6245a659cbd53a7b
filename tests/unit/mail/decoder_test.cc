// SPDX-License-Identifier: Apache-2.0
#include "core/mail/decoder.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

#include "core/base/base64.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mail {
namespace {

// Feeds `text` to the decoder in pieces of at most `in_size` bytes with `out_size` bytes of room each time. Nothing, if
// the text is refused.
template <class Decoder>
std::optional<std::string> decode(Decoder decoder, std::string_view text, std::size_t in_size = 1 << 20,
                                  std::size_t out_size = 1 << 20) {
  std::string out;
  std::string room(out_size, '\0');
  while (!text.empty()) {
    const DecodeStep step = decoder.decode(text.substr(0, in_size), writable(room));
    if (!step.fault.empty()) return std::nullopt;
    EXPECT_LE(step.produced, out_size);
    EXPECT_GT(step.consumed + step.produced, 0U);
    out.append(room, 0, step.produced);
    text.remove_prefix(step.consumed);
  }
  if (!decoder.finish().empty()) return std::nullopt;
  return out;
}

std::optional<std::string> from_base64(std::string_view text) { return decode(Base64Decoder(), text); }
std::optional<std::string> from_quoted(std::string_view text) { return decode(QuotedPrintableDecoder(), text); }

std::string_view fault_of(auto decoder, std::string_view text) {
  std::string room(text.size() + kDecoderRoom, '\0');
  const DecodeStep step = decoder.decode(text, writable(room));
  return step.fault.empty() ? decoder.finish() : step.fault;
}

// What RFC 2045 section 6.8 and our strictness say, a character at a time and without a thought for speed.
std::optional<std::string> reference_base64(std::string_view text) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string digits;
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      if (i + 1 == text.size() || text[i + 1] != '\n') return std::nullopt;
      ++i;
      line = 0;
      continue;
    }
    if (++line > 998) return std::nullopt;
    digits += text[i];
  }
  if (digits.size() % 4 != 0) return std::nullopt;
  std::string bits;
  std::size_t padding = 0;
  for (const char c : digits) {
    const std::size_t value = alphabet.find(c);
    if (c == '=') {
      ++padding;
      continue;
    }
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    for (int bit = 5; bit >= 0; --bit) bits += (value >> bit & 1) != 0 ? '1' : '0';
  }
  if (padding > 2) return std::nullopt;
  std::string out;
  for (; bits.size() >= 8; bits.erase(0, 8)) out += static_cast<char>(std::stoi(bits.substr(0, 8), nullptr, 2));
  if (bits.find('1') != std::string::npos) return std::nullopt;
  return out;
}

std::string random_text(std::mt19937_64& random, std::size_t size) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random() % 256);
  return out;
}

std::string in_lines(std::string_view encoded, std::size_t length) {
  std::string out;
  for (; encoded.size() > length; encoded.remove_prefix(length)) out += std::string(encoded.substr(0, length)) + "\r\n";
  return out + std::string(encoded);
}

TEST(Base64Decoder, DecodesTheVectorsOfRfc4648) {
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("Zg=="), "f");
  EXPECT_EQ(from_base64("Zm8="), "fo");
  EXPECT_EQ(from_base64("Zm9v"), "foo");
  EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(from_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(from_base64("Zm9vYmFy"), "foobar");
}

TEST(Base64Decoder, TakesLineEndsAnywhereEvenInsideAGroupAndAfterThePadding) {
  EXPECT_EQ(from_base64("Z\r\nm9\r\nvYg=\r\n=\r\n\r\n"), "foob");
}

TEST(Base64Decoder, RefusesWhatReadersDecodeDifferently) {
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9v!Zg="), "a character outside the base64 alphabet");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9v Zm9v"), "a character outside the base64 alphabet");
  EXPECT_EQ(fault_of(Base64Decoder(), std::string_view("Zm\0v", 4)), "a character outside the base64 alphabet");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9\xC3"), "a character outside the base64 alphabet");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9-"), "a character outside the base64 alphabet");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm8=Zm9v"), "base64 characters after the padding");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zg=v"), "base64 characters after the padding");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zg==="), "more base64 padding than a group takes");
  EXPECT_EQ(fault_of(Base64Decoder(), "===="), "base64 padding at the start of a group");
  EXPECT_EQ(fault_of(Base64Decoder(), "Z==="), "base64 padding at the start of a group");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zh=="), "bits that are not zero before the base64 padding");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9="), "bits that are not zero before the base64 padding");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9vZ"), "a number of base64 characters that is not divisible by 4");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zg="), "a number of base64 characters that is not divisible by 4");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9v\nZm9v"), "a LF without its CR");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9v\rZm9v"), "a CR without its LF");
  EXPECT_EQ(fault_of(Base64Decoder(), "Zm9v\r"), "a CR without its LF");
}

TEST(Base64Decoder, TakesALineOf998CharactersAndNotOneMore) {
  const std::string line(996, 'A');
  EXPECT_TRUE(from_base64(line + "AA\r\nAA").has_value());
  EXPECT_FALSE(from_base64(line + "AAA\r\nA").has_value());
  EXPECT_EQ(fault_of(Base64Decoder(), line + "AAAA"), "a line of more than 998 characters");
  EXPECT_EQ(fault_of(Base64Decoder(), line + "A\r\nAAA" + line), "a line of more than 998 characters");
}

TEST(Base64Decoder, SaysWhichByteItRefuses) {
  std::string room(100, '\0');
  Base64Decoder decoder;
  const DecodeStep step = decoder.decode("Zm9vYmFy\r\nZm!v", writable(room));
  EXPECT_EQ(step.consumed, 12U);
}

TEST(Base64Decoder, DecodesEveryByteValueAtEveryPlaceOfAVector) {
  for (int value = 0; value < 256; ++value) {
    for (std::size_t place = 0; place < 48; ++place) {
      std::string text(64, 'A');
      text[place] = static_cast<char>(value);
      ASSERT_EQ(from_base64(text), reference_base64(text)) << "byte " << value << " at " << place;
      ASSERT_EQ(decode(Base64Decoder(Base64Kernel::Scalar), text), reference_base64(text)) << value << " at " << place;
    }
  }
}

TEST(Base64Decoder, AgreesWithTheReferenceOnRandomMailHoweverItIsCut) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 2000; ++round) {
    std::string text = in_lines(base64_encode(random_text(random, random() % 600)), 1 + random() % 100);
    const std::string odd = "A=\r\n!/+z \x80";
    for (std::size_t changes = random() % 3; changes > 0 && !text.empty(); --changes) {
      text[random() % text.size()] = odd[random() % odd.size()];
    }
    const auto expected = reference_base64(text);
    const std::size_t in_size = 1 + random() % 200;
    const std::size_t out_size = kDecoderRoom + random() % 200;
    ASSERT_EQ(decode(Base64Decoder(), text, in_size, out_size), expected) << text;
    ASSERT_EQ(decode(Base64Decoder(Base64Kernel::Scalar), text, in_size, out_size), expected) << text;
  }
}

TEST(Base64Decoder, GoesOnFromACopy) {
  const std::string raw = "the copy knows where the original was";
  const std::string text = in_lines(base64_encode(raw), 10);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Base64Decoder original;
    std::string room(100, '\0');
    const DecodeStep step = original.decode(std::string_view(text).substr(0, cut), writable(room));
    const Base64Decoder copy = original;
    original.decode("AAAA", writable(room));
    const auto rest = decode(copy, std::string_view(text).substr(cut));
    ASSERT_EQ(rest, raw.substr(step.produced)) << "cut at " << cut;
  }
}

// The other direction, as awkward as RFC 2045 allows.
std::string quote(std::mt19937_64& random, std::string_view raw) {
  std::string out;
  std::size_t line = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n' &&
        (out.empty() || !(out.back() == ' ' || out.back() == '\t'))) {
      out += "\r\n";
      line = 0;
      ++i;
      continue;
    }
    const bool blank = c == ' ' || c == '\t';
    const bool last = i + 1 == raw.size() || raw[i + 1] == '\r';
    const bool plain = (c > ' ' && c <= '~' && c != '=') || (blank && !last);
    if (plain && random() % 8 != 0) {
      out += c;
      ++line;
    } else {
      const std::string_view digits = random() % 2 == 0 ? "0123456789ABCDEF" : "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      out += '=';
      out += digits[byte >> 4];
      out += digits[byte & 15];
      line += 3;
    }
    if (line > 60 && i + 1 < raw.size()) {
      out += "=\r\n";
      line = 0;
    }
  }
  return out;
}

TEST(QuotedPrintableDecoder, DecodesEscapesSoftBreaksAndKeepsLineEnds) {
  EXPECT_EQ(from_quoted(""), "");
  EXPECT_EQ(from_quoted("plain text\r\nsecond line\r\n"), "plain text\r\nsecond line\r\n");
  EXPECT_EQ(from_quoted("=C3=A4=c3=a4=3D"), "\xC3\xA4\xC3\xA4=");
  EXPECT_EQ(from_quoted("one =\r\nline"), "one line");
  EXPECT_EQ(from_quoted("a blank at the end=20\r\n"), "a blank at the end \r\n");
}

TEST(QuotedPrintableDecoder, RefusesWhatReadersDecodeDifferently) {
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "=X0"), "an = that is not followed by two hexadecimal digits");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "=4"), "an = that is not followed by two hexadecimal digits");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "=4\r\n"), "an = that is not followed by two hexadecimal digits");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "soft= \r\nbreak"),
            "an = that is not followed by two hexadecimal digits");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "ends with ="), "an = that is not followed by two hexadecimal digits");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "blank \r\n"), "a blank before a line end");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "tab\t\r\n"), "a blank before a line end");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "blank "), "a blank at the end");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "a\nb"), "a LF without its CR");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "a\rb"), "a CR without its LF");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "a=\rb"), "a CR without its LF");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "a\r"), "a CR without its LF");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "\xC3\xA4"), "a character that quoted-printable does not allow");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), std::string_view("a\0b", 3)),
            "a character that quoted-printable does not allow");
  EXPECT_EQ(fault_of(QuotedPrintableDecoder(), "\x7F"), "a character that quoted-printable does not allow");
}

TEST(QuotedPrintableDecoder, TakesALineOf998CharactersAndNotOneMore) {
  EXPECT_TRUE(from_quoted(std::string(998, 'a') + "\r\n").has_value());
  EXPECT_FALSE(from_quoted(std::string(999, 'a') + "\r\n").has_value());
}

TEST(QuotedPrintableDecoder, GivesBackWhatWasQuotedHoweverItIsCut) {
  std::mt19937_64 random(test::seed());
  const std::string_view pieces[] = {"word", " ", "\t", "\r\n", "=", "\xE2\x82\xAC", "\r", "\n", "."};
  for (int round = 0; round < 500; ++round) {
    std::string raw;
    for (std::size_t count = random() % 200; count > 0; --count) raw += pieces[random() % std::size(pieces)];
    const std::string text = quote(random, raw);
    ASSERT_EQ(decode(QuotedPrintableDecoder(), text, 1 + random() % 50, kDecoderRoom + random() % 50), raw) << text;
  }
}

}  // namespace
}  // namespace graph_milter::mail
