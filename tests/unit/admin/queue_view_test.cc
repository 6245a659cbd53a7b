// SPDX-License-Identifier: Apache-2.0
#include "core/admin/queue_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json/json.h"

namespace graph_milter::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kNoon = 1'795'348'800'000;  // 2026-11-22T12:00:00Z

queue::EntrySummary summary() {
  queue::EntrySummary entry;
  entry.id = "01kamq0000abcdefghjkmnpqrs";
  entry.state = queue::EntryState::Draft;
  entry.queue_id = "4D1F22";
  entry.sender = "scanner@contoso.com";
  entry.recipients = 2;
  entry.mailbox = "scanner@contoso.com";
  entry.size = 20'500'000;
  entry.accepted = from_unix_ms(kNoon);
  entry.attempts = 3;
  entry.next_attempt = from_unix_ms(kNoon + 60'000);
  entry.last_error = "graph: 503 \"try later\"\nforged line";
  return entry;
}

queue::Entry entry() {
  queue::Entry out;
  out.id = "01kamq0000abcdefghjkmnpqrs";
  out.state = queue::EntryState::Draft;
  out.envelope.queue_id = "4D1F22";
  out.envelope.client_address = "10.1.20.5";
  out.envelope.sender = mail::make_envelope_path("<scanner@contoso.com>", {"SIZE=20500000"});
  out.envelope.recipients = {mail::make_envelope_path("<a@fabrikam.com>", {"NOTIFY=NEVER"})};
  out.plan.rule = "scanners";
  out.plan.mailbox = "scanner@contoso.com";
  out.plan.message_id = "<1@scanner>";
  out.size = 20'500'000;
  out.sha256 = "00ff";
  out.accepted = from_unix_ms(kNoon);
  plan::PlannedPart part;
  part.name = "scan.pdf";
  part.content_type = "application/pdf";
  part.body.decoded_size = 15'000'000;
  out.plan.parts.push_back(part);
  queue::PartProgress progress;
  progress.step = queue::PartStep::Uploading;
  progress.upload.size = 15'000'000;
  progress.upload.position = 3'932'160;
  progress.upload.sessions_opened = 1;
  progress.upload.url = Secret("https://outlook.office.com/up?authtoken=c4nary");
  progress.upload.expires = from_unix_ms(kNoon + 3'600'000);
  out.progress.parts.push_back(progress);
  out.progress.draft_id = "AAMkAD";
  return out;
}

TEST(QueueView, AnEmptyQueueSaysSo) {
  EXPECT_EQ(print_list({}, Form::Words), "The queue is empty.\n");
  EXPECT_EQ(print_list({}, Form::Json), "[]\n");
}

TEST(QueueView, ListsOneMessageALineWithItsLastErrorBelow) {
  EXPECT_EQ(print_list({summary()}, Form::Words),
            "ID                         STATE             SIZE ACCEPTED             NEXT                 TRIES RCPT "
            "MAILBOX QUEUE-ID\n"
            "01kamq0000abcdefghjkmnpqrs " +
                std::string(name_of(queue::EntryState::Draft)) +
                std::string(12 - name_of(queue::EntryState::Draft).size(), ' ') +
                "   20.5 MB 2026-11-22T12:00:00Z 2026-11-22T12:01:00Z     3    2 scanner@contoso.com 4D1F22\n"
                "    graph: 503 \\x22try later\\x22\\x0Aforged line\n"
                "1 message, 20.5 MB\n");
}

TEST(QueueView, WhatIsHeldIsNotTriedNext) {
  queue::EntrySummary held = summary();
  held.state = queue::EntryState::Held;
  EXPECT_THAT(print_list({held}, Form::Words), Not(HasSubstr("12:01:00Z")));
  const auto json = json::parse(print_list({held}, Form::Json));
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->items().at(0).find("next_attempt")->is_null());
}

TEST(QueueView, TheListAsJsonHoldsEveryField) {
  const auto json = json::parse(print_list({summary(), summary()}, Form::Json));
  ASSERT_TRUE(json);
  ASSERT_EQ(json->items().size(), 2U);
  const json::Value& first = json->items()[0];
  EXPECT_EQ(*first.find_string("id"), "01kamq0000abcdefghjkmnpqrs");
  EXPECT_EQ(*first.find_string("state"), name_of(queue::EntryState::Draft));
  EXPECT_EQ(*first.find_string("queue_id"), "4D1F22");
  EXPECT_EQ(*first.find_string("sender"), "scanner@contoso.com");
  EXPECT_EQ(first.find_uint64("recipients"), 2U);
  EXPECT_EQ(*first.find_string("mailbox"), "scanner@contoso.com");
  EXPECT_EQ(first.find_uint64("size"), 20'500'000U);
  EXPECT_EQ(*first.find_string("accepted"), "2026-11-22T12:00:00Z");
  EXPECT_EQ(first.find_int("attempts"), 3);
  EXPECT_EQ(*first.find_string("next_attempt"), "2026-11-22T12:01:00Z");
  EXPECT_EQ(*first.find_string("last_error"), "graph: 503 \"try later\"\nforged line");
}

TEST(QueueView, ShowsAnEntryWithItsPartsAndParameters) {
  EXPECT_EQ(
      print_entry(entry(), Form::Words),
      "id:           01kamq0000abcdefghjkmnpqrs\n"
      "state:        " +
          std::string(name_of(queue::EntryState::Draft)) +
          "\n"
          "queue-id:     4D1F22\n"
          "accepted:     2026-11-22T12:00:00Z\n"
          "attempts:     0\n"
          "next-attempt: -\n"
          "client:       10.1.20.5\n"
          "sender:       scanner@contoso.com SIZE=20500000\n"
          "recipient:    a@fabrikam.com NOTIFY=NEVER\n"
          "rule:         scanners\n"
          "mailbox:      scanner@contoso.com\n"
          "message-id:   <1@scanner>\n"
          "size:         20500000 bytes\n"
          "sha256:       00ff\n"
          "draft:        AAMkAD\n"
          "parts:\n"
          "  1: \"scan.pdf\" application/pdf 15.0 MB by session: uploading, 3932160 of 15000000 bytes, 1 sessions "
          "opened, open until 2026-11-22T13:00:00Z\n");
}

TEST(QueueView, NeverPrintsAnUploadUrl) {
  EXPECT_THAT(print_entry(entry(), Form::Words), Not(HasSubstr("c4nary")));
  EXPECT_THAT(print_entry(entry(), Form::Json), Not(HasSubstr("c4nary")));
  EXPECT_THAT(print_entry(entry(), Form::Json), Not(HasSubstr("outlook.office.com")));
}

TEST(QueueView, AnEntryAsJsonHoldsPartsAndPaths) {
  const auto json = json::parse(print_entry(entry(), Form::Json));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find("sender")->find_string("address"), "scanner@contoso.com");
  EXPECT_EQ(*json->find("recipients")->items().at(0).find("parameters")->items().at(0).as_string(), "NOTIFY=NEVER");
  const json::Value& part = json->find("parts")->items().at(0);
  EXPECT_EQ(*part.find_string("step"), "uploading");
  EXPECT_EQ(part.find_uint64("position"), 3'932'160U);
}

TEST(QueueView, TheStatusCountsWhatWaitsFailsAndIsHeld) {
  queue::EntrySummary fresh = summary();
  fresh.attempts = 0;
  fresh.accepted = from_unix_ms(kNoon - 1000);
  queue::EntrySummary held = summary();
  held.state = queue::EntryState::Held;
  held.accepted = from_unix_ms(kNoon - 9'000'000);
  const DaemonFacts daemon{"mx1", from_unix_ms(kNoon - 60'000), from_unix_ms(kNoon + 4000)};
  EXPECT_EQ(print_status(daemon, {summary(), fresh, held}, Form::Words),
            "graph-milter " GM_VERSION
            " (mx1), up since 2026-11-22T11:59:00Z\n"
            "queue: 3 messages (61.5 MB), 1 being retried, 1 held\n"
            "oldest: 2026-11-22T11:59:59Z (5 s)\n");
  const auto json = json::parse(print_status(daemon, {summary(), fresh, held}, Form::Json));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find_uint64("queued"), 2U);
  EXPECT_EQ(json->find_uint64("held"), 1U);
  EXPECT_EQ(json->find_uint64("retrying"), 1U);
}

}  // namespace
}  // namespace graph_milter::admin
