// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/json/json.h"

namespace graph_milter::json {
namespace {

Value read(std::string_view text) {
  auto value = parse(text);
  EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().text());
  return value ? *std::move(value) : Value();
}

std::string why_not(std::string_view text, Limits limits = {}) {
  auto value = parse(text, limits);
  if (value) return "(was read)";
  EXPECT_EQ(value.error().kind, ErrorKind::Corrupt);
  return value.error().text();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonParse, ReadsEachKindOfValue) {
  const Value value = read(R"({"a":null,"b":true,"c":false,"d":"x","e":[1,"2"],"f":{"g":-3}})");
  ASSERT_TRUE(value.is_object());
  EXPECT_TRUE(value.find("a")->is_null());
  EXPECT_EQ(value.find_bool("b"), true);
  EXPECT_EQ(value.find_bool("c"), false);
  EXPECT_EQ(*value.find_string("d"), "x");
  ASSERT_EQ(value.find("e")->items().size(), 2U);
  EXPECT_EQ(value.find("e")->items()[0].as_uint64(), 1U);
  EXPECT_EQ(*value.find("e")->items()[1].as_string(), "2");
  EXPECT_EQ(value.find("f")->find_int("g"), -3);
  EXPECT_EQ(value.members().size(), 6U);
  EXPECT_EQ(value.members()[5].key, "f");
}

TEST(JsonParse, ReadsAScalarAsADocument) {
  EXPECT_EQ(*read(" \"x\"\r\n").as_string(), "x");
  EXPECT_EQ(read("7").as_uint64(), 7U);
}

TEST(JsonParse, AnswersWithoutConverting) {
  const Value value = read(R"({"s":"5","n":5,"o":{},"l":[]})");
  EXPECT_EQ(value.find_uint64("s"), std::nullopt);
  EXPECT_EQ(value.find_string("n"), nullptr);
  EXPECT_EQ(value.find_bool("n"), std::nullopt);
  EXPECT_EQ(value.find("absent"), nullptr);
  EXPECT_EQ(value.find("n")->find("x"), nullptr);
  EXPECT_TRUE(value.find("o")->items().empty());
  EXPECT_TRUE(value.find("l")->members().empty());
}

TEST(JsonParse, KeepsEveryIntegerExactly) {
  EXPECT_EQ(read("18446744073709551615").as_uint64(), 18446744073709551615ULL);
  EXPECT_EQ(read("18446744073709551615").as_int64(), std::nullopt);
  EXPECT_EQ(read("9223372036854775807").as_int64(), 9223372036854775807LL);
  EXPECT_EQ(read("-9223372036854775808").as_int64(), -9223372036854775807LL - 1);
  EXPECT_EQ(read("-1").as_uint64(), std::nullopt);
  EXPECT_EQ(read("2147483647").as_int(), 2147483647);
  EXPECT_EQ(read("2147483648").as_int(), std::nullopt);
  EXPECT_EQ(read("-2147483649").as_int(), std::nullopt);
  EXPECT_EQ(read("0").as_int(), 0);
}

TEST(JsonParse, TakesNumbersWithFractionOrExponentOnlyAsReal) {
  for (const char* text : {"1.0", "1e0", "18446744073709551616", "-0.5", "0E48"}) {
    EXPECT_EQ(read(text).as_uint64(), std::nullopt) << text;
    EXPECT_EQ(read(text).as_int64(), std::nullopt) << text;
    EXPECT_TRUE(read(text).as_double()) << text;
  }
  EXPECT_EQ(read("2.5").as_double(), 2.5);
  EXPECT_EQ(read("-7").as_double(), -7.0);
}

TEST(JsonParse, DecodesEscapes) {
  EXPECT_EQ(*read(R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000x")").as_string(),
            std::string("\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80\0x", 16));
}

TEST(JsonParse, RefusesWhatIsNotOneJsonValue) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "nul",
                           "01",
                           "+1",
                           "1.",
                           ".5",
                           "NaN",
                           "\"\\x\"",
                           "\"a\nb\"",
                           "\"",
                           "// x\n1",
                           "1 2",
                           "{} x",
                           "[1]]",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "1e999",
                           "\xEF\xBB\xBF{}"}) {
    EXPECT_NE(why_not(text), "(was read)") << text;
  }
}

TEST(JsonParse, RefusesTextThatIsNotUtf8) {
  for (const char* text :
       {"\"\xFF\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xE2\x82\"", "{\"\x80\":1}"})
    EXPECT_NE(why_not(text), "(was read)");
  EXPECT_EQ(*read("\"\xE2\x82\xAC\"").as_string(), "\xE2\x82\xAC");
}

TEST(JsonParse, RefusesNulWhereverItStands) {
  using namespace std::string_view_literals;
  for (std::string_view text : {"{}\0"sv, "{}\0{}"sv, "\0{}"sv, "{\0}"sv, "\"a\0b\""sv})
    EXPECT_NE(why_not(text), "(was read)");
  EXPECT_EQ(why_not("{}\0{}"sv), "JSON: at offset 2: a NUL character");
}

TEST(JsonParse, RefusesEqualNamesInOneObject) {
  EXPECT_EQ(why_not(R"({"a":1,"b":2,"a":3})"), "JSON: at offset 16: two members of one object have the same name");
  EXPECT_EQ(why_not("{\"a\":1,\"\\u0061\":3}"), "JSON: at offset 15: two members of one object have the same name");
  EXPECT_EQ(read(R"({"a":{"a":1},"A":[{"a":2},{"a":3}]})").members().size(), 2U);
}

TEST(JsonParse, RefusesWhatPassesALimit) {
  EXPECT_EQ(why_not("[1,2,3]", {.bytes = 6}), "JSON: 7 bytes, more than 6");
  EXPECT_EQ(why_not("[1,2,3]", {.members = 2}), "JSON: at offset 5: more than 2 members");
  EXPECT_EQ(why_not(R"({"a":[1],"b":2})", {.members = 2}), "JSON: at offset 12: more than 2 members");
  EXPECT_TRUE(parse(R"({"a":[1],"b":2})", {.members = 3}));
  EXPECT_EQ(why_not(nested(33)), "JSON: at offset 32: nested deeper than 32");
  EXPECT_TRUE(parse(nested(32)));
}

TEST(JsonParse, NeverQuotesTheText) {
  EXPECT_EQ(why_not(R"({"token":"ey-secret"x)").find("secret"), std::string::npos);
}

TEST(JsonParse, SurvivesAMillionOpenBrackets) {
  const std::string text(1'000'000, '[');
  EXPECT_EQ(why_not(text), "JSON: at offset 32: nested deeper than 32");
  EXPECT_NE(why_not(text, {.depth = 2'000'000, .members = 2'000'000}), "(was read)");
}

}  // namespace
}  // namespace graph_milter::json
