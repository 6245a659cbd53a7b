// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "core/base/text.h"
#include "core/json/json.h"
#include "core/json/utf8.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::json {
namespace {

TEST(JsonWriter, WritesEveryKindOfValueCompactly) {
  Writer writer;
  writer.begin_object().key("a").null().key("b").boolean(true).key("c").number(-1).key("d").number(
      18446744073709551615ULL);
  writer.key("e").begin_array().string("x").raw("{\"y\":[]}").end_array().key("f").begin_object().end_object();
  EXPECT_EQ(writer.end_object().take(),
            R"({"a":null,"b":true,"c":-1,"d":18446744073709551615,"e":["x",{"y":[]}],"f":{}})");
}

TEST(JsonWriter, StartsAnewAfterTake) {
  Writer writer;
  EXPECT_EQ(writer.begin_array().end_array().take(), "[]");
  EXPECT_EQ(writer.string("x").take(), "\"x\"");
}

TEST(JsonWriter, EscapesOnlyWhatMustBeEscaped) {
  EXPECT_EQ(escape("\"\\/\b\f\n\r\t\x01\x1F\x7F\xC3\xA9"), "\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7F\xC3\xA9");
  EXPECT_EQ(escape(std::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(escape(""), "");
}

TEST(JsonWriter, ReplacesEachIllFormedSequenceOnce) {
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(escape("a\xFFz"), "a" + replacement + "z");
  EXPECT_EQ(escape("\xE2\x82"), replacement);                                  // cut short by the end
  EXPECT_EQ(escape("\xE2\x82z"), replacement + "z");                           // cut short by another character
  EXPECT_EQ(escape("\xED\xA0\x80"), replacement + replacement + replacement);  // a surrogate
  EXPECT_EQ(escape("\xF0\x80\x80\x41"), replacement + replacement + replacement + "A");  // overlong
  EXPECT_EQ(escape("\xF4\x90"), replacement + replacement);                              // beyond U+10FFFF
}

TEST(JsonWriter, CorrectsKeysToo) {
  Writer writer;
  EXPECT_EQ(writer.begin_object().key("\xFF").null().end_object().take(), "{\"\xEF\xBF\xBD\":null}");
}

TEST(JsonEscapedLength, IsWhatTheWriterWritesForEverySingleByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(escaped_length(text), escape(text).size()) << byte;
  }
}

// Text made of pieces that exercise every rule, whole and broken at random.
std::string random_text(std::mt19937_64& random) {
  static const std::string pieces[] = {
      "a",    "Z9 ",      "\"",           "\\",       "\n",  "\x01", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
      "\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xE2\x82", "\x80"};
  std::string text;
  for (auto count = random() % 20; count > 0; --count) text += pieces[random() % std::size(pieces)];
  if (!text.empty() && random() % 3 == 0) text.erase(random() % text.size(), 1 + random() % 3);
  return text;
}

TEST(JsonEscapedLength, IsWhatTheWriterWritesForAnyText) {
  std::mt19937_64 random(test::seed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_text(random);
    ASSERT_EQ(escaped_length(text), escape(text).size()) << escape_for_log(text, 1000);
  }
}

TEST(JsonWriter, IsReadBackAsItWasWritten) {
  std::mt19937_64 random(test::seed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_text(random);
    const auto read = parse(Writer().string(text).take());
    ASSERT_TRUE(read) << escape_for_log(text, 1000);
    if (is_valid_utf8(text)) {
      ASSERT_EQ(*read->as_string(), text);
    } else {
      ASSERT_TRUE(is_valid_utf8(*read->as_string()));
    }
  }
}

TEST(Utf8Step, AgreesWithTheCheckOfWholeTexts) {
  std::mt19937_64 random(test::seed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_text(random);
    bool well_formed = true;
    for (std::string_view rest = text; !rest.empty();) {
      const Utf8Step step = next_utf8(rest);
      ASSERT_GT(step.length, 0U);
      well_formed = well_formed && step.well_formed;
      rest.remove_prefix(step.length);
    }
    ASSERT_EQ(well_formed, is_valid_utf8(text)) << escape_for_log(text, 1000);
  }
}

}  // namespace
}  // namespace graph_milter::json
