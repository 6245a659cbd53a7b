// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "core/plan/plan.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::plan {
namespace {

Plan example() {
  Plan plan;
  plan.rule = "scanners";
  plan.mailbox = "ann@contoso.com";
  plan.message_id = "<1@contoso.com>";
  plan.skeleton.add(ByteRange{0, 100});
  plan.skeleton.add(std::string("X-Id: 1\r\n"));
  plan.parts = {
      {2, "a \"b\".pdf", "application/pdf", false, "", {{100, 200}, mail::TransferEncoding::Base64, 72}, Way::Session}};
  plan.in_skeleton = {{"logo.png", true}};
  plan.to = {"bob@example.com"};
  plan.bcc = {"eve@example.com"};
  return plan;
}

const char* const kExample =
    R"({"version":1,"rule":"scanners","mailbox":"ann@contoso.com","messageId":"<1@contoso.com>",)"
    R"("skeleton":[[0,100],"X-Id: 1\r\n"],"parts":[{"index":2,"name":"a \"b\".pdf","contentType":"application/pdf",)"
    R"("isInline":false,"contentId":"","range":[100,200],"encoding":"base64","size":72,"way":"session"}],)"
    R"("inSkeleton":[{"name":"logo.png","certain":true}],"to":["bob@example.com"],"cc":[],"bcc":["eve@example.com"]})";

TEST(PlanJson, HasOneForm) {
  EXPECT_EQ(to_json(example()), kExample);
  EXPECT_EQ(plan_from_json(kExample).value(), example());
}

// What later versions decide with a message is written only where it was decided, so that older plans stay what they
// were.
TEST(PlanJson, SaysWhatWasDecidedWithTheMessage) {
  Plan plan = example();
  plan.from = "mfp@contoso.com";
  plan.handling = {ReturnBy::Mta, std::chrono::hours(1)};
  plan.unplanned = LeaveAlone{"too-large", "it has \"9\" bytes"};
  const std::string text = std::string(kExample, std::string_view(kExample).size() - 1) +
                           R"(,"from":"mfp@contoso.com","returnBy":"mta","sentCopyFor":3600000,)" +
                           R"("unplanned":{"reason":"too-large","text":"it has \"9\" bytes"}})";
  EXPECT_EQ(to_json(plan), text);
  EXPECT_EQ(plan_from_json(text).value(), plan);
  for (const ReturnBy way : {ReturnBy::Dsn, ReturnBy::Mta, ReturnBy::Hold}) {
    Plan other = example();
    other.handling.return_by = way;
    EXPECT_EQ(plan_from_json(to_json(other)).value(), other);
  }
  Plan kept = example();
  kept.handling.sent_copy_for = Duration{0};
  EXPECT_EQ(plan_from_json(to_json(kept)).value(), kept);
  const std::string damaged[] = {R"(,"returnBy":"post"})",
                                 R"(,"returnBy":1})",
                                 R"(,"sentCopyFor":"1"})",
                                 R"(,"sentCopyFor":18446744073709551615})",
                                 R"(,"from":""})",
                                 R"(,"from":7})",
                                 R"(,"unplanned":{}})",
                                 R"(,"unplanned":null})",
                                 R"(,"unplanned":{"reason":"x"}})"};
  for (const std::string& end : damaged) {
    EXPECT_FALSE(plan_from_json(std::string(kExample, std::string_view(kExample).size() - 1) + end)) << end;
  }
}

TEST(NoPlan, NamesTheMessageAndTheReason) {
  mail::MessageFacts facts;
  facts.headers.push_back({"message-id", " <1@x> ", {}, true});
  const Plan plan = make_no_plan(facts, "scanners", "ann@contoso.com", {"from", "From has \xFF"});
  EXPECT_EQ(plan.rule, "scanners");
  EXPECT_EQ(plan.mailbox, "ann@contoso.com");
  EXPECT_EQ(plan.message_id, "<1@x>");
  EXPECT_EQ(plan.unplanned->reason, "from");
  EXPECT_EQ(plan_from_json(to_json(plan)).value(), plan) << "whatever the message says";
}

std::string replaced(std::string_view what, std::string_view by) {
  std::string text = kExample;
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(PlanJson, RefusesWhatItDidNotWrite) {
  const std::string damaged[] = {
      "",
      "null",
      "[]",
      "{}",
      std::string(kExample, 100),
      std::string(kExample) + " ",
      replaced("\"version\":1", "\"version\":2"),
      replaced("\"version\":1,", ""),
      replaced("\"rule\":\"scanners\",", ""),
      replaced("\"rule\":\"scanners\"", "\"rule\":7"),
      replaced("\"rule\":", "\"extra\":1,\"rule\":"),
      replaced("\"index\":2,", "\"index\":2,\"extra\":null,"),
      replaced("[100,200]", "[200,100]"),
      replaced("[100,200]", "[100,200,300]"),
      replaced("[100,200]", "[-100,200]"),
      replaced("[100,200]", "[100,2e2]"),
      replaced("[0,100]", "[0]"),
      replaced("[0,100]", "null"),
      replaced("\"base64\"", "\"BASE64\""),
      replaced("\"base64\"", "\"uuencode\""),
      replaced("\"session\"", "\"Session\""),
      replaced("\"size\":72", "\"size\":\"72\""),
      replaced("\"isInline\":false", "\"isInline\":0"),
      replaced("\"certain\":true", "\"certain\":1"),
      replaced("\"cc\":[]", "\"cc\":{}"),
      replaced("\"cc\":[]", "\"cc\":[1]"),
      replaced("\"cc\":[],", ""),
      replaced("[{\"index\"", "[null,{\"index\""),
      replaced("[{\"name\":\"logo", "[7,{\"name\":\"logo"),
  };
  for (const std::string& text : damaged) {
    const auto plan = plan_from_json(text);
    ASSERT_FALSE(plan.has_value()) << text;
    EXPECT_EQ(plan.error().kind, ErrorKind::Corrupt) << text;
  }
  EXPECT_EQ(plan_from_json("{}").error().text(), "plan: is not a plan as this version writes it");
}

class RandomPlan {
 public:
  explicit RandomPlan(std::mt19937_64& random) : random_(random) {}

  Plan make() {
    Plan plan;
    plan.rule = text();
    plan.mailbox = text();
    plan.message_id = text();
    for (std::size_t i = random_() % 6; i > 0; --i) {
      if (random_() % 2 == 0)
        plan.skeleton.pieces.emplace_back(range());
      else
        plan.skeleton.pieces.emplace_back(text());
    }
    for (std::size_t i = random_() % 4; i > 0; --i) plan.parts.push_back(part());
    for (std::size_t i = random_() % 4; i > 0; --i) plan.in_skeleton.push_back({text(), random_() % 2 == 0});
    for (auto* list : {&plan.to, &plan.cc, &plan.bcc}) {
      for (std::size_t i = random_() % 4; i > 0; --i) list->push_back(text());
    }
    return plan;
  }

 private:
  std::string text() {
    const std::string_view pieces[] = {
        "a", "\"", "\\",  "\r\n", "\t", std::string_view("\0", 1), "\xE2\x82\xAC", "\x7F", "\xF0\x9F\x93\x8E",
        "/", "<>", "\x1F"};
    std::string out;
    for (std::size_t i = random_() % 8; i > 0; --i) out += pieces[random_() % std::size(pieces)];
    return out;
  }

  ByteCount number() { return random_() >> random_() % 64; }

  ByteRange range() {
    const ByteCount a = number();
    const ByteCount b = number();
    return {std::min(a, b), std::max(a, b)};
  }

  PlannedPart part() {
    constexpr mail::TransferEncoding kEncodings[] = {
        mail::TransferEncoding::SevenBit, mail::TransferEncoding::EightBit, mail::TransferEncoding::Binary,
        mail::TransferEncoding::QuotedPrintable, mail::TransferEncoding::Base64};
    return {number(),
            text(),
            text(),
            random_() % 2 == 0,
            text(),
            {range(), kEncodings[random_() % 5], number()},
            random_() % 2 == 0 ? Way::Post : Way::Session};
  }

  std::mt19937_64& random_;
};

TEST(PlanJson, GivesBackEveryPlanAndRefusesOrGivesBackEveryDamagedOne) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 1000; ++round) {
    const Plan plan = RandomPlan(random).make();
    std::string text = to_json(plan);
    const auto back = plan_from_json(text);
    ASSERT_TRUE(back.has_value()) << back.error().text() << "\n" << text;
    ASSERT_EQ(*back, plan) << text;
    text[random() % text.size()] = static_cast<char>(' ' + random() % 95);
    const auto damaged = plan_from_json(text);
    ASSERT_TRUE(!damaged || to_json(*damaged) == text) << text;
  }
}

}  // namespace
}  // namespace graph_milter::plan
