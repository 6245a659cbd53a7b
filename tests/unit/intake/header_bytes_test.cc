// SPDX-License-Identifier: Apache-2.0
#include "core/intake/header_bytes.h"

#include <gtest/gtest.h>

namespace graph_milter::intake {
namespace {

std::string field(std::string_view name, std::string_view value) {
  std::string out = "before\r\n";
  append_field(out, name, value);
  return out.substr(8);
}

TEST(HeaderBytes, KeepTheBlankThatFollowsTheColon) {
  EXPECT_EQ(field("Subject", " a"), "Subject: a\r\n");
  EXPECT_EQ(field("Subject", "a"), "Subject:a\r\n");
  EXPECT_EQ(field("Subject", "\ta "), "Subject:\ta \r\n");
  EXPECT_EQ(field("Subject", ""), "Subject:\r\n");
}

TEST(HeaderBytes, FoldWithCrLf) {
  EXPECT_EQ(field("To", " a,\n\tb,\n c"), "To: a,\r\n\tb,\r\n c\r\n");
  EXPECT_EQ(field("To", "\n a"), "To:\r\n a\r\n");
}

TEST(HeaderBytes, AddNoSecondCr) { EXPECT_EQ(field("To", " a,\r\n b"), "To: a,\r\n b\r\n"); }

TEST(HeaderBytes, CopyEverythingElse) { EXPECT_EQ(field("X", " \xc3\xbc \x01 a\rb"), "X: \xc3\xbc \x01 a\rb\r\n"); }

}  // namespace
}  // namespace graph_milter::intake
