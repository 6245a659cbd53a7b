// SPDX-License-Identifier: Apache-2.0
#include "core/plan/json_draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json/json.h"
#include "core/plan/losses.h"
#include "tests/unit/plan/plan_case.h"

namespace graph_milter::plan {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

constexpr const char* kHeader =
    "From: Scanner <scanner@contoso.com>\r\nTo: Alice <alice@example.org>\r\nCc: bob@example.org\r\n"
    "Reply-To: Desk <desk@contoso.com>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@device>\r\n"
    "Date: Sun, 22 Nov 2026 09:02:05 +0000\r\nIn-Reply-To: <0@device>\r\nReferences: <a@b> <0@device>\r\n"
    "Importance: high\r\nSensitivity: Private\r\nDisposition-Notification-To: scanner@contoso.com\r\n"
    "X-Mailer: Ricoh\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\nX-B: again\r\nComments: none\r\nMIME-Version: 1.0\r\n";

constexpr const char* kTwoTexts =
    "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
    "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
    "--a\r\nContent-Type: text/plain\r\n\r\nplain \"text\"\r\n"
    "--a\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<p>caf\xe9 \"x\"</p>\r\n--a--\r\n"
    "--m\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nPDF\r\n"
    "--m--\r\n";

struct JsonCase {
  JsonCase(const std::string& header, const std::string& body, DraftWish wish = DraftWish::Json)
      : bytes(header + body), message(bytes) {
    mail::Scanner scanner;
    scanner.feed(bytes);
    facts = scanner.finish();
    rule.name = "scanners";
    envelope.sender = mail::make_envelope_path("<scanner@contoso.com>");
    for (const char* to : {"<alice@example.org>", "<bob@example.org>", "<hidden@example.net>"})
      envelope.recipients.push_back(mail::make_envelope_path(to));
    draft = wish;
  }

  Outcome run() {
    return make_plan({envelope,
                      facts,
                      rule,
                      limits,
                      "0123456789abcdefghijklmnop",
                      "mx1",
                      from_unix_ms(1795338125000),
                      "seal",
                      {},
                      draft,
                      &message});
  }
  Plan plan() {
    Outcome outcome = run();
    if (const auto* refusal = std::get_if<LeaveAlone>(&outcome)) {
      ADD_FAILURE() << refusal->reason << ": " << refusal->text;
      return {};
    }
    return std::get<Plan>(std::move(outcome));
  }
  LeaveAlone refusal() {
    Outcome outcome = run();
    if (const auto* refusal = std::get_if<LeaveAlone>(&outcome)) return *refusal;
    ADD_FAILURE() << "the message would be relayed";
    return {};
  }

  std::string bytes;
  StringSource message;
  mail::MessageFacts facts;
  mail::Envelope envelope;
  policy::Rule rule;
  ServiceLimits limits;
  DraftWish draft;
};

json::Value opened(const Plan& plan) {
  auto value = json::parse(plan.json->before + std::string(kJsonDraftEnd));
  EXPECT_TRUE(value) << value.error().text();
  return value ? *std::move(value) : json::Value();
}

std::string text_of(const json::Value& object, std::string_view key) {
  const std::string* text = object.find_string(key);
  return text == nullptr ? "(none)" : *text;
}

std::vector<std::string> pairs_of(const json::Value& object, std::string_view list, std::string_view name) {
  std::vector<std::string> out;
  const json::Value* found = object.find(list);
  if (found == nullptr) return out;
  for (const json::Value& item : found->items()) out.push_back(text_of(item, name) + "=" + text_of(item, "value"));
  return out;
}

std::string first_address(const json::Value& object, std::string_view list) {
  const json::Value* found = object.find(list);
  if (found == nullptr || found->items().empty()) return "(none)";
  const json::Value* address = found->items().front().find("emailAddress");
  return text_of(*address, "name") + " <" + text_of(*address, "address") + ">";
}

TEST(JsonDraft, HasAPropertyForAllThatGraphHasOneFor) {
  const json::Value draft = opened(JsonCase(kHeader, kTwoTexts).plan());
  EXPECT_EQ(text_of(draft, "subject"),
            "Gr\xc3\xbc\xc3\x9f"
            "e");
  EXPECT_EQ(text_of(draft, "internetMessageId"), "<1@device>");
  EXPECT_EQ(text_of(draft, "importance"), "high");
  EXPECT_EQ(draft.find_bool("isReadReceiptRequested"), true);
  EXPECT_EQ(draft.find_bool("isDeliveryReceiptRequested"), std::nullopt);
  EXPECT_EQ(first_address(draft, "toRecipients"), "Alice <alice@example.org>");
  EXPECT_EQ(first_address(draft, "ccRecipients"), "(none) <bob@example.org>");
  EXPECT_EQ(first_address(draft, "bccRecipients"), "(none) <hidden@example.net>");
  EXPECT_EQ(first_address(draft, "replyTo"), "Desk <desk@contoso.com>");
  EXPECT_EQ(text_of(*draft.find("from")->find("emailAddress"), "address"), "scanner@contoso.com");
  EXPECT_EQ(text_of(*draft.find("body"), "contentType"), "html");
}

TEST(JsonDraft, CarriesFiveXFieldsAsHeadersOursFirstAndTheOthersAsNamedProperties) {
  const json::Value draft = opened(JsonCase(kHeader, kTwoTexts).plan());
  EXPECT_THAT(pairs_of(draft, "internetMessageHeaders", "name"),
              ElementsAre("X-Graph-Milter-Id=mx1/0123456789abcdefghijklmnop", "X-Graph-Milter-Seal=seal",
                          "x-mailer=Ricoh", "x-a=1", "x-b=2"));
  EXPECT_THAT(pairs_of(draft, "singleValueExtendedProperties", "id"),
              ElementsAre("String {00020386-0000-0000-C000-000000000046} Name x-c=3", "String 0x1042=<0@device>",
                          "String 0x1039=<a@b> <0@device>", "Integer 0x0036=2"));
}

TEST(JsonDraft, OfAutomaticMailAsksForNoAutomaticAnswersButStillForNonDeliveryReports) {
  const std::string automatic = std::string("Auto-Submitted: auto-generated\r\n") + kHeader;
  const json::Value draft = opened(JsonCase(automatic, kTwoTexts).plan());
  EXPECT_THAT(pairs_of(draft, "internetMessageHeaders", "name"), Contains("X-Auto-Response-Suppress=OOF, AutoReply"));
}

TEST(JsonDraft, WritesNoEmptyListsForAMailThatSaysLittle) {
  const json::Value draft = opened(JsonCase("From: scanner@contoso.com\r\nTo: alice@example.org\r\nCc: "
                                            "bob@example.org\r\nMessage-ID: <1@device>\r\n\r\n",
                                            "Hi\r\n")
                                       .plan());
  EXPECT_EQ(draft.find("singleValueExtendedProperties"), nullptr);
  EXPECT_EQ(draft.find("replyTo"), nullptr);
  EXPECT_EQ(text_of(draft, "subject"), "");
  EXPECT_EQ(text_of(draft, "importance"), "normal");
}

TEST(JsonDraft, EveryPartButTheTextsGoesUp) {
  const Plan plan = JsonCase(kHeader, kTwoTexts).plan();
  ASSERT_EQ(plan.parts.size(), 1U);
  EXPECT_EQ(plan.parts[0].name, "a.pdf");
  EXPECT_TRUE(plan.in_skeleton.empty());
  EXPECT_TRUE(plan.skeleton.pieces.empty());
}

TEST(JsonDraft, TheLengthOfItsTextIsThatOfUtf8EscapedForJson) {
  const Plan plan = JsonCase(kHeader, kTwoTexts).plan();
  EXPECT_EQ(plan.json->text_length, json::escaped_length("<p>caf\xc3\xa9 \"x\"</p>"));
  EXPECT_EQ(plan.json->charset, "iso-8859-1");
}

TEST(JsonDraft, IsMadeWhereNamesAreReadByTheCharsetOfTheRuleToo) {
  JsonCase json(kHeader,
                "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nHi\r\n--m\r\nContent-Type: "
                "application/pdf\r\nContent-Disposition: attachment; filename=\"\xDC.pdf\"\r\n\r\nPDF\r\n--m--\r\n");
  json.rule.name_charset = "windows-1252";
  const Plan plan = json.plan();
  ASSERT_NE(plan.json, std::nullopt);
  ASSERT_EQ(plan.parts.size(), 1U);
  EXPECT_EQ(plan.parts[0].name, "\u00dc.pdf");
}

TEST(JsonDraft, SurvivesTheJournal) {
  const Plan plan = JsonCase(kHeader, kTwoTexts).plan();
  EXPECT_EQ(plan_from_json(to_json(plan)), plan);
}

TEST(JsonDraft, WhatItLosesIsNamed) {
  JsonCase json(kHeader, kTwoTexts);
  const Plan plan = json.plan();
  std::vector<std::string> told;
  for (const Loss& loss : find_losses(json.envelope, json.facts, plan)) told.push_back(loss.code + ": " + loss.text);
  EXPECT_THAT(told, ::testing::Contains("other-texts: text/plain (a JSON draft has one text, text/html)"));
  EXPECT_THAT(told, ::testing::Contains("json-fields: date, x-b, comments (a JSON draft has no place for it)"));
}

std::vector<std::string> losses_as(DraftWish wish, const std::string& header, const std::string& body) {
  JsonCase mail(header, body, wish);
  const Plan plan = mail.plan();
  std::vector<std::string> told;
  for (const Loss& loss : find_losses(mail.envelope, mail.facts, plan)) told.push_back(loss.code + ": " + loss.text);
  return told;
}

TEST(JsonDraft, LosesWhatAMimeDraftOfTheSameMailKeeps) {
  const std::string header =
      "From: scanner@contoso.com\r\nTo: Team: Alice <alice@example.org>;\r\nCc: Bob (Sales) <bob@example.org>, "
      "hidden@example.net (Hal)\r\n"
      "Reply-To: \"Desk (old)\" <desk@contoso.com>\r\nMessage-ID: <1@device>\r\nSubject: x\r\n"
      "Importance: urgent\r\nSensitivity: secret\r\nList-Help: <mailto:x@contoso.com>\r\nContent-Language: de\r\n"
      "In-Reply-To: <caf\u00e9@device>\r\nMIME-Version: 1.0\r\n";
  const std::string body =
      "Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Description: y\r\n\r\nHi\r\n";
  EXPECT_THAT(losses_as(DraftWish::Mime, header, body), ElementsAre());
  EXPECT_THAT(losses_as(DraftWish::Json, header, body),
              ElementsAre("text-form: format=flowed of the text (a JSON draft has its words only)",
                          "json-fields: importance, sensitivity, list-help, content-language, in-reply-to, "
                          "content-description (a JSON draft has no place for it)",
                          "address-forms: the groups in to, the comments in cc (a JSON draft has names and addresses "
                          "only)"));
}

TEST(JsonDraft, OfAnOrdinaryMailLosesItsDateAlone) {
  EXPECT_THAT(
      losses_as(DraftWish::Json,
                "From: Scanner <scanner@contoso.com>\r\nTo: Alice <alice@example.org>\r\nCc: bob@example.org\r\n"
                "Message-ID: <1@device>\r\nDate: Sun, 22 Nov 2026 09:02:05 +0000\r\nX-Mailer: Ricoh\r\n"
                "Importance: High\r\nSensitivity: Private\r\nReferences: <0@device>\r\nMIME-Version: 1.0\r\n",
                "Content-Type: text/plain\r\n\r\nHi\r\n"),
      ElementsAre("json-fields: date (a JSON draft has no place for it)"));
}

TEST(JsonDraft, WhatJsonCantRepresentIsLeftAloneOrGoesAsMime) {
  const std::string plain = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
  const std::string mixed =
      "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nHi\r\n--m\r\n";
  const struct {
    std::string body;
    std::string reason;
    std::string text;
  } cases[] = {
      {mixed + "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--m--\r\n", "json:fixed-part",
       "as JSON: part 2 (text/calendar) can only go as MIME"},
      {mixed + "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nHi\r\n--m--\r\n", "json:fixed-part",
       "as JSON: part 2 (message/rfc822) can only go as MIME"},
      {mixed + "Content-Type: text/plain; name=empty.txt\r\nContent-Disposition: attachment; "
               "filename=empty.txt\r\n\r\n\r\n--m--\r\n",
       "json:empty-file", "as JSON: part 2 (empty.txt) is empty, and who knows what Graph does then"},
      {plain + "caf\xe9\r\n", "json:text", "as JSON: the text is not valid utf-8 (at decoded byte 3)"},
      {"Content-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n", "json:text", "as JSON: the message has no text"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.text);
    JsonCase json(kHeader, each.body);
    EXPECT_EQ(json.refusal(), (LeaveAlone{each.reason, each.text}));
    json.draft = DraftWish::JsonIfPossible;
    const Plan plan = json.plan();
    EXPECT_EQ(plan.json, std::nullopt);
    EXPECT_FALSE(plan.skeleton.pieces.empty());
  }
}

// To the byte: what is counted before the MTA is answered is what is sent.
TEST(JsonDraft, ATextThatFillsTheRequestGoesAndOneByteMoreDoesNot) {
  const std::string head = "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\n";
  JsonCase small(kHeader, head + "x");
  const ByteCount around = small.plan().json->size() - 1;
  JsonCase full(kHeader, head + std::string(1000, 'x'));
  full.limits.request_body = around + 1000;
  EXPECT_EQ(full.plan().json->size(), full.limits.request_body);
  JsonCase over(kHeader, head + std::string(1001, 'x'));
  over.limits.request_body = around + 1000;
  EXPECT_EQ(over.refusal().reason, "json:too-large");
}

TEST(SessionFloor, WhatNeitherWayTakesIsLeftAlone) {
  JsonCase json(kHeader, kTwoTexts, DraftWish::Mime);
  json.limits.session_floor = 4;
  json.rule.part_size = 1;
  json.limits.request_body = 100'000;
  EXPECT_EQ(json.plan().parts.at(0).way, Way::Post) << "a POST needs no session";
  JsonCase large(kHeader,
                 std::string("Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nHi\r\n--m\r\nContent-Type: "
                             "application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\r\n") +
                     std::string(900, 'x') + "\r\n--m--\r\n",
                 DraftWish::Mime);
  large.rule.part_size = 100;
  large.limits.request_body = 1'300;
  large.limits.session_floor = 900;
  EXPECT_EQ(large.plan().parts.at(0).way, Way::Session);
  large.limits.session_floor = 901;
  EXPECT_EQ(large.refusal(), (LeaveAlone{"no-way",
                                         "part 2 (a.pdf) has 900 bytes: too many for one request, and upload "
                                         "sessions begin at 901"}));
}

}  // namespace
}  // namespace graph_milter::plan
