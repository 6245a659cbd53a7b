// SPDX-License-Identifier: Apache-2.0
// A Secret can't be printed: each of these is asked of the compiler, and of a plain text beside it, so that the
// question itself is known to be right.
#include "core/base/secret.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/base/format.h"
#include "core/base/log.h"

namespace graph_milter {
namespace {

template <class Value>
concept Streams = requires(std::ostream& out, const Value& value) {
  out << value;
};
template <class Value>
concept Logs = requires(LogLine& line, const Value& value) {
  line.field("key", value);
};
template <class Value>
concept Joins = requires(std::string& text, const Value& value) {
  text += value;
};
template <class Value>
constexpr bool kFormats = fmt::is_formattable<Value>::value;

TEST(Secret, CanNotBePrinted) {
  EXPECT_TRUE(Streams<std::string> && Logs<std::string> && Joins<std::string> && kFormats<std::string>);
  EXPECT_FALSE(Streams<Secret>);
  EXPECT_FALSE(Logs<Secret>);
  EXPECT_FALSE(Joins<Secret>);
  EXPECT_FALSE(kFormats<Secret>);
}

TEST(Secret, BecomesATextOnlyByReveal) {
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
  EXPECT_FALSE((std::is_constructible_v<std::string, Secret>));
  EXPECT_FALSE((std::is_convertible_v<std::string, Secret>)) << "nor does a text become one unseen";
}

}  // namespace
}  // namespace graph_milter
