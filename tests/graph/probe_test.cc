// SPDX-License-Identifier: Apache-2.0
// The probe against the emulator: whatever the service does, the probe says so; and it leaves nothing behind.
#include "core/probe/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/targets/range_door.h"
#include "tests/graph/emulator_tokens.h"
#include "tests/graph_emulator/in_process.h"
#include "tests/support/temp_folder.h"

namespace graph_milter::probe {
namespace {

using emulator::Fault;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kMailbox = "scanner@contoso.com";

class ProbeTest : public ::testing::Test {
 protected:
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
  emulator::InProcessGraph service{clock};
  test::TempFolder folder;
  std::shared_ptr<auth::TokenSource> tokens = emulator::token_source(service, folder, clock);
  graph::Client client{{}, service.api(), tokens, clock};
  std::shared_ptr<http::UploadDoor> upload = service.upload();
  targets::HttpRangeDoor ranges{*upload, *clock, kMailbox};
  ProbeSettings settings{.mailbox = kMailbox,
                         .to = "alice@example.org",
                         .marker = "mx1/probe1",
                         .json_marker = "mx1/probe2",
                         .id = "probe1"};

  void change(const std::function<void(emulator::Switches&)>& switches) { service.model().change_switches(switches); }

  Result<Report> ask() {
    return run_probe(settings, {client, ranges, *clock, [this](Duration time) { clock->advance(time); }});
  }

  Report report() {
    auto report = ask();
    EXPECT_TRUE(report) << report.error().text();
    return report ? *std::move(report) : Report{};
  }

  // What lies in the folder of the mailbox.
  std::size_t count(const std::string& wanted) {
    std::size_t found = 0;
    const emulator::Json mailboxes = service.model().mailboxes();
    for (const emulator::Json& mailbox : mailboxes.items())
      for (const emulator::Json& message : mailbox["messages"].items())
        found += message["folder"].text() == wanted ? 1U : 0U;
    return found;
  }

  void TearDown() override { EXPECT_THAT(service.model().violations(), IsEmpty()); }
};

// --- each switch that changes an answer, both ways

struct Case {
  std::string name;
  Question question;
  std::function<void(emulator::Switches&)> no;
  std::function<void(emulator::Switches&)> yes;
  std::string conf_no = {};
  std::string conf_yes = {};
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

std::vector<Case> cases() {
  using S = emulator::Switches;
  return {
      {"MimeDraft", Question::MimeDraft, [](S& s) { s.mime_after_addition = "rebuilt"; },
       [](S& s) { s.mime_after_addition = "kept"; }, "draft = json", "draft = mime"},
      {"JsonDraft", Question::JsonDraft, [](S& s) { s.mapi_fields_kept = false; },
       [](S& s) { s.mapi_fields_kept = true; }, "draft = mime"},
      {"SessionFloor", Question::SessionFloor, [](S& s) { s.session_floor = 3'000'000; },
       [](S& s) { s.session_floor = 0; }},
      {"AskPosition", Question::AskPosition, [](S& s) { s.ask_position_status = 405; },
       [](S& s) { s.ask_position_status = 200; }},
      {"ImmutableId", Question::ImmutableId, [](S& s) { s.immutable_id_survives_send = false; },
       [](S& s) { s.immutable_id_survives_send = true; }},
      {"SessionType", Question::SessionType, [](S& s) { s.session_type_kept = false; },
       [](S& s) { s.session_type_kept = true; }},
      {"SessionInline", Question::SessionInline, [](S& s) { s.session_inline_kept = false; },
       [](S& s) { s.session_inline_kept = true; }},
      {"Names", Question::Names, [](S& s) { s.attachment_name_form = "windows"; },
       [](S& s) { s.attachment_name_form = "kept"; }},
      {"Date", Question::Date, [](S& s) { s.date_kept = false; }, [](S& s) { s.date_kept = true; }},
      {"MessageId", Question::MessageId, [](S& s) { s.message_id_kept = false; },
       [](S& s) { s.message_id_kept = true; }},
      {"EmptyFile", Question::EmptyFile, [](S& s) { s.empty_file_taken = false; },
       [](S& s) { s.empty_file_taken = true; }},
      {"EqualNames", Question::EqualNames, [](S& s) { s.equal_names_kept = false; },
       [](S& s) { s.equal_names_kept = true; }},
  };
}

class EverySwitch : public ProbeTest, public ::testing::WithParamInterface<Case> {};

TEST_P(EverySwitch, ChangesItsAnswer) {
  const Case& each = GetParam();
  for (const bool yes : {false, true}) {
    SCOPED_TRACE(yes ? "the service does" : "the service does not");
    service.model().reset();
    change(yes ? each.yes : each.no);
    const Report found = report();
    ASSERT_NE(found.find(each.question), nullptr);
    const Finding& finding = *found.find(each.question);
    EXPECT_EQ(finding.answer, yes ? Answer::Yes : Answer::No) << finding.detail;
    EXPECT_EQ(finding.conf, yes ? each.conf_yes : each.conf_no);
    for (const Finding& other : found.findings) {
      if (other.question != Question::RangesAreCounted) {
        EXPECT_NE(other.answer, Answer::Unknown) << print_report(found);
      }
    }
    EXPECT_THAT(found.left_behind, IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Probe, EverySwitch, ::testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

TEST_F(ProbeTest, FindsTheSmallestFileThatASessionTakesToTheByte) {
  for (const std::int64_t floor : {2, 327'680, 2'097'152, 3'000'000, 3'145'728}) {
    service.model().reset();
    change([&](emulator::Switches& switches) { switches.session_floor = floor; });
    EXPECT_EQ(report().session_floor, static_cast<ByteCount>(floor));
  }
  service.model().reset();
  change([](emulator::Switches& switches) { switches.session_floor = 0; });
  EXPECT_EQ(report().session_floor, 1U);
}

TEST_F(ProbeTest, AFloorThatIsHigherThanAnyReportIsUnknown) {
  change([](emulator::Switches& switches) { switches.session_floor = 8'000'000; });
  const Report found = report();
  EXPECT_EQ(found.answer(Question::SessionFloor), Answer::Unknown);
  EXPECT_EQ(found.session_floor, std::nullopt);
  EXPECT_EQ(found.answer(Question::SessionType), Answer::Unknown);
  EXPECT_EQ(found.answer(Question::MimeDraft), Answer::Yes) << "the rest is answered all the same";
}

TEST_F(ProbeTest, SaysWhatARebuiltDraftLost) {
  change([](emulator::Switches& switches) { switches.mime_after_addition = "rebuilt"; });
  EXPECT_EQ(report().find(Question::MimeDraft)->detail, "lost: In-Reply-To, References, the plain text");
}

TEST_F(ProbeTest, SaysWhatAJsonDraftLost) {
  change([](emulator::Switches& switches) { switches.mapi_fields_kept = false; });
  EXPECT_EQ(report().find(Question::JsonDraft)->detail, "lost: In-Reply-To, References, Sensitivity");
  service.model().reset();
  change([](emulator::Switches& switches) { switches.message_id_kept = false; });
  EXPECT_EQ(report().find(Question::JsonDraft)->detail, "lost: Message-ID");
}

TEST_F(ProbeTest, WhereNoDraftKeepsAllTheLineIsThatOfTheMimeDraft) {
  change([](emulator::Switches& switches) {
    switches.mapi_fields_kept = false;
    switches.mime_after_addition = "rebuilt";
  });
  const Report found = report();
  EXPECT_EQ(found.find(Question::MimeDraft)->conf, "draft = json");
  EXPECT_EQ(found.answer(Question::JsonDraft), Answer::No);
  EXPECT_EQ(found.find(Question::JsonDraft)->conf, "");
}

TEST_F(ProbeTest, AJsonDraftThatIsRefusedIsOneQuestionLess) {
  service.model().add_fault(Fault::status("create-draft", 2, 400, "InvalidInternetMessageHeader"));
  const Report found = report();
  EXPECT_EQ(found.answer(Question::JsonDraft), Answer::No);
  EXPECT_THAT(found.find(Question::JsonDraft)->detail, HasSubstr("InvalidInternetMessageHeader"));
  EXPECT_EQ(found.answer(Question::MimeDraft), Answer::Yes);
  EXPECT_EQ(count("drafts"), 0U);
}

// Whether ranges count can only be seen where they are throttled.
TEST_F(ProbeTest, ThatRangesAreCountedIsSeenOnlyWhereTheyAreThrottled) {
  EXPECT_EQ(report().answer(Question::RangesAreCounted), Answer::Unknown);
  service.model().reset();
  Fault limit = Fault::status("put-range", 1, 429, "ApplicationThrottled", "3");
  limit.message = "Application is over its IncomingBytes limit.";
  service.model().add_fault(limit);
  const Report found = report();
  EXPECT_EQ(found.answer(Question::RangesAreCounted), Answer::Yes);
  EXPECT_EQ(found.find(Question::RangesAreCounted)->conf, "byte-budget-use = always");
  EXPECT_EQ(found.answer(Question::SessionType), Answer::No) << "the upload went on after the pause";
}

TEST_F(ProbeTest, AnotherThrottleSaysNothingOfBytes) {
  service.model().add_fault(Fault::status("put-range", 1, 429, "ApplicationThrottled", "3"));
  EXPECT_EQ(report().answer(Question::RangesAreCounted), Answer::Unknown);
}

// --- what it does to the mailbox

TEST_F(ProbeTest, SendsTwoMailsToOneRecipientAndClearsThemAway) {
  const Report found = report();
  EXPECT_EQ(found.mailbox, kMailbox);
  ASSERT_THAT(service.model().deliveries(), SizeIs(2));
  for (const emulator::Delivery& delivery : service.model().deliveries())
    EXPECT_THAT(delivery.recipients, ::testing::ElementsAre("alice@example.org"));
  EXPECT_EQ(count("drafts"), 0U);
  EXPECT_EQ(count("sentitems"), 0U);
  const emulator::Json stats = service.model().stats();
  EXPECT_EQ(stats["sessions"]["open"].integer(), 0) << "every session is finished or cancelled";
}

TEST_F(ProbeTest, TheMailboxItselfIsTheRecipientIfNobodyElseIsNamed) {
  settings.to = "";
  EXPECT_THAT(report().left_behind, IsEmpty());
  ASSERT_THAT(service.model().deliveries(), SizeIs(2));
  for (const emulator::Delivery& delivery : service.model().deliveries())
    EXPECT_THAT(delivery.recipients, ::testing::ElementsAre(kMailbox));
}

TEST_F(ProbeTest, TouchesNobodyElsesMail) {
  StringSource theirs(
      "From: <scanner@contoso.com>\r\nTo: a@example.org\r\nSubject: Mine\r\nX-Graph-Milter-Id: "
      "mx1/other\r\n\r\nHi\r\n");
  ASSERT_TRUE(client.create_draft(kMailbox, theirs));
  StringSource sent("From: <scanner@contoso.com>\r\nTo: a@example.org\r\nSubject: Sent\r\n\r\nHi\r\n");
  const auto draft = client.create_draft(kMailbox, sent);
  ASSERT_TRUE(draft);
  ASSERT_TRUE(client.send(kMailbox, draft->id));
  (void)report();
  EXPECT_EQ(count("drafts"), 1U);
  EXPECT_EQ(count("sentitems"), 1U);
}

TEST_F(ProbeTest, WhatCanNotBeClearedAwayIsNamed) {
  Fault fault = Fault::status("delete-message", 1, 403, "ErrorAccessDenied");
  fault.times = 0;
  service.model().add_fault(fault);
  const Report found = report();
  ASSERT_THAT(found.left_behind, SizeIs(2));
  EXPECT_THAT(found.left_behind,
              ::testing::Each(HasSubstr("the test mail probe1 in sentitems of scanner@contoso.com")));
}

// --- trouble

TEST_F(ProbeTest, WithoutARightToTheMailboxNothingIsAsked) {
  service.model().add_fault(Fault::status("create-draft", 1, 403, "ErrorAccessDenied"));
  const auto found = ask();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::Configuration);
  EXPECT_EQ(service.model().requests().size(), 2U) << "a token and a draft";
}

TEST_F(ProbeTest, AMailThatIsNotSentLeavesItsQuestionsOpenAndNoDraft) {
  service.model().add_fault(Fault::status("send", 1, 403, "ErrorSendAsDenied"));
  const Report found = report();
  EXPECT_EQ(found.answer(Question::MimeDraft), Answer::Unknown);
  EXPECT_THAT(found.find(Question::MimeDraft)->detail, HasSubstr("ErrorSendAsDenied"));
  EXPECT_EQ(found.answer(Question::SessionFloor), Answer::No) << "what was seen before is told";
  EXPECT_EQ(count("drafts"), 0U);
}

TEST_F(ProbeTest, ACopyThatDoesNotComeEndsTheWait) {
  change([](emulator::Switches& switches) { switches.send_delay_ms = 3'600'000; });
  const TimePoint begun = clock->now();
  const Report found = report();
  EXPECT_THAT(found.find(Question::Date)->detail,
              HasSubstr("the test mail is not in Sent Items 180 seconds after it was sent"));
  EXPECT_LT(clock->now() - begun, std::chrono::minutes(5));
}

TEST_F(ProbeTest, AServiceThatIsTooBusyEndsIt) {
  Fault fault = Fault::status("create-session", 1, 429, "TooManyRequests", "120");
  fault.times = 0;
  service.model().add_fault(fault);
  const TimePoint begun = clock->now();
  const Report found = report();
  EXPECT_EQ(found.answer(Question::SessionFloor), Answer::Unknown);
  EXPECT_LT(clock->now() - begun, std::chrono::minutes(20));
  EXPECT_EQ(count("drafts"), 0U);
}

}  // namespace
}  // namespace graph_milter::probe
