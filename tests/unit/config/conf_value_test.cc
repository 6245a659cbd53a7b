// SPDX-License-Identifier: Apache-2.0
#include "core/config/conf_value.h"

#include <gtest/gtest.h>

namespace graph_milter::config {
namespace {

TEST(ConfValue, InQuotesIsReadAsWhatItWas) {
  for (const char* value : {"", "plain", "a # b", "say \"hi\"", "C:\\scans\\", "\\\"", "\"", "/a\\.b/ !c, d"}) {
    const ValueText read = read_value(in_quotes(value));
    EXPECT_EQ(read.value, value);
    EXPECT_EQ(read.problem, "") << value;
    EXPECT_TRUE(read.quoted) << value;
  }
}

}  // namespace
}  // namespace graph_milter::config
