// SPDX-License-Identifier: Apache-2.0
#include "core/mail/byte_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/temp_folder.h"

namespace graph_milter::mail {
namespace {

TEST(ByteScan, AgreesWithTheScalarLoopsOnEveryByteInEveryPlace) {
  for (std::size_t size : {1U, 15U, 16U, 17U, 31U, 32U, 33U, 64U, 70U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'A');
        text[at] = static_cast<char>(byte);
        const char* const end = text.data() + size;
        ASSERT_EQ(find_line_special(text.data(), end), scalar::find_line_special(text.data(), end)) << byte;
        ASSERT_EQ(find_non_base64(text.data(), end), scalar::find_non_base64(text.data(), end)) << byte;
        const std::string line = text + "\r\n";
        ASSERT_EQ(count_base64_lines(line.data(), line.data() + line.size(), size),
                  base64_value(text[at]) >= 0 ? 1U : 0U)
            << byte;
      }
    }
  }
}

TEST(ByteScan, CountsLinesAsTheScalarLoopDoes) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 5000; ++round) {
    const std::size_t length = 1 + random() % 100;
    std::string text;
    for (int line = 0; line < 5; ++line) text += std::string(length, 'x') + "\r\n";
    if (round % 2 == 0) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    const char* const end = text.data() + text.size();
    ASSERT_EQ(count_base64_lines(text.data(), end, length), scalar::count_base64_lines(text.data(), end, length));
  }
}

TEST(ByteScan, KnowsTheAlphabet) {
  EXPECT_EQ(base64_value('A'), 0);
  EXPECT_EQ(base64_value('z'), 51);
  EXPECT_EQ(base64_value('/'), 63);
  EXPECT_EQ(base64_value('='), -1);
  EXPECT_EQ(base64_value('-'), -1);
}

}  // namespace
}  // namespace graph_milter::mail
