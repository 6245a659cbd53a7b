// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace graph_milter::queue {
namespace {

TEST(EntryState, HasANameThatIsReadBack) {
  for (const EntryState state : kEntryStates) EXPECT_EQ(parse_entry_state(name_of(state)), state);
  EXPECT_EQ(parse_entry_state("gone"), std::nullopt);
  EXPECT_EQ(parse_entry_state(""), std::nullopt);
  EXPECT_EQ(parse_entry_state("Draft"), std::nullopt);
}

TEST(EntryRules, GoForwardAlongTheArrows) {
  const std::vector<std::string> arrows = {"accepted>draft-intent",
                                           "draft-intent>draft",
                                           "draft>verified",
                                           "verified>send-intent",
                                           "send-intent>sent",
                                           "sent>done",
                                           "draft>draft-intent",
                                           "verified>draft-intent",
                                           "accepted>held",
                                           "draft-intent>held",
                                           "draft>held",
                                           "verified>held",
                                           "send-intent>held",
                                           "accepted>accepted",
                                           "draft-intent>draft-intent",
                                           "draft>draft",
                                           "verified>verified",
                                           "send-intent>send-intent",
                                           "sent>sent"};
  for (const EntryState from : kEntryStates) {
    for (const EntryState to : kEntryStates) {
      const std::string arrow = std::string(name_of(from)) + ">" + std::string(name_of(to));
      const bool drawn = std::find(arrows.begin(), arrows.end(), arrow) != arrows.end();
      EXPECT_EQ(may_follow(from, to), drawn) << arrow;
    }
  }
}

struct Case {
  const char* name;
  Standing from, to;
  const char* why;
};

TEST(EntryRules, SayWhyAStepIsRefused) {
  using S = EntryState;
  const Case cases[] = {
      {"first draft", {S::Accepted, 0, 0}, {S::DraftIntent, 0, 1}, ""},
      {"skipping the check", {S::Draft, 0, 1}, {S::SendIntent, 1, 1}, "no arrow leads there"},
      {"sending", {S::Verified, 0, 1}, {S::SendIntent, 1, 1}, ""},
      {"sending uncounted", {S::Verified, 0, 1}, {S::SendIntent, 0, 1}, "a send intent must be counted in send_epoch"},
      {"two sends at once", {S::Verified, 0, 1}, {S::SendIntent, 2, 1}, "sends are intended one at a time"},
      {"asking again", {S::SendIntent, 1, 1}, {S::SendIntent, 1, 1}, ""},
      {"second send", {S::SendIntent, 1, 1}, {S::SendIntent, 2, 1}, ""},
      {"send forgotten", {S::SendIntent, 2, 1}, {S::SendIntent, 1, 1}, "a send that was intended is never forgotten"},
      {"sent", {S::SendIntent, 1, 1}, {S::Sent, 1, 1}, ""},
      {"sent and counted", {S::SendIntent, 1, 1}, {S::Sent, 2, 1}, "only a send intent raises send_epoch"},
      {"new draft after a send", {S::SendIntent, 1, 1}, {S::DraftIntent, 1, 2}, "no arrow leads there"},
      {"draft with a send", {S::Draft, 0, 1}, {S::Draft, 1, 1}, "only a send intent raises send_epoch"},
      {"draft unmade", {S::Draft, 0, 2}, {S::Draft, 0, 1}, "drafts are never unmade"},
      {"rebuilt", {S::Verified, 0, 1}, {S::DraftIntent, 0, 2}, ""},
      {"held in mid-send", {S::SendIntent, 1, 1}, {S::Held, 1, 1}, ""},
      {"sent cannot be held", {S::Sent, 1, 1}, {S::Held, 1, 1}, "no arrow leads there"},
      {"done is the end", {S::Done, 1, 1}, {S::Done, 1, 1}, "no arrow leads there"},
  };
  for (const Case& item : cases) EXPECT_EQ(illegal_step(item.from, item.to), item.why) << item.name;
}

// Whatever is asked for: what the rules let through never goes from a send back to a draft, never skips the comparison,
// and never repeats a send without counting it.
TEST(EntryRules, WalkedAtRandomKeepTheSendFence) {
  std::mt19937_64 random(test::seed());
  for (int walk = 0; walk < 2000; ++walk) {
    Standing now;
    int sends = 0;
    bool verified = false;
    for (int step = 0; step < 60; ++step) {
      Standing next = now;
      next.state = kEntryStates[random() % kEntryStates.size()];
      next.send_epoch += static_cast<int>(random() % 4) - 1;
      next.drafts_made += static_cast<int>(random() % 3) - 1;
      if (!illegal_step(now, next).empty()) continue;
      if (next.state == EntryState::DraftIntent) verified = false;
      if (next.state == EntryState::Verified) verified = true;
      if (next.send_epoch > now.send_epoch) ++sends;
      const bool sending = next.state == EntryState::SendIntent || next.state == EntryState::Sent;
      ASSERT_TRUE(verified || !sending);
      ASSERT_TRUE(sends == 0 || next.state >= EntryState::SendIntent) << name_of(next.state);
      ASSERT_EQ(next.send_epoch, sends);
      now = next;
    }
  }
}

}  // namespace
}  // namespace graph_milter::queue
