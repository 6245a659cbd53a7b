// SPDX-License-Identifier: Apache-2.0
#include "core/mail/part_source.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/base/base64.h"
#include "core/mail/scanner.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::mail {
namespace {

std::string random_bytes_of(std::mt19937_64& random, std::size_t size) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random() % 256);
  return out;
}

std::string to_base64_lines(std::mt19937_64& random, std::string_view raw, std::size_t shortest, std::size_t longest) {
  const std::string encoded = base64_encode(raw);
  std::string out;
  for (std::size_t at = 0; at < encoded.size();) {
    const std::size_t length = shortest + random() % (longest - shortest + 1);
    out += encoded.substr(at, length) + "\r\n";
    at += length;
  }
  return out;
}

std::string to_quoted(std::string_view raw) {
  std::string out;
  std::size_t line = 0;
  for (const char c : raw) {
    if (line > 70) {
      out += "=\r\n";
      line = 0;
    }
    if (c > ' ' && c <= '~' && c != '=') {
      out += c;
      ++line;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '=';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 15];
      line += 3;
    }
  }
  return out;
}

struct Mail {
  StringSource message;
  EncodedRange encoded;
};

Mail wrap(const std::string& body, TransferEncoding encoding, ByteCount decoded_size) {
  const std::string before = "Subject: x\r\n\r\n";
  const EncodedRange range{{before.size(), before.size() + body.size()}, encoding, decoded_size};
  return {StringSource(before + body + "\r\n--b--\r\nnot part of it"), range};
}

void expect_same_bytes_in_any_order(std::mt19937_64& random, ByteSource& source, const std::string& raw, int reads) {
  ASSERT_EQ(source.size(), raw.size());
  ByteCount next = 0;
  for (int read = 0; read < reads; ++read) {
    // Mostly reading on, sometimes a jump, sometimes beyond the end.
    const ByteCount offset = random() % 3 == 0 ? random() % (raw.size() + 3) : next;
    std::string out(random() % 4 == 0 ? random() % 6 : random() % 100000, '\0');
    const auto length = source.read_at(offset, writable(out));
    ASSERT_TRUE(length.has_value()) << length.error().text();
    const std::string expected = offset < raw.size() ? raw.substr(offset, out.size()) : "";
    ASSERT_EQ(*length, expected.size());
    ASSERT_TRUE(out.compare(0, *length, expected) == 0) << "at " << offset;
    next = offset + *length;
  }
}

TEST(PartSource, GivesTheSameBytesOfBase64InAnyOrderAndWithAnyLines) {
  std::mt19937_64 random(test::seed());
  const std::pair<std::size_t, std::size_t> line_lengths[] = {{76, 76}, {60, 60}, {1, 998}, {77, 77}, {4, 4}};
  for (const auto& [shortest, longest] : line_lengths) {
    const std::string raw = random_bytes_of(random, 600000 + random() % 10);
    Mail mail = wrap(to_base64_lines(random, raw, shortest, longest), TransferEncoding::Base64, raw.size());
    const auto source = make_part_source(mail.message, mail.encoded);
    expect_same_bytes_in_any_order(random, *source, raw, 150);
  }
}

TEST(PartSource, GivesTheSameBytesOfQuotedPrintableInAnyOrder) {
  std::mt19937_64 random(test::seed());
  const std::string raw = random_bytes_of(random, 500000);
  Mail mail = wrap(to_quoted(raw), TransferEncoding::QuotedPrintable, raw.size());
  const auto source = make_part_source(mail.message, mail.encoded);
  expect_same_bytes_in_any_order(random, *source, raw, 150);
}

TEST(PartSource, GivesTheBytesAsTheyAreWhereNothingIsEncoded) {
  std::mt19937_64 random(test::seed());
  for (const auto encoding : {TransferEncoding::SevenBit, TransferEncoding::EightBit, TransferEncoding::Binary}) {
    const std::string raw = random_bytes_of(random, 100000);
    Mail mail = wrap(raw, encoding, raw.size());
    const auto source = make_part_source(mail.message, mail.encoded);
    expect_same_bytes_in_any_order(random, *source, raw, 30);
  }
}

TEST(PartSource, TakesEveryShortPartAtEveryOffset) {
  std::mt19937_64 random(test::seed());
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string raw = random_bytes_of(random, size);
    Mail mail = wrap(to_base64_lines(random, raw, 1, 9), TransferEncoding::Base64, size);
    const auto source = make_part_source(mail.message, mail.encoded);
    for (std::size_t offset = 0; offset <= size; ++offset) {
      for (std::size_t length = 0; length <= size - offset + 1; ++length) {
        std::string out(length, '\0');
        const auto done = source->read_at(offset, writable(out));
        ASSERT_TRUE(done.has_value()) << done.error().text();
        ASSERT_EQ(out.substr(0, *done), raw.substr(offset, length));
      }
    }
  }
}

// Counts what is read of the message.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(ByteSource& source) : source_(source) {}
  ByteCount size() const override { return source_.size(); }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override {
    auto done = source_.read_at(offset, out);
    if (done) bytes += *done;
    largest = std::max(largest, out.size());
    return done;
  }
  ByteCount bytes = 0;
  std::size_t largest = 0;

 private:
  ByteSource& source_;
};

TEST(PartSource, ReadsTheMessageOnceAndJumpsBackWithoutStartingAgain) {
  std::mt19937_64 random(test::seed());
  const std::string raw = random_bytes_of(random, 8 << 20);
  Mail mail = wrap(to_base64_lines(random, raw, 76, 76), TransferEncoding::Base64, raw.size());
  CountingSource counting(mail.message);
  const auto source = make_part_source(counting, mail.encoded);
  std::string out(1 << 20, '\0');
  for (ByteCount offset = 0; offset < raw.size(); offset += out.size()) {
    ASSERT_TRUE(source->read_at(offset, writable(out)).has_value());
  }
  EXPECT_EQ(counting.bytes, mail.encoded.range.size());
  EXPECT_EQ(counting.largest, 64U * 1024);

  counting.bytes = 0;
  out.resize(100);
  ASSERT_TRUE(source->read_at(5 << 20, writable(out)).has_value());
  EXPECT_EQ(out, raw.substr(5 << 20, 100));
  EXPECT_LE(counting.bytes, 4U * 64 * 1024);
}

Error error_of(Mail mail) {
  const auto source = make_part_source(mail.message, mail.encoded);
  std::string out(static_cast<std::size_t>(source->size()) + 1, '\0');
  const auto result = source->read_at(0, writable(out));
  return result ? make_error(ErrorKind::Usage, "none", "read without an error") : result.error();
}

TEST(PartSource, RefusesWhatDoesNotDecodeToExactlyTheAnnouncedSize) {
  const auto base64 = TransferEncoding::Base64;
  EXPECT_EQ(error_of(wrap("Zm9vYmFy", base64, 7)).text(), "part: decodes to 6 bytes, not to 7");
  EXPECT_EQ(error_of(wrap("Zm9vYmFy", base64, 5)).text(), "part: decodes to more than 5 bytes");
  EXPECT_EQ(error_of(wrap("Zm9vYmFy", base64, 3)).text(), "part: decodes to more than 3 bytes");
  EXPECT_EQ(error_of(wrap("Zm9v", base64, 0)).text(), "part: decodes to more than 0 bytes");
  EXPECT_EQ(error_of(wrap("Zm9vZg=", base64, 3)).text(),
            "part: a number of base64 characters that is not divisible by 4 at byte 21 of the message");
  EXPECT_EQ(error_of(wrap("Zm9v\r\n!", base64, 3)).text(),
            "part: a character outside the base64 alphabet at byte 20 of the message");
  EXPECT_EQ(error_of(wrap("abc", TransferEncoding::SevenBit, 4)).text(),
            "part: 3 bytes that need no decoding were announced as 4");
  EXPECT_EQ(error_of(wrap("abc", TransferEncoding::Unknown, 3)).text(),
            "part: has a transfer encoding that cannot be decoded");
  EXPECT_EQ(error_of(wrap("Zm9v", base64, 7)).kind, ErrorKind::Corrupt);
}

TEST(PartSource, SaysThatTheMessageIsTooShort) {
  StringSource message("Zm9v");
  for (const auto encoding : {TransferEncoding::Base64, TransferEncoding::Binary}) {
    const auto source = make_part_source(message, {{0, 8}, encoding, encoding == TransferEncoding::Base64 ? 6U : 8U});
    std::string out(6, '\0');
    const auto result = source->read_at(0, writable(out));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().text(), "part: the message ends before the part does");
  }
}

TEST(PartSource, CanBeReadAgainAfterAFault) {
  std::string body;
  for (int i = 0; i < 100; ++i) body += "Zm9v\r\n";
  Mail mail = wrap(body + "!", TransferEncoding::Base64, 300);
  const auto source = make_part_source(mail.message, mail.encoded);
  std::string out(300, '\0');
  EXPECT_FALSE(source->read_at(0, writable(out)).has_value());
  EXPECT_FALSE(source->read_at(0, writable(out)).has_value());
  out.resize(4);
  ASSERT_TRUE(source->read_at(2, writable(out)).has_value());
  EXPECT_EQ(out, "ofoo");
}

// What the scanner calls exact is promised to the MTA and decoded only later.
TEST(PartSource, DecodesExactlyWhatTheScannerCallsExact) {
  std::mt19937_64 random(test::seed());
  const std::string_view odd = "=A \t\r\n!4\x80.-";
  std::size_t exact = 0;
  std::size_t inexact = 0;
  for (int round = 0; round < 3000; ++round) {
    const bool is_base64 = round % 2 == 0;
    const std::string raw = random_bytes_of(random, random() % 120);
    std::string body = is_base64 ? to_base64_lines(random, raw, 1, 80) : to_quoted(raw);
    if (random() % 3 == 0) body += "\r\n";
    for (std::size_t changes = random() % 3; changes > 0 && !body.empty(); --changes) {
      body[random() % body.size()] = odd[random() % odd.size()];
    }
    const std::string text =
        "From: ann@contoso.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: application/pdf\r\nContent-Transfer-Encoding: " +
        std::string(is_base64 ? "base64" : "quoted-printable") + "\r\n\r\n" + body + "\r\n--b--\r\n";
    Scanner scanner;
    scanner.feed(text);
    const MessageFacts facts = scanner.finish();
    if (facts.parts.size() != 2) continue;
    StringSource message(text);
    const auto source = make_part_source(message, facts.parts[1].body);
    std::string out(static_cast<std::size_t>(source->size()), '\0');
    const auto length = source->read_at(0, writable(out));
    ASSERT_EQ(length.has_value(), facts.parts[1].exact)
        << text << (length ? facts.parts[1].inexact.detail : length.error().text());
    ++(facts.parts[1].exact ? exact : inexact);
  }
  EXPECT_GT(exact, 500U);
  EXPECT_GT(inexact, 500U);
}

}  // namespace
}  // namespace graph_milter::mail
