// SPDX-License-Identifier: Apache-2.0
#include "core/mail/splice.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/temp_folder.h"

namespace graph_milter::mail {
namespace {

TEST(Splice, JoinsAdjacentRangesAndTextsAndLeavesEmptyOnesOut) {
  Splice splice;
  splice.add(ByteRange{0, 4});
  splice.add(ByteRange{4, 9});
  splice.add(ByteRange{9, 9});
  splice.add(std::string());
  splice.add(std::string("a"));
  splice.add(std::string("b"));
  splice.add(ByteRange{20, 21});
  EXPECT_EQ(splice.pieces, (std::vector<SplicePiece>{ByteRange{0, 9}, std::string("ab"), ByteRange{20, 21}}));
  EXPECT_EQ(splice.size(), 12U);
}

TEST(Splice, ReadsNothingFromNothing) {
  StringSource message("abc");
  const Splice splice;
  SpliceSource source(message, splice);
  char out[4];
  EXPECT_EQ(source.size(), 0U);
  EXPECT_EQ(source.read_at(0, out).value(), 0U);
}

TEST(Splice, SaysThatTheMessageIsTooShortForItsRanges) {
  StringSource message("abc");
  Splice splice;
  splice.add(ByteRange{1, 5});
  SpliceSource source(message, splice);
  std::string out(4, '\0');
  const auto result = source.read_at(0, writable(out));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(result.error().text(), "splice: the message is shorter than the ranges taken from it");
}

TEST(Splice, GivesTheSameBytesAtAnyOffsetAndLength) {
  std::mt19937_64 random(test::seed());
  std::string text(5000, '\0');
  for (char& c : text) c = static_cast<char>(random() % 256);
  StringSource message(text);
  for (int round = 0; round < 50; ++round) {
    Splice splice;
    std::string expected;
    for (std::size_t pieces = random() % 20; pieces > 0; --pieces) {
      const std::size_t begin = random() % text.size();
      const std::size_t end = begin + random() % (text.size() - begin);
      if (random() % 2 == 0) {
        splice.add(ByteRange{begin, end});
        expected += text.substr(begin, end - begin);
      } else {
        splice.add(text.substr(begin, (end - begin) / 10));
        expected += text.substr(begin, (end - begin) / 10);
      }
    }
    SpliceSource source(message, splice);
    ASSERT_EQ(source.size(), expected.size());
    ASSERT_EQ(splice.size(), expected.size());
    for (int read = 0; read < 50; ++read) {
      const std::size_t offset = random() % (expected.size() + 2);
      std::string out(random() % 300, '\0');
      const std::size_t length = source.read_at(offset, writable(out)).value();
      ASSERT_EQ(out.substr(0, length), offset < expected.size() ? expected.substr(offset, out.size()) : "");
    }
  }
}

}  // namespace
}  // namespace graph_milter::mail
