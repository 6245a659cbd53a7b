// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/admin/queue_view.h"
#include "tests/unit/admin/local_zone.h"

namespace graph_milter::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kNow = from_unix_ms(kNoon);

// With a canary wherever something is kept that must not be told.
queue::Entry entry() {
  queue::Entry out;
  out.id = "01kamq0000abcdefghjkmnpqrs";
  out.state = queue::EntryState::Draft;
  out.envelope.queue_id = "4D1F22";
  out.envelope.client_address = "10.1.20.5";
  out.envelope.sender = mail::make_envelope_path("<scanner@contoso.com>", {"SIZE=20500000"});
  out.envelope.recipients = {mail::make_envelope_path("<a@fabrikam.com>", {"NOTIFY=NEVER"}),
                             mail::make_envelope_path("<b@fabrikam.com>")};
  out.plan.rule = "scanners";
  out.plan.mailbox = "scanner@contoso.com";
  out.plan.message_id = "<1@scanner>";
  out.plan.skeleton.add(std::string("Subject: c4nary\r\n"));
  out.size = 20'500'000;
  out.sha256 = "00ff";
  out.accepted = kNow;
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

// Given up, half handed back.
queue::Entry returning() {
  queue::Entry out = entry();
  out.state = queue::EntryState::Returning;
  out.progress.parts.clear();
  out.plan.parts.clear();
  out.progress.give_up =
      queue::GiveUp{queue::Disposal::Mta, "5.7.1", "403 ErrorSendAsDenied: \"no\"", from_unix_ms(kNoon - 60'000)};
  out.progress.return_epoch = 2;
  out.progress.return_unresolved = true;
  out.progress.fates = {queue::RecipientFate::Taken, queue::RecipientFate::Refused};
  out.progress.refusals = {"", "550 5.1.1 no such user"};
  out.progress.delay_warned = from_unix_ms(kNoon - 120'000);
  out.progress.send_epoch = 1;
  out.progress.send_intended = from_unix_ms(kNoon - 180'000);
  out.progress.request_id = "req-1";
  out.next_attempt = from_unix_ms(kNoon + 60'000);
  out.attempts = 4;
  out.last_error = "127.0.0.1:25: 451 later";
  return out;
}

TEST(EntryView, ShowsPartsAndParameters) {
  const LocalZone zone;
  EXPECT_EQ(print_entry(entry(), kNow, Form::Words),
            "id:           01kamq0000abcdefghjkmnpqrs\n"
            "state:        draft: its parts go up\n"
            "now:          due now\n"
            "queue-id:     4D1F22\n"
            "accepted:     Sun 2026-11-22 13:00:00 CET\n"
            "failed-tries: 0\n"
            "client:       10.1.20.5\n"
            "sender:       scanner@contoso.com SIZE=20500000\n"
            "recipient:    a@fabrikam.com NOTIFY=NEVER\n"
            "recipient:    b@fabrikam.com\n"
            "rule:         scanners\n"
            "mailbox:      scanner@contoso.com\n"
            "message-id:   <1@scanner>\n"
            "size:         20500000 bytes\n"
            "sha256:       00ff\n"
            "draft:        AAMkAD\n"
            "parts:\n"
            "  1: \"scan.pdf\" application/pdf 15.0 MB by session: uploading, 3932160 of 15000000 bytes, 1 session "
            "opened, open "
            "until Sun 2026-11-22 14:00:00 CET\n");
}

TEST(EntryView, ShowsWhyItWasGivenUpAndWhatTheMtaSaid) {
  const LocalZone zone;
  EXPECT_EQ(print_entry(returning(), kNow, Form::Words),
            "id:           01kamq0000abcdefghjkmnpqrs\n"
            "state:        returning: being returned\n"
            "now:          waits for the MTA, next try at Sun 2026-11-22 13:01:00 CET\n"
            "queue-id:     4D1F22\n"
            "accepted:     Sun 2026-11-22 13:00:00 CET\n"
            "failed-tries: 4\n"
            "last-error:   127.0.0.1:25: 451 later\n"
            "given-up:     5.7.1 403 ErrorSendAsDenied: \\x22no\\x22 at Sun 2026-11-22 12:59:00 CET; then the MTA gets "
            "the original back\n"
            "returns:      2 begun; the last may have been taken by the MTA\n"
            "delay-warned: Sun 2026-11-22 12:58:00 CET\n"
            "sends:        1 begun, the last at Sun 2026-11-22 12:57:00 CET\n"
            "request-id:   req-1\n"
            "client:       10.1.20.5\n"
            "sender:       scanner@contoso.com SIZE=20500000\n"
            "recipient:    a@fabrikam.com NOTIFY=NEVER (taken by the MTA)\n"
            "recipient:    b@fabrikam.com (refused by the MTA: 550 5.1.1 no such user)\n"
            "rule:         scanners\n"
            "mailbox:      scanner@contoso.com\n"
            "message-id:   <1@scanner>\n"
            "size:         20500000 bytes\n"
            "sha256:       00ff\n"
            "draft:        AAMkAD\n");
}

TEST(EntryView, ShowsWhereAHeldMessageStoodAndThatItMayHaveBeenSent) {
  const LocalZone zone;
  queue::Entry held = entry();
  held.state = queue::EntryState::Held;
  held.held_from = queue::EntryState::SendIntent;
  held.progress.send_epoch = 1;
  held.progress.send_intended = kNow;
  held.progress.send_unresolved = true;
  const std::string words = print_entry(held, kNow, Form::Words);
  EXPECT_THAT(words, HasSubstr("state:        held; before that, send-intent: being sent; Graph has not yet said "
                               "that it was\n"
                               "now:          waits for the administrator, and is not tried until then\n"));
  EXPECT_THAT(words, HasSubstr("sends:        1 begun, the last at Sun 2026-11-22 13:00:00 CET; it may have taken "
                               "effect\n"));
}

TEST(EntryView, SaysThatAClientWaitsUntilItIsTold) {
  const LocalZone zone;
  queue::Entry awaited = entry();
  awaited.progress.awaited = true;
  EXPECT_THAT(print_entry(awaited, kNow, Form::Words),
              HasSubstr("now:          due now\n"
                        "awaited:      its client waits at the MTA, and was not told yet that it is taken\n"
                        "queue-id:     4D1F22\n"));
  EXPECT_EQ(json::parse(print_entry(awaited, kNow, Form::Json))->find_bool("awaited"), true);
  queue::Entry refused = awaited;
  refused.state = queue::EntryState::GiveUp;
  refused.progress.give_up = queue::GiveUp{queue::Disposal::Client, "4.4.7", "too late", kNow};
  for (const queue::Entry& told : {refused, entry()}) {
    EXPECT_THAT(print_entry(told, kNow, Form::Words), Not(HasSubstr("awaited:")));
    EXPECT_EQ(json::parse(print_entry(told, kNow, Form::Json))->find_bool("awaited"), false);
  }
}

TEST(EntryView, ATombstoneSaysHowItEnded) {
  const LocalZone zone;
  queue::Entry done;
  done.id = "01kamq0000abcdefghjkmnpqrs";
  done.state = queue::EntryState::Done;
  done.outcome = queue::Outcome::HandedBack;
  done.accepted = kNow;
  done.finished = from_unix_ms(kNoon + 1000);
  EXPECT_EQ(print_entry(done, kNow, Form::Words),
            "id:           01kamq0000abcdefghjkmnpqrs\n"
            "state:        done\n"
            "outcome:      handed back to the MTA\n"
            "accepted:     Sun 2026-11-22 13:00:00 CET\n"
            "finished:     Sun 2026-11-22 13:00:01 CET\n"
            "failed-tries: 0\n"
            "sender:       <>\n"
            "size:         0 bytes\n");
}

TEST(EntryView, NeverTellsUploadUrlsOrText) {
  for (const queue::Entry& one : {entry(), returning()}) {
    for (const Form form : {Form::Words, Form::Json}) {
      EXPECT_THAT(print_entry(one, kNow, form), Not(HasSubstr("c4nary")));
      EXPECT_THAT(print_entry(one, kNow, form), Not(HasSubstr("outlook.office.com")));
    }
  }
}

TEST(EntryView, AsJsonHoldsPartsAndPaths) {
  const auto json = json::parse(print_entry(entry(), kNow, Form::Json));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find("sender")->find_string("address"), "scanner@contoso.com");
  EXPECT_EQ(*json->find("recipients")->items().at(0).find("parameters")->items().at(0).as_string(), "NOTIFY=NEVER");
  EXPECT_EQ(json->find("recipients")->items().at(0).find("handed_back"), nullptr);
  EXPECT_TRUE(json->find("give_up")->is_null());
  EXPECT_EQ(*json->find_string("outcome"), "none");
  const json::Value& part = json->find("parts")->items().at(0);
  EXPECT_EQ(*part.find_string("step"), "uploading");
  EXPECT_EQ(part.find_uint64("position"), 3'932'160U);
}

TEST(EntryView, AsJsonHoldsWhatBecomesOfIt) {
  const auto json = json::parse(print_entry(returning(), kNow, Form::Json));
  ASSERT_TRUE(json);
  const json::Value& why = *json->find("give_up");
  EXPECT_EQ(*why.find_string("disposal"), "mta");
  EXPECT_EQ(*why.find_string("status"), "5.7.1");
  EXPECT_EQ(*why.find_string("diagnostic"), "403 ErrorSendAsDenied: \"no\"");
  EXPECT_EQ(*why.find_string("decided"), "2026-11-22T11:59:00Z");
  EXPECT_EQ(json->find_int("return_epoch"), 2);
  EXPECT_EQ(json->find_bool("return_unresolved"), true);
  EXPECT_EQ(json->find_int("send_epoch"), 1);
  EXPECT_EQ(json->find_bool("send_unresolved"), false);
  EXPECT_EQ(*json->find_string("delay_warned"), "2026-11-22T11:58:00Z");
  EXPECT_EQ(*json->find_string("waits_for"), "mta");
  EXPECT_EQ(*json->find("recipients")->items().at(0).find_string("handed_back"), "taken");
  EXPECT_EQ(*json->find("recipients")->items().at(1).find_string("refusal"), "550 5.1.1 no such user");
}

}  // namespace
}  // namespace graph_milter::admin
