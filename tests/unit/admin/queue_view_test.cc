// SPDX-License-Identifier: Apache-2.0
#include "core/admin/queue_view.h"

#include <gtest/gtest.h>

#include "tests/unit/admin/local_zone.h"

namespace graph_milter::admin {
namespace {

const TimePoint kNow = from_unix_ms(kNoon);

queue::EntrySummary summary() {
  queue::EntrySummary entry;
  entry.id = "01kamq0000abcdefghjkmnpqrs";
  entry.state = queue::EntryState::Draft;
  entry.queue_id = "4D1F22";
  entry.sender = "scanner@contoso.com";
  entry.recipients = 2;
  entry.mailbox = "scanner@contoso.com";
  entry.size = 20'500'000;
  entry.accepted = kNow;
  entry.attempts = 3;
  entry.next_attempt = from_unix_ms(kNoon + 60'000);
  entry.last_error = "graph: 503 \"try later\"\nforged line";
  return entry;
}

TEST(QueueView, AnEmptyQueueSaysSo) {
  EXPECT_EQ(print_list({}, kNow, Form::Words), "The queue is empty.\n");
  EXPECT_EQ(print_list({}, kNow, Form::Json), "[]\n");
}

TEST(QueueView, ListsWhereAMessageStandsAndWhatItWaitsFor) {
  const LocalZone zone;
  queue::EntrySummary held = summary();
  held.id = "01kamq0000abcdefghjkmnpqrt";
  held.queue_id.clear();
  held.state = queue::EntryState::Held;
  held.sender.clear();
  held.attempts = 1;
  held.last_error.clear();
  EXPECT_EQ(
      print_list({summary(), held}, kNow, Form::Words),
      "ID                         QUEUE-ID             SIZE ACCEPTED                    RCPT SENDER\n"
      "01kamq0000abcdefghjkmnpqrs 4D1F22            20.5 MB Sun 2026-11-22 13:00:00 CET    2 scanner@contoso.com\n"
      "    its parts go up; waits for its next try at Sun 2026-11-22 13:01:00 CET (3 tries failed so far)\n"
      "    last error: graph: 503 \\x22try later\\x22\\x0Aforged line\n"
      "01kamq0000abcdefghjkmnpqrt -                 20.5 MB Sun 2026-11-22 13:00:00 CET    2 <>\n"
      "    held; waits for the administrator, and is not tried until then (1 try failed so far); mailbox "
      "scanner@contoso.com\n"
      "2 messages, 41.0 MB\n");
}

TEST(QueueView, TheListAsJsonHoldsEveryField) {
  const auto json = json::parse(print_list({summary(), summary()}, kNow, Form::Json));
  ASSERT_TRUE(json);
  ASSERT_EQ(json->items().size(), 2U);
  const json::Value& first = json->items()[0];
  EXPECT_EQ(*first.find_string("id"), "01kamq0000abcdefghjkmnpqrs");
  EXPECT_EQ(*first.find_string("state"), "draft");
  EXPECT_EQ(*first.find_string("queue_id"), "4D1F22");
  EXPECT_EQ(*first.find_string("sender"), "scanner@contoso.com");
  EXPECT_EQ(first.find_uint64("recipients"), 2U);
  EXPECT_EQ(*first.find_string("mailbox"), "scanner@contoso.com");
  EXPECT_EQ(first.find_uint64("size"), 20'500'000U);
  EXPECT_EQ(*first.find_string("accepted"), "2026-11-22T12:00:00Z");
  EXPECT_EQ(first.find_int("attempts"), 3);
  EXPECT_EQ(*first.find_string("waits_for"), "delivery");
  EXPECT_EQ(*first.find_string("next_attempt"), "2026-11-22T12:01:00Z");
  EXPECT_TRUE(first.find("needs_administrator")->is_null());
  EXPECT_EQ(*first.find_string("last_error"), "graph: 503 \"try later\"\nforged line");
}

TEST(QueueView, WhatIsHeldIsNotTriedNext) {
  queue::EntrySummary held = summary();
  held.state = queue::EntryState::Held;
  const auto json = json::parse(print_list({held}, kNow, Form::Json));
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->items().at(0).find("next_attempt")->is_null());
  EXPECT_EQ(*json->items().at(0).find_string("waits_for"), "administrator");
}

TEST(QueueView, IdsOfWhatIsHeldAndOfWhatWaits) {
  queue::EntrySummary held = summary();
  held.id = "01kamq0000abcdefghjkmnpqrt";
  held.state = queue::EntryState::Held;
  EXPECT_EQ(print_ids({summary(), held}, Which::Waiting), "01kamq0000abcdefghjkmnpqrs\n");
  EXPECT_EQ(print_ids({summary(), held}, Which::Held), "01kamq0000abcdefghjkmnpqrt\n");
  EXPECT_EQ(print_ids({}, Which::Held), "");
}

}  // namespace
}  // namespace graph_milter::admin
