// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/json/attachment_json.h"
#include "tests/unit/plan/plan_case.h"

namespace graph_milter::plan {
namespace {

using Names = std::set<std::string>;
using Expected = std::vector<ExpectedAttachment>;

TEST(Plan, CutsTheAttachmentAndAddsTheMarker) {
  PlanCase c;
  const Plan plan = c.plan();
  EXPECT_EQ(plan.rule, "scanners");
  EXPECT_EQ(plan.mailbox, "ann@contoso.com");
  EXPECT_EQ(plan.message_id, "<1@contoso.com>");
  ASSERT_EQ(plan.parts.size(), 1U);
  EXPECT_EQ(plan.parts[0].index, 2U);
  EXPECT_EQ(plan.parts[0].name, "a.pdf");
  EXPECT_EQ(plan.parts[0].content_type, "application/pdf");
  EXPECT_FALSE(plan.parts[0].is_inline);
  EXPECT_EQ(plan.parts[0].body, c.facts.parts[2].body);
  EXPECT_EQ(plan.parts[0].way, Way::Post);
  EXPECT_TRUE(plan.in_skeleton.empty());
  EXPECT_EQ(plan.to, std::vector<std::string>{"bob@example.com"});
  EXPECT_EQ(c.skeleton(), c.header +
                              "Content-Type: multipart/mixed; boundary=b\r\n"
                              "X-Graph-Milter-Id: MX1/0123456789abcdefghijklmnop\r\n\r\n--b\r\n" +
                              text_part() + "--b--\r\n");
}

TEST(Plan, WritesTheSealBesideTheMarkerOnOneLine) {
  PlanCase c;
  c.seal = "MX1/0123456789abcdefghijklmnop;" + std::string(64, 'f');
  EXPECT_NE(c.skeleton().find("X-Graph-Milter-Id: MX1/0123456789abcdefghijklmnop\r\nX-Graph-Milter-Seal: " + c.seal +
                              "\r\n\r\n"),
            std::string::npos);
}

TEST(Plan, WritesNoSealWithoutOne) {
  PlanCase c;
  EXPECT_EQ(c.skeleton().find("Seal"), std::string::npos);
}

TEST(Plan, TakesTheMailboxOfTheRuleIfItNamesOne) {
  PlanCase c;
  c.rule.mailbox = "Scans@Contoso.com";
  EXPECT_EQ(c.plan().mailbox, "scans@contoso.com");
}

TEST(Plan, FillsInMessageIdDateAndTo) {
  PlanCase c;
  c.header = "From: ann@contoso.com\r\nMIME-Version: 1.0\r\n";
  c.body = "\r\ntext\r\n";
  EXPECT_EQ(c.plan().message_id, "<0123456789abcdefghijklmnop@mx1.contoso.com>");
  EXPECT_EQ(c.plan().bcc, std::vector<std::string>{"bob@example.com"});
  EXPECT_EQ(c.skeleton(),
            "From: ann@contoso.com\r\nMIME-Version: 1.0\r\n"
            "Message-ID: <0123456789abcdefghijklmnop@mx1.contoso.com>\r\nDate: Sun, 22 Nov 2026 09:02:05 +0000\r\n"
            "To: undisclosed-recipients:;\r\nBcc: bob@example.com\r\n"
            "X-Graph-Milter-Id: MX1/0123456789abcdefghijklmnop\r\n\r\ntext\r\n");
}

TEST(Plan, FillsInTheMessageIdOfWhichTheMtaHasTold) {
  PlanCase c;
  c.header = "From: ann@contoso.com\r\nTo: bob@example.com\r\n";
  c.envelope.message_id = "<202611220902.6AMJXR30000027@mta.contoso.com>";
  EXPECT_EQ(c.plan().message_id, "<202611220902.6AMJXR30000027@mta.contoso.com>");
  EXPECT_NE(c.skeleton().find("\r\nMessage-ID: <202611220902.6AMJXR30000027@mta.contoso.com>\r\n"), std::string::npos);
  for (const std::string odd : {"", "<>", "<@>", "<a@>", "<@b>", "a@b.example", "<a b@c>", "<a@b@c>", "<a\r\nBcc: x@y>",
                                "<\xC3\xA4@b>", "<a@b", "<<a@b>>"}) {
    c.envelope.message_id = odd;
    EXPECT_EQ(c.plan().message_id, "<0123456789abcdefghijklmnop@mx1.contoso.com>") << odd;
  }
  c.envelope.message_id = "<" + std::string(250, 'a') + "@b>";
  EXPECT_EQ(c.plan().message_id, "<0123456789abcdefghijklmnop@mx1.contoso.com>");
  PlanCase own;
  own.envelope.message_id = "<other@mta.contoso.com>";
  EXPECT_EQ(own.plan().message_id, "<1@contoso.com>");
}

TEST(Plan, InventsNoToWhereThereIsACc) {
  PlanCase c;
  c.header = "From: ann@contoso.com\r\nCc: bob@example.com\r\n";
  EXPECT_EQ(c.skeleton().find("\r\nTo:"), std::string::npos);
  EXPECT_EQ(c.plan().cc, std::vector<std::string>{"bob@example.com"});
}

TEST(Plan, LeavesOutASenderWhoIsNotTheAuthor) {
  for (const char* sender : {"Boss <boss@contoso.com>", "ann@contoso.com, boss@contoso.com", "boss@contoso.com <"}) {
    PlanCase c;
    c.header += std::string("Sender: ") + sender + "\r\n";
    EXPECT_EQ(c.skeleton().find("\r\nSender:"), std::string::npos) << sender;
  }
  PlanCase second;
  second.header += "Sender: ann@contoso.com\r\nSender: boss@contoso.com\r\n";
  if (std::holds_alternative<Plan>(second.run())) {
    EXPECT_EQ(second.skeleton().find("boss"), std::string::npos);
  }
  PlanCase same;
  same.header += "Sender: ANN@contoso.com\r\n";
  EXPECT_NE(same.skeleton().find("\r\nSender: ANN@contoso.com\r\n"), std::string::npos);
}

TEST(Plan, ReplacesForeignMarkersSealsBccAndReturnPath) {
  PlanCase c;
  c.header +=
      "X-Graph-Milter-ID: forged/1\r\nx-graph-milter-seal: forged/2;00\r\nX-Graph-Milter-Seal:\r\n forged/3;00\r\n"
      "Bcc: carol@example.com, mallory@example.com\r\nReturn-Path: <x@y.example>\r\n";
  c.envelope.recipients.push_back(mail::make_envelope_path("<carol@example.com>"));
  const std::string skeleton = c.skeleton();
  EXPECT_EQ(skeleton.find("forged"), std::string::npos);
  EXPECT_EQ(skeleton.find("mallory"), std::string::npos);
  EXPECT_EQ(skeleton.find("Return-Path"), std::string::npos);
  EXPECT_NE(skeleton.find("\r\nBcc: carol@example.com\r\n"), std::string::npos);
}

TEST(Plan, MakesAnIdOfAnyInstanceName) {
  PlanCase c;
  c.header = "From: ann@contoso.com\r\nTo: bob@example.com\r\n";
  c.instance = "-- R\xC3\xB6ntgen > 2 --";
  EXPECT_EQ(c.plan().message_id, "<0123456789abcdefghijklmnop@r-ntgen-2.contoso.com>");
  c.instance = "";
  EXPECT_EQ(c.plan().message_id, "<0123456789abcdefghijklmnop@contoso.com>");
}

TEST(Plan, CutsOnlyFromTheSizeOfTheRuleOn) {
  PlanCase c;
  c.body =
      multipart("mixed", "b", {text_part(), attachment_part("3.pdf", "QUJD"), attachment_part("6.pdf", "QUJDREVG")});
  const std::pair<ByteCount, Names> cases[] = {{3, {"3.pdf", "6.pdf"}}, {4, {"6.pdf"}}, {6, {"6.pdf"}}, {7, {}}};
  for (const auto& [part_size, names] : cases) {
    c.rule.part_size = part_size;
    EXPECT_EQ(names_of(c.plan().parts), names) << part_size;
  }
  c.rule.part_size.reset();
  EXPECT_EQ(names_of(c.plan().parts), Names{});
  EXPECT_EQ(c.plan().in_skeleton, (Expected{{"3.pdf", true}, {"6.pdf", true}}));
}

TEST(Plan, NeverCutsEmptyParts) {
  PlanCase c;
  c.rule.part_size = 0;
  c.body = multipart("mixed", "b", {text_part(), attachment_part("empty.pdf", ""), attachment_part("a.pdf", "QUJD")});
  EXPECT_EQ(names_of(c.plan().parts), Names{"a.pdf"});
  EXPECT_EQ(c.plan().in_skeleton, (Expected{{"empty.pdf", false}}));
}

const std::string kImage =
    "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <logo@x>\r\n"
    "Content-Disposition: inline; filename=logo.png\r\n\r\nQUJD\r\n";
const std::string kCalendar = "Content-Type: text/calendar; name=invite.ics\r\n\r\nBEGIN:VCALENDAR\r\n";
const std::string kNested =
    "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=old.eml\r\n\r\nFrom: x@y\r\n\r\nold\r\n";
const std::string kMoreText = "Content-Type: text/plain\r\n\r\nmore text\r\n";

TEST(Plan, LeavesInlineImagesCalendarsNestedMessagesAndMoreTextInTheSkeleton) {
  PlanCase c;
  c.body = multipart("mixed", "b",
                     {multipart("related", "r", {"Content-Type: text/html\r\n\r\n<img src=cid:logo@x>\r\n", kImage}),
                      kCalendar, kNested, kMoreText, attachment_part("a.pdf", "QUJD")});
  const Plan plan = c.plan();
  EXPECT_EQ(names_of(plan.parts), Names{"a.pdf"});
  EXPECT_EQ(plan.in_skeleton,
            (Expected{{"logo.png", false}, {"invite.ics", false}, {"old.eml", false}, {"attachment-4.txt", false}}));
}

TEST(Plan, KnowsThatACalendarAmongTheAlternativesMayBeListed) {
  PlanCase c;
  c.body = multipart("alternative", "a",
                     {text_part(), "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"});
  const Plan plan = c.plan();
  ASSERT_EQ(plan.in_skeleton.size(), 1U);
  EXPECT_FALSE(plan.in_skeleton[0].certain);
}

TEST(Plan, CutsAnAttachmentOfARelatedAndKeepsItsContentId) {
  PlanCase c;
  std::string file = kImage;
  file.replace(file.find("inline"), 6, "attachment");
  c.body = multipart("related", "r", {"Content-Type: text/html\r\n\r\n<p>\r\n", file});
  const Plan plan = c.plan();
  ASSERT_EQ(plan.parts.size(), 1U);
  EXPECT_FALSE(plan.parts[0].is_inline);
  EXPECT_EQ(plan.parts[0].content_id, "logo@x");
}

TEST(Plan, ListsAsCertainOnlyWhatEveryReadingLists) {
  PlanCase c;
  c.rule.part_size.reset();
  c.body = multipart("mixed", "b",
                     {text_part(), attachment_part("a.pdf", "QUJD"),
                      "Content-Type: application/pdf; name=b.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n",
                      "Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n",
                      attachment_part("winmail.dat", "QUJD", "application/ms-tnef")});
  EXPECT_EQ(c.plan().in_skeleton,
            (Expected{{"a.pdf", true}, {"b.pdf", false}, {"attachment-3.pdf", false}, {"winmail.dat", false}}));
}

TEST(Plan, CleansNamesAndMakesThoseThatGoUpUnique) {
  PlanCase c;
  c.rule.part_size = 6;
  c.body = multipart("mixed", "b",
                     {text_part(), attachment_part("a.pdf", "QUJD"), attachment_part("A.pdf", "QUJDREVG"),
                      attachment_part("a.pdf", "QUJDREVG"), attachment_part("x:y.pdf", "QUJDREVG")});
  const Plan plan = c.plan();
  EXPECT_EQ(plan.in_skeleton, (Expected{{"a.pdf", true}}));
  ASSERT_EQ(plan.parts.size(), 3U);
  EXPECT_EQ(plan.parts[0].name, "A (2).pdf");
  EXPECT_EQ(plan.parts[1].name, "a (3).pdf");
  EXPECT_EQ(plan.parts[2].name, "x_y.pdf");
}

TEST(Plan, TurnsABarePdfIntoAnEmptyText) {
  PlanCase c;
  c.body = attachment_part("scan.pdf", "QUJD");
  EXPECT_EQ(names_of(c.plan().parts), Names{"scan.pdf"});
  EXPECT_EQ(c.skeleton(), c.header +
                              "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n"
                              "X-Graph-Milter-Id: MX1/0123456789abcdefghijklmnop\r\n\r\n");
}

// Refusals.

TEST(Plan, LeavesAloneWhatIsNotClean) {
  const std::pair<mail::Verdict, std::string> cases[] = {{mail::Verdict::Ambiguous, "ambiguous:boundary"},
                                                         {mail::Verdict::Protected, "protected:boundary"},
                                                         {mail::Verdict::OverLimit, "overlimit:boundary"},
                                                         {mail::Verdict::Error, "error:boundary"}};
  for (const auto& [verdict, reason] : cases) {
    PlanCase c;
    c.scan();
    c.facts.verdict = verdict;
    c.facts.findings = {{verdict, "boundary", "two of them", 77}};
    EXPECT_EQ(c.refusal(), (LeaveAlone{reason, "two of them (at byte 77)"}));
  }
}

TEST(Plan, LeavesAloneTheNullSender) {
  PlanCase c;
  c.envelope.sender = mail::make_envelope_path("<>");
  EXPECT_EQ(c.refusal(), (LeaveAlone{"null-sender", "the envelope sender is <>"}));
}

TEST(Plan, NeedsExactlyOneFrom) {
  PlanCase c;
  c.scan();
  c.facts.from.clear();
  EXPECT_EQ(c.refusal(), (LeaveAlone{"from", "From has 0 mailboxes, not one"}));
  c.facts.from = {{"", "ann@contoso.com"}, {"", "bob@contoso.com"}};
  EXPECT_EQ(c.refusal().reason, "from");
  c.facts.from = {{"", "\xC3\xA4@contoso.com"}};
  EXPECT_EQ(c.refusal().reason, "smtputf8");
}

TEST(Plan, LeavesAloneWhatItCantDecodeExactly) {
  PlanCase c;
  c.body = multipart("mixed", "b", {text_part(), attachment_part("a.pdf", "QUJ!")});
  EXPECT_EQ(c.refusal().reason, "inexact:base64");
  EXPECT_TRUE(c.refusal().text.starts_with("part 2 (a.pdf) can't be cut out: ")) << c.refusal().text;
}

TEST(Plan, KeepsWhatItCantDecodeWhereItNeedNotBeCut) {
  PlanCase c;
  c.rule.part_size = 1000;
  c.body = multipart("mixed", "b", {text_part(), attachment_part("a.pdf", "QUJ!")});
  EXPECT_EQ(names_of(c.plan().parts), Names{});
}

// Limits, each at the last value that passes and the first that does not.

TEST(PlanLimits, MessageSizeAsReceived) {
  PlanCase c;
  c.limits.max_message_size = c.message().size();
  c.plan();
  --c.limits.max_message_size;
  const std::string size = std::to_string(c.message().size());
  const std::string limit = std::to_string(c.limits.max_message_size);
  EXPECT_EQ(c.refusal(),
            (LeaveAlone{"too-large", "the message has " + size + " bytes, more than max-message-size = " + limit}));
}

TEST(PlanLimits, PartSizeDecoded) {
  PlanCase c;
  c.limits.max_part_size = 3;
  c.plan();
  c.limits.max_part_size = 2;
  EXPECT_EQ(c.refusal(), (LeaveAlone{"part-too-large", "part 2 (a.pdf) has 3 bytes, more than max-part-size = 2"}));
}

TEST(PlanLimits, PartOf150Million) {
  PlanCase c;
  c.limits.max_message_size = 1ULL << 40;
  for (const ByteCount extra : {0U, 1U}) {
    c.facts = {};
    c.scan();
    c.facts.parts[2].body.decoded_size = 150'000'000 + extra;
    if (extra == 0) {
      EXPECT_EQ(c.plan().parts.at(0).way, Way::Session);
    } else {
      EXPECT_EQ(c.refusal().reason, "part-too-large");
    }
  }
}

TEST(PlanLimits, Attachments) {
  PlanCase c;
  c.scan();
  c.facts.attachment_count = 250;
  c.plan();
  c.facts.attachment_count = 251;
  EXPECT_EQ(c.refusal(), (LeaveAlone{"too-many-attachments", "251 attachments, and Graph takes 250"}));
}

TEST(PlanLimits, Nesting) {
  PlanCase c;
  c.scan();
  c.facts.parts[2].depth = 30;
  c.plan();
  c.facts.parts[2].depth = 31;
  EXPECT_EQ(c.refusal(), (LeaveAlone{"too-deep", "parts are nested 31 deep, and Graph takes 30"}));
}

TEST(PlanLimits, Recipients) {
  PlanCase c;
  for (int i = 0; i < 499; ++i)
    c.envelope.recipients.push_back(mail::make_envelope_path(std::to_string(i) + "@example.com"));
  EXPECT_EQ(c.plan().bcc.size(), 499U);
  // The same one again is no more.
  c.envelope.recipients.push_back(mail::make_envelope_path("<BOB@example.com>"));
  c.plan();
  c.envelope.recipients.push_back(mail::make_envelope_path("<more@example.com>"));
  EXPECT_EQ(c.refusal(), (LeaveAlone{"too-many-recipients", "501 recipients, and Graph takes 500"}));
}

// A POST of 3,145,611 bytes makes a request of exactly 4 MiB where the JSON around the content takes 156 bytes.
TEST(PlanLimits, PostOf3145611BytesWithin4MiB) {
  const std::size_t around = json::attachment_json_prefix("", "application/pdf", false, "").size() + 2;
  ASSERT_LT(around, 156U);
  const std::string name = std::string(156 - around - 4, 'n') + ".pdf";
  PlanCase c;
  c.body = multipart("mixed", "b", {text_part(), attachment_part(name, "QUJD")});
  const std::pair<ByteCount, Way> cases[] = {
      {3'145'610, Way::Post}, {3'145'611, Way::Post}, {3'145'612, Way::Session}, {3'145'613, Way::Session}};
  for (const auto& [size, way] : cases) {
    c.facts = {};
    c.scan();
    c.facts.parts[2].body.decoded_size = size;
    const Plan plan = c.plan();
    ASSERT_EQ(plan.parts.size(), 1U);
    EXPECT_EQ(plan.parts[0].way, way) << size;
    EXPECT_EQ(post_body_length(plan.parts[0]), way == Way::Post ? 4'194'304U : 4'194'308U) << size;
  }
}

TEST(PlanLimits, ALongerNameCostsItsBytesOfThePost) {
  PlanCase c;
  c.scan();
  PlannedPart part = c.plan().parts.at(0);
  const ByteCount length = post_body_length(part);
  part.name += "\"\xE2\x82\xAC";  // the quote is escaped
  EXPECT_EQ(post_body_length(part), length + 5);
  part.content_id = "x@y";
  EXPECT_EQ(post_body_length(part), length + 5 + std::string(R"("contentId":"x@y",)").size());
}

TEST(PlanLimits, SkeletonOf3145728BytesMakesADraftOf4MiB) {
  EXPECT_EQ(draft_body_length(3'145'728), 4'194'304U);
  EXPECT_EQ(draft_body_length(3'145'729), 4'194'308U);
  PlanCase c;
  c.body = "Content-Type: text/plain\r\n\r\n";
  const std::size_t fixed = c.skeleton().size();
  for (std::size_t left = 3'145'728 - fixed; left > 0;) {
    const std::size_t line = left > 102 ? 100 : left - 2;
    c.body += std::string(line, 'x') + "\r\n";
    left -= line + 2;
  }
  c.facts = {};
  EXPECT_EQ(c.skeleton().size(), 3'145'728U);
  c.body.insert(c.body.size() - 2, "x");
  c.facts = {};
  EXPECT_EQ(c.refusal(),
            (LeaveAlone{"skeleton-too-large",
                        "what must stay together (text, calendars, messages inside the message) makes a draft of "
                        "4194308 bytes of base64, and Graph takes 4194304"}));
}

// The skeleton's way into one request.

TEST(PlanFit, MovesTheLargestAttachmentsOutUntilTheSkeletonFits) {
  PlanCase c;
  c.rule.part_size = 1'000'000;
  c.body =
      multipart("mixed", "b",
                {text_part(), attachment_part("s.pdf", base64_body(400)), attachment_part("l.pdf", base64_body(4000)),
                 attachment_part("m.pdf", base64_body(2000)), kImage});
  c.limits.request_body = 12'000;
  EXPECT_EQ(names_of(c.plan().parts), Names{});
  c.limits.request_body = 5'000;
  EXPECT_EQ(names_of(c.plan().parts), Names{"l.pdf"});
  c.limits.request_body = 2'500;
  EXPECT_EQ(names_of(c.plan().parts), (Names{"l.pdf", "m.pdf"}));
  c.limits.request_body = 1'300;
  EXPECT_EQ(names_of(c.plan().parts), (Names{"l.pdf", "m.pdf", "s.pdf"}));
}

TEST(PlanFit, MovesExactlyWhenTheSkeletonIsOneByteTooLarge) {
  PlanCase c;
  c.rule.part_size.reset();
  c.limits.request_body = draft_body_length(c.skeleton().size());
  EXPECT_EQ(names_of(c.plan().parts), Names{});
  --c.limits.request_body;
  EXPECT_EQ(names_of(c.plan().parts), Names{"a.pdf"});
}

TEST(PlanFit, MovesInlinePartsOnlyAfterAllAttachmentsAndKeepsThemInline) {
  PlanCase c;
  c.rule.part_size = 1'000'000;
  std::string image = kImage;
  image.replace(image.find("QUJD"), 4, base64_body(8000));
  c.body = multipart("mixed", "b",
                     {multipart("related", "r", {"Content-Type: text/html\r\n\r\n<p>\r\n", image}),
                      attachment_part("a.pdf", base64_body(800))});
  c.limits.request_body = 12'000;
  EXPECT_EQ(names_of(c.plan().parts), Names{"a.pdf"});
  c.limits.request_body = 4'000;
  const Plan plan = c.plan();
  ASSERT_EQ(plan.parts.size(), 2U);
  EXPECT_EQ(plan.parts[0].name, "logo.png");
  EXPECT_TRUE(plan.parts[0].is_inline);
  EXPECT_EQ(plan.parts[0].content_id, "logo@x");
  EXPECT_EQ(plan.parts[0].way, Way::Session);
  EXPECT_EQ(plan.parts[1].name, "a.pdf");
  EXPECT_EQ(plan.parts[1].way, Way::Post);
}

// Many clients write no Content-Disposition for the images of their text; beside the text, the same part is a file.
TEST(PlanFit, AnImageOfARelatedIsInlineEvenIfItDoesNotSaySo) {
  const std::string image =
      "Content-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n" +
      base64_body(8000) + "\r\n";
  PlanCase related;
  related.limits.request_body = 4'000;
  related.body = multipart("related", "r", {"Content-Type: text/html\r\n\r\n<p>\r\n", image});
  const Plan plan = related.plan();
  ASSERT_EQ(plan.parts.size(), 1U);
  EXPECT_TRUE(plan.parts[0].is_inline);
  EXPECT_EQ(plan.parts[0].content_id, "logo@x");
  PlanCase mixed;
  mixed.limits.request_body = 4'000;
  mixed.body = multipart("mixed", "b", {text_part(), image});
  ASSERT_EQ(mixed.plan().parts.size(), 1U);
  EXPECT_FALSE(mixed.plan().parts[0].is_inline);
}

// A text and five attachments of 1,000,000 bytes, each below the rule's part-size.
TEST(PlanFit, MovesAsManyPartsOfOneMegabyteAsMustGoAndPostsThem) {
  PlanCase c;
  c.rule.part_size = 3'000'000;
  std::vector<std::string> parts = {text_part()};
  for (int i = 0; i < 5; ++i) {
    parts.push_back(attachment_part(std::to_string(i) + ".pdf", base64_body(1'333'336)));
  }
  c.body = multipart("mixed", "b", parts);
  const Plan plan = c.plan();
  EXPECT_EQ(names_of(plan.parts), (Names{"0.pdf", "1.pdf", "2.pdf"}));
  for (const PlannedPart& part : plan.parts) {
    EXPECT_EQ(part.body.decoded_size, 1'000'002U);
    EXPECT_EQ(part.way, Way::Post);
    EXPECT_LE(post_body_length(part), c.limits.request_body);
  }
  EXPECT_EQ(plan.in_skeleton, (Expected{{"3.pdf", true}, {"4.pdf", true}}));
  EXPECT_LE(draft_body_length(plan.skeleton.size()), c.limits.request_body);
}

std::string html_of(std::size_t size) {
  std::string out = "Content-Type: text/html\r\n\r\n";
  for (; size >= 100; size -= 100) out += std::string(98, 'x') + "\r\n";
  return out;
}

TEST(PlanFit, LeavesAHtmlTextOf3MegabytesAloneUnlessPartsCanBeCut) {
  PlanCase c;
  c.rule.part_size = 10'000'000;
  const std::string attachment = attachment_part("a.pdf", base64_body(400'000));
  c.body = multipart("mixed", "b", {html_of(3'000'000), attachment});
  EXPECT_EQ(names_of(c.plan().parts), Names{"a.pdf"});
  c.facts = {};
  c.body = multipart("mixed", "b", {html_of(3'200'000), attachment});
  EXPECT_EQ(c.refusal().reason, "skeleton-too-large");
}

TEST(PlanFit, TakesAMailOf250AttachmentsAndNoMore) {
  PlanCase c;
  std::vector<std::string> parts = {text_part()};
  for (int i = 0; i < 250; ++i) parts.push_back(attachment_part(std::to_string(i) + ".pdf", "QUJD"));
  c.body = multipart("mixed", "b", parts);
  EXPECT_EQ(c.plan().parts.size(), 250U);
  parts.push_back(attachment_part("one more.pdf", "QUJD"));
  c.body = multipart("mixed", "b", parts);
  c.facts = {};
  EXPECT_EQ(c.refusal(), (LeaveAlone{"too-many-attachments", "251 attachments, and Graph takes 250"}));
}

// Messages inside the message.

std::string nested(std::string_view parameters, std::size_t size) {
  std::string out = "Content-Type: message/rfc822" + std::string(parameters) +
                    "\r\nContent-Disposition: attachment\r\n\r\nFrom: x@y.example\r\n\r\n";
  for (; size >= 100; size -= 100) out += std::string(98, 'x') + "\r\n";
  return out;
}

TEST(PlanMessages, StayWholeOrTheMailIsLeftAlone) {
  PlanCase c;
  c.body = multipart("mixed", "b", {text_part(), nested("", 5'000)});
  EXPECT_TRUE(c.plan().parts.empty());
  c.limits.request_body = 4'000;
  EXPECT_EQ(c.refusal().reason, "skeleton-too-large");
}

TEST(PlanMessages, BecomeFilesByRuleWhereTheyDoNotFit) {
  PlanCase c;
  c.rule.message_as_file = true;
  c.body = multipart("mixed", "b",
                     {text_part(), nested("", 5'000), nested("; name=\"Re: offer\"", 4'000),
                      nested("; name=old.EML", 3'000), attachment_part("a.pdf", "QUJD")});
  EXPECT_EQ(names_of(c.plan().parts), Names{"a.pdf"});
  c.limits.request_body = 2'000;
  const Plan plan = c.plan();
  EXPECT_EQ(names_of(plan.parts), (Names{"attachment-1.eml", "Re_ offer.eml", "old.EML", "a.pdf"}));
  EXPECT_EQ(plan.parts[0].content_type, "message/rfc822");
  EXPECT_EQ(plan.parts[0].body, c.facts.parts[2].body);
  EXPECT_EQ(plan.parts[0].body.decoded_size, plan.parts[0].body.range.size());
}

TEST(PlanMessages, GoAfterAllOtherParts) {
  PlanCase c;
  c.rule.message_as_file = true;
  c.rule.part_size = 1'000'000;
  c.body = multipart("mixed", "b", {text_part(), nested("", 5'000), attachment_part("a.pdf", base64_body(4'000))});
  c.limits.request_body = 8'000;
  EXPECT_EQ(names_of(c.plan().parts), Names{"a.pdf"});
}

TEST(PlanMessages, WithBytesThatReadersDifferAboutAreNoFiles) {
  PlanCase c;
  c.rule.message_as_file = true;
  std::string odd = nested("", 5'000);
  odd.insert(odd.size() - 2, "\n");  // a line end that only some readers see
  c.body = multipart("mixed", "b", {text_part(), odd});
  c.limits.request_body = 4'000;
  EXPECT_EQ(c.refusal().reason, "skeleton-too-large");
}

// Names in bytes of a charset that nobody names.

TEST(PlanNames, AreReadInTheCharsetOfTheRule) {
  PlanCase c;
  c.body = multipart("mixed", "b",
                     {text_part(), attachment_part("\xDC"
                                                   "bersicht.pdf",
                                                   "QUJD")});
  EXPECT_EQ(c.refusal().reason, "inexact:name");
  c.rule.name_charset = "windows-1252";
  EXPECT_EQ(names_of(c.plan().parts), Names{"\xC3\x9C"
                                            "bersicht.pdf"});
  c.rule.part_size = 4;
  EXPECT_EQ(c.plan().in_skeleton, (Expected{{"\xC3\x9C"
                                             "bersicht.pdf",
                                             false}}));
  c.rule.part_size = 1;
  c.rule.name_charset = "utf-8";
  EXPECT_EQ(c.refusal().reason, "inexact:name");
}

TEST(PlanFit, DoesNotMoveWhatCantBeDecoded) {
  PlanCase c;
  c.rule.part_size = 1'000'000;
  c.body = multipart("mixed", "b", {text_part(), attachment_part("a.pdf", base64_body(4001))});
  c.limits.request_body = 4'000;
  EXPECT_EQ(c.refusal().reason, "skeleton-too-large");
}

}  // namespace
}  // namespace graph_milter::plan
