// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/log.h"

namespace graph_milter::delivery {
namespace {

using testing::HasSubstr;
using testing::Not;

const TimePoint kAccepted = from_unix_ms(1'790'000'000'000);
const TimePoint kNow = kAccepted + Duration{2'500};

queue::Entry entry_of_a_scan() {
  queue::Entry entry;
  entry.id = "01jd";
  entry.state = queue::EntryState::Draft;
  entry.envelope.queue_id = "4Xy1";
  entry.envelope.sender.address = "scanner@contoso.com";
  for (int i = 0; i < 12; ++i)
    entry.envelope.recipients.push_back(mail::make_envelope_path("<r" + std::to_string(i) + "@example.org>"));
  entry.plan.mailbox = "scanner@contoso.com";
  entry.plan.message_id = "<1@device>";
  entry.plan.rule = "scanners";
  entry.plan.parts.resize(1);
  entry.plan.parts[0].name = "scan \"1\".pdf";
  entry.plan.parts[0].body.decoded_size = 20'000'000;
  entry.size = 27'000'000;
  entry.accepted = kAccepted;
  entry.attempts = 2;
  entry.progress.drafts_made = 1;
  entry.progress.send_epoch = 1;
  entry.progress.parts.resize(1);
  entry.progress.parts[0].upload.url = Secret("https://outlook.office.com/s?authtoken=hunter2");
  entry.progress.parts[0].upload.sessions_opened = 1;
  return entry;
}

template <class Function>
std::string logged(Function function) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(open_log({}));
  function();
  return testing::internal::GetCapturedStderr();
}

TEST(Events, EveryLineNamesTheMessageInTheSameWords) {
  const queue::Entry entry = entry_of_a_scan();
  const Error error = make_error(ErrorKind::Transient, "send range", "no route to host");
  const std::string lines[] = {logged([&] { log_drafted(entry, false, kNow); }),
                               logged([&] { log_uploaded(entry, 0, "session", kNow); }),
                               logged([&] {
                                 log_differs(entry, {"too much", false}, kNow);
                               }),
                               logged([&] { log_sent(entry, {}, kNow); }),
                               logged([&] { log_deferred(entry, error, kNow, kNow); }),
                               logged([&] { log_waiting(entry, error, kNow, kNow); }),
                               logged([&] { log_gave_up(entry, error, true, kNow); }),
                               logged([&] { log_dropped(entry, kNow); }),
                               logged([&] { log_possible_duplicate(entry, "W4", "sending it again", kNow); }),
                               logged([&] { log_held(entry, error, kNow); })};
  for (const std::string& line : lines) {
    EXPECT_THAT(line, HasSubstr("4Xy1: "));
    EXPECT_THAT(line,
                HasSubstr(" entry=01jd message-id=<1@device> mailbox=scanner@contoso.com sender=scanner@contoso.com"
                          " nrcpt=12 to=\"r0@example.org,"));
    EXPECT_THAT(line, HasSubstr(",r9@example.org,+2\" size=27000000 parts=1 rule=scanners delay=2.500"));
    EXPECT_THAT(line, Not(HasSubstr("hunter2")));
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  }
}

TEST(Events, SayWhatHappened) {
  const queue::Entry entry = entry_of_a_scan();
  EXPECT_THAT(logged([&] { log_drafted(entry, true, kNow); }), HasSubstr("event=drafted "));
  EXPECT_THAT(logged([&] { log_drafted(entry, true, kNow); }), HasSubstr(" draft=1 status=found"));
  EXPECT_THAT(logged([&] { log_uploaded(entry, 0, "session", kNow); }),
              HasSubstr(" bytes=20000000 sessions=1 status=session"));
  EXPECT_THAT(logged([&] { log_sent(entry, {}, kNow); }), HasSubstr("event=sent "));
  EXPECT_THAT(logged([&] { log_sent(entry, {.found = false, .request_id = "r-1"}, kNow); }),
              HasSubstr(" attempts=3 sends=1 status=202 request-id=r-1"));
  EXPECT_THAT(logged([&] { log_sent(entry, {.found = true, .request_id = {}}, kNow); }), HasSubstr(" status=found"));
}

TEST(Events, WhatIsGivenUpSaysWhyAndWhatBecomesOfIt) {
  queue::Entry entry = entry_of_a_scan();
  entry.progress.give_up = queue::GiveUp{queue::Disposal::Dsn, "5.7.1", "403 ErrorSendAsDenied: no", kNow};
  Error error = make_error(ErrorKind::Permanent, "Graph, send", "answered 403 ErrorSendAsDenied: no");
  error.code = "ErrorSendAsDenied";
  const std::string line = logged([&] { log_gave_up(entry, error, false, kNow); });
  EXPECT_THAT(line, HasSubstr("event=gave-up "));
  EXPECT_THAT(line, HasSubstr(" attempts=3 cause=refused return=dsn dsn=5.7.1 "));
  EXPECT_THAT(line, HasSubstr("code=ErrorSendAsDenied"));
  EXPECT_THAT(logged([&] { log_gave_up(entry, error, true, kNow); }), HasSubstr(" cause=expired "));
  EXPECT_THAT(logged([&] { log_dropped(entry, kNow); }), HasSubstr("event=dropped "));
}

TEST(Events, APossibleDuplicateNamesItsWindow) {
  const std::string line = logged([&] { log_possible_duplicate(entry_of_a_scan(), "W4", "sending it again", kNow); });
  EXPECT_THAT(line, HasSubstr("event=unsettled "));
  EXPECT_THAT(line, HasSubstr(" sends=1 possible_duplicate=W4 reason=\"sending it again\""));
}

TEST(Events, ADeferredEntrySaysWhenItGoesOnAndWhy) {
  Error error = make_error(ErrorKind::Configuration, "create draft", "AADSTS7000222", "renew the client secret");
  error.request_id = "0f8fad5b";
  const std::string line = logged([&] { log_deferred(entry_of_a_scan(), error, kNow, kNow); });
  EXPECT_THAT(line, HasSubstr("event=deferred "));
  EXPECT_THAT(line,
              HasSubstr(" state=" + std::string(queue::name_of(queue::EntryState::Draft)) + " attempts=3 next=2026-"));
  EXPECT_THAT(line, HasSubstr("AADSTS7000222"));
  EXPECT_THAT(line, HasSubstr("renew the client secret"));
  EXPECT_THAT(line, HasSubstr("request-id=0f8fad5b"));
}

}  // namespace
}  // namespace graph_milter::delivery
