// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_rules.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

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
  // From each state, where it may go.
  const std::map<std::string, std::set<std::string>> arrows = {
      {"accepted", {"accepted", "draft-intent", "give-up", "held"}},
      {"draft-intent", {"draft-intent", "draft", "give-up", "held"}},
      {"draft", {"draft", "draft-intent", "verified", "give-up", "held"}},
      {"verified", {"verified", "draft-intent", "send-intent", "give-up", "held"}},
      {"send-intent", {"send-intent", "sent", "give-up", "held"}},
      {"sent", {"sent", "done"}},
      {"give-up", {"give-up", "draft-gone", "held"}},
      {"draft-gone", {"draft-gone", "returning", "done", "held"}},
      {"returning", {"returning", "returned", "held"}},
      {"returned", {"returned", "done"}},
      {"done", {}},
      {"held",
       {"accepted", "draft-intent", "draft", "verified", "send-intent", "give-up", "draft-gone", "returning", "done",
        "held"}}};
  for (const EntryState from : kEntryStates) {
    for (const EntryState to : kEntryStates) {
      const bool drawn = arrows.at(std::string(name_of(from))).contains(std::string(name_of(to)));
      EXPECT_EQ(may_follow(from, to), drawn) << name_of(from) << " to " << name_of(to);
    }
  }
}

}  // namespace
}  // namespace graph_milter::queue
