// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/alert_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/delivery/alert_text.h"

namespace graph_milter::delivery {

void PrintTo(const Trouble& trouble, std::ostream* out) {
  *out << trouble.mailbox << " since " << to_unix_ms(trouble.since);
}

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const TimePoint kNow = from_unix_ms(1'795'338'125'000);
constexpr Duration kDay = hours(24);
const Trouble kSecret{"", kNow - minutes(5), "token: AADSTS7000222: the client secret has expired (renew it)"};
const Trouble kLicence{"a@contoso.com", kNow - minutes(3), "create draft: no licence"};

AlertFacts facts(std::vector<Trouble> troubles, std::size_t held = 0) {
  AlertFacts now;
  now.needs_administrator = troubles.size();
  now.troubles = std::move(troubles);
  now.held = held;
  return now;
}

AlertDecision decide(const AlertState& told, const AlertFacts& now, const std::vector<std::string>& seen = {},
                     Duration later = Duration(0)) {
  return decide_alert(told, now, seen, kDay, kNow + later);
}

// What he knows after the first mail, at kNow.
AlertState after(const AlertFacts& first) {
  const AlertDecision decision = decide({}, first);
  EXPECT_TRUE(decision.mail);
  return decision.state;
}

TEST(AlertState, WhereAllIsWellNothingIsSaid) {
  EXPECT_FALSE(decide({}, facts({})).mail);
  EXPECT_EQ(decide({}, facts({})).state, AlertState{});
}

TEST(AlertState, TheFirstTroubleIsSaidAtOnce) {
  const AlertDecision decision = decide({}, facts({kSecret}));
  EXPECT_TRUE(decision.mail);
  EXPECT_THAT(decision.lasting, ElementsAre(kSecret));
  EXPECT_EQ(decision.state, (AlertState{kNow, {kSecret}, 0}));
}

TEST(AlertState, TheFirstHeldEntryIsSaidAtOnce) {
  EXPECT_TRUE(decide({}, facts({}, 1)).mail);
  EXPECT_EQ(decide({}, facts({}, 1)).state, (AlertState{kNow, {}, 1}));
}

TEST(AlertState, WhatLastsIsSaidAgainAfterTheInterval) {
  const AlertState told = after(facts({kSecret}, 1));
  EXPECT_FALSE(decide(told, facts({kSecret}, 1), {}, kDay - minutes(1)).mail);
  EXPECT_TRUE(decide(told, facts({kSecret}, 1), {}, kDay).mail);
  EXPECT_TRUE(decide(after(facts({}, 1)), facts({}, 1), {}, kDay).mail);
}

TEST(AlertState, WhatIsNewWithinAnHourOfAMailWaitsForItsEnd) {
  const AlertState told = after(facts({kSecret}));
  EXPECT_FALSE(decide(told, facts({kSecret, kLicence}), {}, minutes(59)).mail);
  EXPECT_TRUE(decide(told, facts({kSecret, kLicence}), {}, minutes(60)).mail);
  EXPECT_FALSE(decide(told, facts({kSecret}, 1), {}, minutes(59)).mail);
  EXPECT_TRUE(decide(told, facts({kSecret}, 1), {}, minutes(60)).mail);
}

TEST(AlertState, AShortIntervalShortensThatHour) {
  const AlertState told = after(facts({kSecret}));
  EXPECT_TRUE(decide_alert(told, facts({kSecret, kLicence}), {}, minutes(1), kNow + minutes(1)).mail);
}

TEST(AlertState, FewerHeldEntriesAreNothingNewButMoreAreAgain) {
  const AlertState told = after(facts({}, 3));
  const AlertDecision fewer = decide(told, facts({}, 1), {}, minutes(61));
  EXPECT_FALSE(fewer.mail);
  EXPECT_EQ(fewer.state.held, 1U);
  EXPECT_TRUE(decide(fewer.state, facts({}, 2), {}, minutes(62)).mail);
}

TEST(AlertState, WhatIsOverIsSaidOnce) {
  const AlertState told = after(facts({kSecret}));
  const AlertDecision over = decide(told, facts({}), {""}, minutes(61));
  EXPECT_TRUE(over.mail);
  EXPECT_THAT(over.over, ElementsAre(kSecret));
  EXPECT_THAT(over.lasting, IsEmpty());
  EXPECT_THAT(over.state.troubles, IsEmpty());
  EXPECT_FALSE(decide(over.state, facts({}), {""}, minutes(200)).mail);
}

TEST(AlertState, ATroubleThatComesBackBeforeItsEndWasSaidIsTheSame) {
  const AlertState told = after(facts({kSecret}));
  EXPECT_FALSE(decide(told, facts({}), {""}, minutes(10)).mail);
  EXPECT_FALSE(decide(told, facts({kSecret}), {""}, minutes(61)).mail);
}

TEST(AlertState, OneMailboxMayBeMendedBeforeAnother) {
  const AlertState told = after(facts({kSecret, kLicence}));
  const AlertDecision decision = decide(told, facts({kSecret}), {"", "a@contoso.com"}, minutes(61));
  EXPECT_TRUE(decision.mail);
  EXPECT_THAT(decision.over, ElementsAre(kLicence));
  EXPECT_THAT(decision.lasting, ElementsAre(kSecret));
}

TEST(AlertState, AfterAStartNobodyKnowsWhetherItIsOver) {
  const AlertState told = after(facts({kSecret}));
  AlertFacts unknown;
  unknown.needs_administrator = 1;
  const AlertDecision decision = decide(told, unknown, {}, minutes(61));
  EXPECT_FALSE(decision.mail);
  EXPECT_THAT(decision.lasting, ElementsAre(kSecret));
  // And the daily mail goes on.
  EXPECT_TRUE(decide(told, unknown, {}, kDay).mail);
  // Until no entry waits for him any more.
  unknown.needs_administrator = 0;
  EXPECT_THAT(decide(told, unknown, {}, minutes(61)).over, ElementsAre(kSecret));
}

TEST(AlertState, WhileTheServiceIsDownNothingIsOver) {
  const AlertState told = after(facts({kLicence}));
  AlertFacts down;
  for (const char* const mailbox : {"", "a@contoso.com"}) {
    down.down = {mailbox};
    EXPECT_THAT(decide(told, down, {"a@contoso.com"}, minutes(61)).over, IsEmpty()) << mailbox;
  }
  down.down = {"b@contoso.com"};
  EXPECT_THAT(decide(told, down, {"a@contoso.com"}, minutes(61)).over, ElementsAre(kLicence));
}

TEST(AlertState, AStartOfTheDaemonIsNotTheStartOfTheTrouble) {
  const AlertState told = after(facts({kSecret}));
  Trouble seen_again = kSecret;
  seen_again.since = kNow + hours(2);
  EXPECT_THAT(decide(told, facts({seen_again}), {}, hours(3)).lasting, ElementsAre(kSecret));
}

TEST(AlertState, AClockThatWasSetBackSilencesNothing) {
  const AlertState told = after(facts({kSecret}));
  EXPECT_TRUE(decide(told, facts({kSecret}), {}, -kDay).mail);
}

TEST(AlertState, IsReadBackEqual) {
  const AlertState state{kNow, {kSecret, kLicence, {"j\xC3\xB6rg@contoso.com", kNow, "\"\n"}}, 7};
  const auto read = alert_state_from_json(to_json(state));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, state);
  EXPECT_EQ(*alert_state_from_json(""), AlertState{});
}

TEST(AlertState, DamagedTextIsCorrupt) {
  const std::string whole = to_json({kNow, {kSecret}, 7});
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const auto read = alert_state_from_json(whole.substr(0, length));
    ASSERT_FALSE(read) << length;
    EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
  }
  for (const char* const text :
       {"[]", "1", "{}", R"({"mailed":1,"held":-1,"troubles":[]})", R"({"mailed":"1","held":1,"troubles":[]})",
        R"({"mailed":1,"held":1,"troubles":{}})", R"({"mailed":1,"held":1,"troubles":[1]})",
        R"({"mailed":1,"held":1,"troubles":[{"mailbox":"a","why":"b"}]})"})
    EXPECT_FALSE(alert_state_from_json(text)) << text;
}

TEST(AlertState, OnlyWhatAPersonMustMendIsATrouble) {
  const std::vector<queue::ServiceReport> reports = {
      {queue::Condition::Down, kNow, "no route", ""},
      {queue::Condition::Misconfigured, kLicence.since, kLicence.why, kLicence.mailbox}};
  queue::Totals totals;
  totals.held = 2;
  totals.needs_administrator = 3;
  const AlertFacts now = alert_facts(reports, totals);
  EXPECT_THAT(now.troubles, ElementsAre(kLicence));
  EXPECT_THAT(now.down, ElementsAre(""));
  EXPECT_EQ(now.held, 2U);
  EXPECT_EQ(now.needs_administrator, 3U);
}

// The words.

AlertContent content() {
  AlertContent words;
  words.hostname = "relay.contoso.com";
  words.totals.waiting = 12;
  words.totals.needs_administrator = 11;
  words.totals.bytes = 123'000'000;
  words.totals.oldest = kNow - hours(3);
  words.interval = kDay;
  words.now = kNow;
  return words;
}

TEST(AlertText, SaysWhatIsWrongSinceWhenAndWhatToDo) {
  AlertContent words = content();
  words.troubles = {kSecret};
  words.totals.held = 2;
  queue::EntrySummary held;
  held.id = "01kap5e0000123456789abcdef";
  held.accepted = kNow - hours(3);
  held.sender = "scanner@contoso.com";
  held.last_error = "send: nobody knows whether it was sent\r\nBcc: x";
  words.held = {held, held};
  EXPECT_EQ(alert_subject(words), "graph-milter on relay.contoso.com: can't deliver for all mailboxes");
  EXPECT_EQ(alert_text(words), R"(What only you can mend:

  all mailboxes, since Sun, 22 Nov 2026 08:57:05 +0000:
    token: AADSTS7000222: the client secret has expired (renew it)

Until then messages wait; none is returned for it, however long it takes.
Once it is mended they go out by themselves; to try at once:

  graph-milterctl queue retry ID

Held until you decide: 2 messages

  01kap5e0000123456789abcdef  2026-11-22T06:02:05Z  scanner@contoso.com
    send: nobody knows whether it was sent  Bcc: x
  01kap5e0000123456789abcdef  2026-11-22T06:02:05Z  scanner@contoso.com
    send: nobody knows whether it was sent  Bcc: x

  graph-milterctl queue show ID      what is known of it
  graph-milterctl queue release ID   go on with it
  graph-milterctl queue return ID    give it up; its sender is told
  graph-milterctl queue delete ID    give it up; nobody is told

In the queue: 12 messages waiting (11 of them for you), 2 held, 123.0 MB.
The oldest came Sun, 22 Nov 2026 06:02:05 +0000.

The state at any time:

  graph-milterctl status

While it lasts you hear of it every 24 hours.
)");
}

TEST(AlertText, NamesTwentyAndCountsTheRest) {
  AlertContent words = content();
  words.totals.held = 25;
  words.held.resize(25);
  for (std::size_t i = 0; i < 25; ++i) words.held[i].id = "id" + std::to_string(i) + ".";
  const std::string text = alert_text(words);
  EXPECT_THAT(text, HasSubstr("id19."));
  EXPECT_THAT(text, Not(HasSubstr("id20.")));
  EXPECT_THAT(text, HasSubstr("  and 5 more: graph-milterctl queue list\n"));
  EXPECT_EQ(alert_subject(words), "graph-milter on relay.contoso.com: 25 messages held");
  words = content();
  words.troubles.assign(23, kLicence);
  EXPECT_THAT(alert_text(words), HasSubstr("  and 3 more mailboxes\n"));
  EXPECT_EQ(alert_subject(words), "graph-milter on relay.contoso.com: can't deliver for 23 mailboxes");
}

TEST(AlertText, SaysWhenItIsOver) {
  AlertContent words = content();
  words.over = {kLicence};
  words.totals = {};
  EXPECT_EQ(alert_subject(words), "graph-milter on relay.contoso.com: the trouble is over");
  EXPECT_EQ(alert_text(words), R"(Over, or no message waits for it any more:

  the mailbox a@contoso.com, since Sun, 22 Nov 2026 08:59:05 +0000:
    create draft: no licence

In the queue: 0 messages waiting, 0 held, 0 B.

The state at any time:

  graph-milterctl status
)");
}

}  // namespace
}  // namespace graph_milter::delivery
