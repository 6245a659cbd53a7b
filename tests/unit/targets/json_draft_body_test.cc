// SPDX-License-Identifier: Apache-2.0
#include "core/targets/json_draft_body.h"

#include <gtest/gtest.h>

#include <random>

#include "core/json/json.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::targets {
namespace {

// A text of all sorts of characters, larger than any block.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += i % 7 == 0 ? "\xe2\x82\xac\"\r\n" : i % 3 == 0 ? "\xc3\xa9" : "plain ";
  return text;
}

plan::JsonDraft draft_of(const std::string& text) {
  plan::JsonDraft draft;
  draft.before = R"({"subject":"x","body":{"contentType":"text","content":")";
  draft.text = {{0, text.size()}, mail::TransferEncoding::Binary, text.size()};
  draft.charset = "utf-8";
  draft.text_length = json::escaped_length(text);
  return draft;
}

TEST(JsonDraftBody, IsTheJsonThatAWriterWouldWrite) {
  const std::string text = long_text();
  StringSource message(text);
  const plan::JsonDraft draft = draft_of(text);
  JsonDraftBody body(message, draft);
  const auto bytes = read_all(body, 10'000'000);
  ASSERT_TRUE(bytes) << bytes.error().text();
  EXPECT_EQ(*bytes, draft.before + json::escape(text) + "\"}}");
  EXPECT_EQ(bytes->size(), body.size());
  const auto value = json::parse(*bytes);
  ASSERT_TRUE(value) << value.error().text();
  EXPECT_EQ(*value->find("body")->find_string("content"), text);
}

TEST(JsonDraftBody, CanBeReadFromAnyOffset) {
  const std::string text = long_text();
  StringSource message(text);
  const plan::JsonDraft draft = draft_of(text);
  JsonDraftBody body(message, draft);
  const std::string whole = draft.before + json::escape(text) + "\"}}";
  std::mt19937_64 dice(test::seed());
  for (int i = 0; i < 200; ++i) {
    const std::size_t offset = dice() % (whole.size() + 10);
    std::string out(dice() % 40'000, '\0');
    const auto got = body.read_at(offset, writable(out));
    ASSERT_TRUE(got) << got.error().text();
    const std::string expected = offset < whole.size() ? whole.substr(offset, out.size()) : "";
    EXPECT_EQ(out.substr(0, *got), expected);
  }
}

TEST(JsonDraftBody, ATextOfAnotherLengthIsCorrupt) {
  const std::string text = long_text();
  StringSource message(text);
  for (const int difference : {-1, 1}) {
    plan::JsonDraft draft = draft_of(text);
    draft.text_length = draft.text_length + static_cast<ByteCount>(difference);
    JsonDraftBody body(message, draft);
    const auto bytes = read_all(body, 10'000'000);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().kind, ErrorKind::Corrupt);
    EXPECT_EQ(bytes.error().what, "the text of the message is not as long as it was when it was planned");
  }
}

TEST(JsonDraftBody, AnEmptyTextIsAnEmptyString) {
  StringSource message("");
  const plan::JsonDraft draft = draft_of("");
  JsonDraftBody body(message, draft);
  EXPECT_EQ(read_all(body, 1000), draft.before + "\"}}");
}

}  // namespace
}  // namespace graph_milter::targets
