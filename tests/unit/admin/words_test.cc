// SPDX-License-Identifier: Apache-2.0
#include "core/admin/words.h"

#include <gtest/gtest.h>

#include <set>

#include "core/admin/waiting.h"
#include "core/queue/entry_rules.h"
#include "tests/unit/admin/local_zone.h"

namespace graph_milter::admin {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Words, TimesAreLocalAndNameDayAndZone) {
  const LocalZone zone;
  EXPECT_EQ(local_time(from_unix_ms(kNoon)), "Sun 2026-11-22 13:00:00 CET");
  EXPECT_EQ(local_time(from_unix_ms(kNoon - 145LL * 86'400'000)), "Tue 2026-06-30 14:00:00 CEST");
  EXPECT_EQ(local_time(TimePoint{}), "-");
}

TEST(Words, SpansHaveTwoUnitsAtMost) {
  EXPECT_EQ(span_words(seconds(0)), "0 s");
  EXPECT_EQ(span_words(Duration(59'999)), "59 s");
  EXPECT_EQ(span_words(minutes(4) + seconds(10)), "4 min 10 s");
  EXPECT_EQ(span_words(hours(3) + minutes(5) + seconds(59)), "3 h 5 min");
  EXPECT_EQ(span_words(hours(52)), "2 d 4 h");
  EXPECT_EQ(span_words(seconds(-5)), "0 s") << "clocks step";
}

TEST(Words, EveryStateHasItsOwnWordsAndWaitsForSomebody) {
  std::set<std::string_view> words;
  for (const queue::EntryState state : queue::kEntryStates) {
    EXPECT_NE(state_words(state), "unknown") << name_of(state);
    EXPECT_TRUE(words.insert(state_words(state)).second) << name_of(state);
    queue::Entry entry;
    entry.state = state;
    EXPECT_EQ(waiting_of(entry).whom == Whom::Nobody, state == queue::EntryState::Done) << name_of(state);
  }
}

TEST(Waiting, IsToldByWhomAndUntilWhen) {
  const LocalZone zone;
  const TimePoint now = from_unix_ms(kNoon);
  queue::Entry entry;
  entry.state = queue::EntryState::Draft;
  entry.next_attempt = now + seconds(60);
  EXPECT_EQ(waiting_words(waiting_of(entry), now), "waits for its next try at Sun 2026-11-22 13:01:00 CET");
  EXPECT_EQ(waiting_words(waiting_of(entry), now + seconds(60)), "due now");
  entry.state = queue::EntryState::Returning;
  EXPECT_EQ(waiting_words(waiting_of(entry), now), "waits for the MTA, next try at Sun 2026-11-22 13:01:00 CET");
  EXPECT_EQ(waiting_words(waiting_of(entry), now + seconds(60)), "waits for the MTA, next try now");
  entry.state = queue::EntryState::Accepted;
  entry.progress.needs_administrator = now - hours(1);
  EXPECT_EQ(waiting_words(waiting_of(entry), now),
            "waits for the administrator since Sun 2026-11-22 12:00:00 CET, next try at Sun 2026-11-22 13:01:00 CET");
  entry.state = queue::EntryState::Held;
  EXPECT_EQ(waiting_words(waiting_of(entry), now), "waits for the administrator, and is not tried until then");
  EXPECT_EQ(waiting_of(entry).next_attempt, TimePoint{});
}

}  // namespace
}  // namespace graph_milter::admin
