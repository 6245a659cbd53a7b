// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base/base64.h"
#include "tests/support/temp_folder.h"

namespace graph_milter {
namespace {

std::string random_text(std::mt19937_64& random, std::size_t length) {
  std::string out(length, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

TEST(RangeSource, ShowsOnlyItsRange) {
  StringSource whole("0123456789");
  RangeSource part(whole, ByteRange{2, 5});
  EXPECT_EQ(part.size(), 3U);
  EXPECT_EQ(read_all(part, 100).value(), "234");
  std::string block(10, '?');
  EXPECT_EQ(part.read_at(1, writable(block)).value(), 2U);
  EXPECT_EQ(part.read_at(3, writable(block)).value(), 0U);
}

TEST(ReadAll, RefusesMoreThanItsLimit) {
  StringSource source("12345");
  const auto read = read_all(source, 4);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().text(), "read_all: 5 bytes, more than the limit of 4");
}

TEST(Base64, WritesTheVectorsOfRfc4648) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xFB\xFF"), "-_8");
}

TEST(Base64Source, GivesTheSameBytesFromEveryOffsetInEveryPieceSize) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 40; ++round) {
    const std::string raw = random_text(random, random() % 200'000);
    const std::string expected = base64_encode(raw);
    StringSource source(raw);
    Base64Source encoded(source);
    ASSERT_EQ(encoded.size(), expected.size());
    for (int probe = 0; probe < 20; ++probe) {
      const std::size_t offset = expected.empty() ? 0 : random() % expected.size();
      std::string block(random() % 100'000, '?');
      const std::size_t length = encoded.read_at(offset, writable(block)).value();
      ASSERT_EQ(length, std::min(block.size(), expected.size() - offset));
      ASSERT_EQ(block.substr(0, length), expected.substr(offset, length)) << "offset " << offset;
    }
  }
}

}  // namespace
}  // namespace graph_milter
