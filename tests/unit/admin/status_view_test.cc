// SPDX-License-Identifier: Apache-2.0
#include "core/admin/status_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/admin/local_zone.h"

namespace graph_milter::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

queue::EntrySummary waiting(int attempts, std::string error) {
  queue::EntrySummary out;
  out.attempts = attempts;
  out.last_error = std::move(error);
  return out;
}

// Nothing wrong, nothing waiting.
StatusFacts quiet() {
  StatusFacts out;
  out.daemon = {"mx1", from_unix_ms(kNoon - 64'000), from_unix_ms(kNoon)};
  return out;
}

StatusFacts troubled() {
  StatusFacts out = quiet();
  out.totals = {3, 1, 1, 61'500'000, from_unix_ms(kNoon - 5000)};
  out.troubles = {
      {queue::Condition::Misconfigured, from_unix_ms(kNoon - 60'000), "login: AADSTS7000222: \"expired\"", {}},
      {queue::Condition::Down, from_unix_ms(kNoon - 30'000), "graph: 503", "scanner@contoso.com"}};
  out.entries = {waiting(2, "graph: 503"), waiting(1, "graph: 503"), waiting(0, ""), waiting(7, "queue: damaged")};
  out.entries.back().state = queue::EntryState::Held;
  return out;
}

TEST(StatusView, NothingWrongIsSaidInThreeLines) {
  const LocalZone zone;
  EXPECT_EQ(print_status(quiet(), Form::Words), "graph-milter " GM_VERSION
                                                " (mx1), up since Sun 2026-11-22 12:58:56 CET (1 min 4 s)\n"
                                                "queue: 0 messages waiting, 0 being retried, 0 held; 0 B in the spool\n"
                                                "Graph: no trouble known\n");
  EXPECT_FALSE(needs_a_person(quiet()));
}

TEST(StatusView, SaysWhatIsWrongAndWhatAPersonMustDo) {
  const LocalZone zone;
  EXPECT_EQ(print_status(troubled(), Form::Words),
            "graph-milter " GM_VERSION
            " (mx1), up since Sun 2026-11-22 12:58:56 CET (1 min 4 s)\n"
            "queue: 3 messages waiting, 2 being retried, 1 held; 61.5 MB in the spool\n"
            "oldest: Sun 2026-11-22 12:59:55 CET (5 s ago)\n"
            "Graph: misconfigured for all mailboxes since Sun 2026-11-22 12:59:00 CET: login: AADSTS7000222: "
            "\\x22expired\\x22\n"
            "Graph: down for scanner@contoso.com since Sun 2026-11-22 12:59:30 CET: graph: 503\n"
            "error of 2 messages: graph: 503\n"
            "error of 1 message: queue: damaged\n"
            "to do: mend what Graph complains of; mail goes on by itself then\n"
            "to do: 1 message waits for a configuration to be mended: graph-milterctl queue list\n"
            "to do: 1 message is held: graph-milterctl queue list says why; then queue release, return or delete\n");
  EXPECT_TRUE(needs_a_person(troubled()));
}

TEST(StatusView, SaysHowLongTheCredentialHolds) {
  const LocalZone zone;
  StatusFacts facts = quiet();
  facts.credential = CredentialFacts{"the client secret", facts.daemon.now + std::chrono::hours(24 * 40), {}};
  EXPECT_THAT(print_status(facts, Form::Words),
              HasSubstr("credential: the client secret ends in 40 days (Fri, 01 Jan 2027 12:00:00 +0000)\n"));
  EXPECT_THAT(print_status(facts, Form::Words), Not(HasSubstr("to do")));
  EXPECT_THAT(print_status(facts, Form::Json),
              HasSubstr(R"("credential":{"name":"the client secret","ends":"2027-01-01T12:00:00Z","days_left":40,)"
                        R"("problem":""})"));
  EXPECT_FALSE(needs_a_person(facts));

  facts.credential->end = facts.daemon.now + std::chrono::hours(24 * 6);
  EXPECT_THAT(print_status(facts, Form::Words),
              HasSubstr("to do: put a new credential into its file; it is used without restart\n"));
  EXPECT_FALSE(needs_a_person(facts));
  facts.credential->end = facts.daemon.now;
  EXPECT_THAT(print_status(facts, Form::Words), HasSubstr("credential: the client secret has ended ("));
  EXPECT_TRUE(needs_a_person(facts));
  facts.credential = CredentialFacts{{}, {}, "/etc/key.pem: holds no private key in PEM form"};
  EXPECT_THAT(print_status(facts, Form::Words),
              HasSubstr("credential: /etc/key.pem: holds no private key in PEM form\n"));
  EXPECT_TRUE(needs_a_person(facts));
}

TEST(StatusView, SaysWhatTheConfigurationKeepsFromBeingRelayed) {
  StatusFacts facts = quiet();
  facts.daemon.faults = {"Postfix makes copies"};
  EXPECT_TRUE(needs_a_person(facts));
  EXPECT_THAT(print_status(facts, Form::Words), HasSubstr("\nconfiguration: Postfix makes copies\nGraph: "));
  EXPECT_THAT(print_status(facts, Form::Json), HasSubstr(R"("faults":["Postfix makes copies"])"));
}

TEST(StatusView, WhatTimeMendsNeedsNobody) {
  StatusFacts facts = quiet();
  facts.troubles = {{queue::Condition::Down, from_unix_ms(kNoon), "graph: 503", {}}};
  facts.totals.waiting = 5;
  facts.entries = {waiting(1, "graph: 503")};
  EXPECT_FALSE(needs_a_person(facts));
  EXPECT_THAT(print_status(facts, Form::Words), Not(HasSubstr("to do")));
  facts.totals.needs_administrator = 1;
  EXPECT_TRUE(needs_a_person(facts));
  facts.totals.needs_administrator = 0;
  facts.totals.held = 1;
  EXPECT_TRUE(needs_a_person(facts));
}

TEST(StatusView, SaysThatAnOlderConfigurationIsInForce) {
  StatusFacts facts = quiet();
  facts.daemon.config_troubles = {{from_unix_ms(kNoon), "the old maps stay: /etc/m:3: x has a line already"}};
  EXPECT_TRUE(needs_a_person(facts));
  const std::string words = print_status(facts, Form::Words);
  EXPECT_THAT(words, HasSubstr("configuration: since "));
  EXPECT_THAT(words, HasSubstr(" the old maps stay: /etc/m:3: x has a line already\n"));
  EXPECT_THAT(words, HasSubstr("to do: mend the configuration: graph-milterctl config check; then graph-milterctl "
                               "reload\n"));
  const auto json = json::parse(print_status(facts, Form::Json));
  ASSERT_TRUE(json);
  const json::Value& trouble = json->find("configuration")->items().at(0);
  EXPECT_EQ(*trouble.find_string("what"), "the old maps stay: /etc/m:3: x has a line already");
  EXPECT_EQ(json::parse(print_status(quiet(), Form::Json))->find("configuration")->items().size(), 0U);
}

TEST(StatusView, NamesTheMostFrequentErrorsAndNoMoreThanFive) {
  StatusFacts facts = quiet();
  for (int kind = 1; kind <= 7; ++kind) {
    for (int n = 0; n < kind; ++n) facts.entries.push_back(waiting(1, "error " + std::to_string(kind)));
  }
  const std::string words = print_status(facts, Form::Words);
  EXPECT_THAT(words, HasSubstr("error of 7 messages: error 7\nerror of 6 messages: error 6\n"));
  EXPECT_THAT(words, HasSubstr("error of 3 messages: error 3\n"));
  EXPECT_THAT(words, Not(HasSubstr("error 2")));
}

TEST(StatusView, AsJsonHoldsTheSame) {
  const auto json = json::parse(print_status(troubled(), Form::Json));
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find_string("instance"), "mx1");
  EXPECT_EQ(*json->find_string("version"), GM_VERSION);
  EXPECT_EQ(*json->find_string("started"), "2026-11-22T11:58:56Z");
  EXPECT_EQ(json->find_uint64("uptime"), 64U);
  EXPECT_EQ(json->find_uint64("waiting"), 3U);
  EXPECT_EQ(json->find_uint64("retrying"), 2U);
  EXPECT_EQ(json->find_uint64("held"), 1U);
  EXPECT_EQ(json->find_uint64("needs_administrator"), 1U);
  EXPECT_EQ(json->find_uint64("bytes"), 61'500'000U);
  EXPECT_EQ(*json->find_string("oldest"), "2026-11-22T11:59:55Z");
  EXPECT_EQ(json->find_bool("needs_a_person"), true);
  const json::Value& first = json->find("graph")->items().at(0);
  EXPECT_EQ(*first.find_string("condition"), "misconfigured");
  EXPECT_EQ(*first.find_string("mailbox"), "");
  EXPECT_EQ(*first.find_string("since"), "2026-11-22T11:59:00Z");
  EXPECT_EQ(*first.find_string("why"), "login: AADSTS7000222: \"expired\"");
  EXPECT_EQ(json->find("errors")->items().at(0).find_uint64("messages"), 2U);
  EXPECT_EQ(json::parse(print_status(quiet(), Form::Json))->find_bool("needs_a_person"), false);
}

}  // namespace
}  // namespace graph_milter::admin
