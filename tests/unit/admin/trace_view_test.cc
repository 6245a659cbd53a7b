// SPDX-License-Identifier: Apache-2.0
#include "core/admin/trace_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/queue/entry_rules.h"
#include "tests/unit/admin/local_zone.h"

namespace graph_milter::admin {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

queue::TraceRecord record(queue::EntryState state, queue::Outcome outcome) {
  queue::TraceRecord out;
  out.id = "01kamq0000abcdefghjkmnpqrs";
  out.state = state;
  out.outcome = outcome;
  out.queue_id = "4D1F22";
  out.message_id = "<1@scanner>";
  out.sender = "scanner@contoso.com";
  out.recipients = {"a@fabrikam.com", "b@fabrikam.com"};
  out.mailbox = "scanner@contoso.com";
  out.client = "10.1.20.5";
  out.rule = "scanners";
  out.size = 20'500'000;
  out.accepted = from_unix_ms(kNoon - 5LL * 86'400'000);
  return out;
}

TEST(TraceView, TellsWhereTuesdaysScanIs) {
  const LocalZone zone;
  queue::TraceRecord sent = record(queue::EntryState::Done, queue::Outcome::Sent);
  sent.finished = sent.accepted + std::chrono::seconds(38);
  sent.request_id = "11111111-2222-4333-8444-555555555555";
  EXPECT_EQ(print_trace({sent}, Form::Words),
            "01kamq0000abcdefghjkmnpqrs: sent through Graph\n"
            "  accepted:    Tue 2026-11-17 13:00:00 CET, 20.5 MB, from client 10.1.20.5, by rule scanners\n"
            "  queue-id:    4D1F22 (the MTA's)\n"
            "  from:        scanner@contoso.com\n"
            "  to:          a@fabrikam.com\n"
            "  to:          b@fabrikam.com\n"
            "  message-id:  <1@scanner>\n"
            "  mailbox:     scanner@contoso.com\n"
            "  finished:    Tue 2026-11-17 13:00:38 CET, after 38 s\n"
            "  request-id:  11111111-2222-4333-8444-555555555555 (Graph's, for Microsoft's support)\n"
            "  to do:       nothing here; where it went from there, the message trace of Exchange Online knows by its "
            "message-id\n");
}

TEST(TraceView, TellsWhatToDoAboutWhatIsStillHere) {
  const LocalZone zone;
  queue::TraceRecord held = record(queue::EntryState::Held, queue::Outcome::None);
  held.last_error = "graph: 403 \"ErrorAccessDenied\"";
  EXPECT_THAT(
      print_trace({held}, Form::Words),
      EndsWith("  last error:  graph: 403 \\x22ErrorAccessDenied\\x22\n"
               "  to do:       graph-milterctl queue release 01kamq0000abcdefghjkmnpqrs once what the error says "
               "is mended, or queue return, or queue delete\n"));
  EXPECT_THAT(print_trace({held}, Form::Words), HasSubstr("pqrs: held for the administrator\n"));
  const queue::TraceRecord waiting = record(queue::EntryState::Draft, queue::Outcome::None);
  EXPECT_THAT(print_trace({waiting}, Form::Words), HasSubstr("pqrs: in the queue: its parts go up\n"));
  EXPECT_THAT(
      print_trace({waiting}, Form::Words),
      EndsWith("  to do:       nothing; graph-milterctl queue show 01kamq0000abcdefghjkmnpqrs says when it is tried "
               "next, queue retry 01kamq0000abcdefghjkmnpqrs tries it now\n"));
}

TEST(TraceView, TellsWhyItWasReturned) {
  queue::TraceRecord returned = record(queue::EntryState::Done, queue::Outcome::Returned);
  returned.last_error = "5.7.1 403 ErrorSendAsDenied";
  EXPECT_THAT(print_trace({returned}, Form::Words),
              EndsWith("  why:         5.7.1 403 ErrorSendAsDenied\n"
                       "  to do:       mend what the error says, then have it sent again\n"));
}

TEST(TraceView, EveryStateAndOutcomeHasAnAdvice) {
  for (const queue::EntryState state : queue::kEntryStates) {
    EXPECT_THAT(print_trace({record(state, queue::Outcome::None)}, Form::Words), HasSubstr("  to do: "));
  }
  for (const queue::Outcome outcome :
       {queue::Outcome::Sent, queue::Outcome::Returned, queue::Outcome::HandedBack, queue::Outcome::Dropped}) {
    EXPECT_THAT(print_trace({record(queue::EntryState::Done, outcome)}, Form::Words), HasSubstr("  to do: "));
  }
}

TEST(TraceView, ParagraphsAreApartAndJsonIsALineEach) {
  const std::vector<queue::TraceRecord> two(2, record(queue::EntryState::Done, queue::Outcome::Dropped));
  const std::string words = print_trace(two, Form::Words);
  EXPECT_EQ(split_list(words, "\n").size(), 18U);
  EXPECT_THAT(words, HasSubstr("\n\n01kamq"));
  const auto lines = split_list(print_trace(two, Form::Json), "\n");
  ASSERT_EQ(lines.size(), 2U);
  const auto json = json::parse(lines[0]);
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find_string("id"), "01kamq0000abcdefghjkmnpqrs");
  EXPECT_EQ(*json->find_string("state"), "done");
  EXPECT_EQ(*json->find_string("outcome"), "dropped");
  EXPECT_EQ(*json->find_string("queue_id"), "4D1F22");
  EXPECT_EQ(*json->find_string("message_id"), "<1@scanner>");
  EXPECT_EQ(*json->find("recipients")->items().at(1).as_string(), "b@fabrikam.com");
  EXPECT_EQ(*json->find_string("accepted"), "2026-11-17T12:00:00Z");
  EXPECT_TRUE(json->find("finished")->is_null());
  EXPECT_EQ(print_trace({}, Form::Words), "");
  EXPECT_EQ(print_trace({}, Form::Json), "");
}

}  // namespace
}  // namespace graph_milter::admin
