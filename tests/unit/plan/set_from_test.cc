// SPDX-License-Identifier: Apache-2.0
// The draft of a message whose From a rule has set, and the parts that a rule wants to go up.
#include <gmock/gmock.h>

#include "core/json/json.h"
#include "core/mail/new_author.h"
#include "tests/unit/plan/plan_case.h"

namespace graph_milter::plan {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kOthers =
    "To: bob@example.com\r\nMessage-ID: <1@contoso.com>\r\nDate: Sun, 22 Nov 2026 09:02:05 +0000\r\n"
    "MIME-Version: 1.0\r\n";

// A message of a device, with the From and Reply-To that its rule gives it.
struct DeviceCase : PlanCase {
  DeviceCase(const std::string& fields, mail::NewAuthor author) {
    header = fields + kOthers;
    scan();
    facts = mail::with_new_author(std::move(facts), std::move(author));
  }
};

TEST(SetFromInADraft, TakesThePlaceOfTheOldFields) {
  DeviceCase item("From: MFP 3 <mfp3@corp.local>\r\nSender: mfp3@corp.local\r\n",
                  {"scanner@contoso.com", "mfp3@corp.local"});
  const Plan plan = item.plan();
  EXPECT_EQ(plan.from, "scanner@contoso.com");
  EXPECT_EQ(plan.mailbox, "scanner@contoso.com");
  const std::string skeleton = item.skeleton();
  EXPECT_THAT(skeleton, HasSubstr("\r\nFrom: scanner@contoso.com\r\n"));
  EXPECT_THAT(skeleton, HasSubstr("\r\nReply-To: mfp3@corp.local\r\n"));
  EXPECT_THAT(skeleton, Not(HasSubstr("MFP 3")));
  EXPECT_THAT(skeleton, Not(HasSubstr("Sender:"))) << "it is not who sends";
  EXPECT_EQ(skeleton.find("From:"), skeleton.rfind("From:")) << "one From";
}

TEST(SetFromInADraft, IsWrittenWhereThereWasNoneOrNoAddress) {
  for (const std::string fields : {"", "From: scanner\r\n", "From:\r\n"}) {
    DeviceCase item(fields, {"scanner@contoso.com", ""});
    const std::string skeleton = item.skeleton();
    EXPECT_THAT(skeleton, HasSubstr("\r\nFrom: scanner@contoso.com\r\n")) << fields;
    EXPECT_EQ(skeleton.find("From:"), skeleton.rfind("From:")) << fields;
    EXPECT_THAT(skeleton, Not(HasSubstr("Reply-To"))) << fields;
    EXPECT_THAT(skeleton, HasSubstr("\r\n\r\n--b\r\n")) << "the header ends where it ended";
  }
}

TEST(SetFromInADraft, LeavesTheReplyToThatIsThere) {
  DeviceCase item("From: mfp3@corp.local\r\nReply-To: Help <help@contoso.com>\r\n", {"scanner@contoso.com", ""});
  EXPECT_THAT(item.skeleton(), HasSubstr("Reply-To: Help <help@contoso.com>\r\n"));
}

TEST(SetFromInADraft, IsTheSameInJson) {
  DeviceCase item("From: MFP 3 <mfp3@corp.local>\r\n", {"scanner@contoso.com", "mfp3@corp.local"});
  const std::string bytes = item.message();
  StringSource message(bytes);
  Outcome outcome = make_plan({item.envelope, item.facts, item.rule, item.limits, "0123456789abcdefghijklmnop", "MX1",
                               from_unix_ms(1795338125000), "", item.tenant_domains, DraftWish::Json, &message});
  ASSERT_TRUE(std::holds_alternative<Plan>(outcome)) << std::get<LeaveAlone>(outcome).text;
  const Plan& plan = std::get<Plan>(outcome);
  EXPECT_EQ(plan.from, "scanner@contoso.com");
  ASSERT_TRUE(plan.json);
  const auto json = json::parse(plan.json->before + std::string(kJsonDraftEnd));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find("from")->find("emailAddress")->find_string("address"), "scanner@contoso.com");
  EXPECT_EQ(json->find("from")->find("emailAddress")->find("name"), nullptr);
  const json::Value& reply_to = json->find("replyTo")->items().at(0);
  EXPECT_EQ(*reply_to.find("emailAddress")->find_string("address"), "mfp3@corp.local");
}

TEST(SetFromInADraft, IsNotSaidOfOthers) {
  PlanCase item;
  EXPECT_EQ(item.plan().from, "");
}

TEST(PartThreshold, DecidesWhatGoesUpBesideTheCondition) {
  const auto cut = [](std::optional<ByteCount> part_size, std::optional<ByteCount> threshold) {
    PlanCase item;
    item.body = multipart(
        "mixed", "b",
        {text_part(), attachment_part("small.pdf", base64_body(4)), attachment_part("large.pdf", base64_body(4000))});
    item.rule.part_size = part_size;
    item.rule.part_threshold = threshold;
    return names_of(item.plan().parts);
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(cut(std::nullopt, std::nullopt), Names{});
  EXPECT_EQ(cut(1000, std::nullopt), Names{"large.pdf"}) << "as it always was";
  EXPECT_EQ(cut(1000, 1), (Names{"small.pdf", "large.pdf"}));
  EXPECT_EQ(cut(1, 1000), Names{"large.pdf"});
  EXPECT_EQ(cut(std::nullopt, 1000), Names{"large.pdf"});
  EXPECT_EQ(cut(1, 1'000'000), Names{}) << "all of it fits into the draft";
}

TEST(Handling, GoesWithThePlan) {
  PlanCase item;
  item.scan();
  const Handling handling{ReturnBy::Hold, std::chrono::hours(2)};
  const Outcome outcome = make_plan({item.envelope, item.facts, item.rule, item.limits, "0123456789abcdefghijklmnop",
                                     "MX1", from_unix_ms(1795338125000), "", item.tenant_domains, DraftWish::Mime,
                                     nullptr, "shared@contoso.com", handling});
  EXPECT_EQ(std::get<Plan>(outcome).handling, handling);
  EXPECT_EQ(std::get<Plan>(outcome).mailbox, "shared@contoso.com");
}

}  // namespace
}  // namespace graph_milter::plan
