// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_rules.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
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

Standing at(EntryState state, int sends = 0, int drafts = 0) {
  Standing out;
  out.state = state;
  out.send_epoch = sends;
  out.drafts_made = drafts;
  return out;
}

Standing unresolved(Standing standing) {
  standing.send_unresolved = true;
  return standing;
}

Standing given_up(Standing standing, Disposal disposal = Disposal::Dsn) {
  standing.disposal = disposal;
  return standing;
}

Standing held(EntryState from, Standing standing = {}) {
  standing.state = EntryState::Held;
  standing.held_from = from;
  return standing;
}

struct Case {
  const char* name;
  Standing from, to;
  const char* why;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& item : cases) EXPECT_EQ(illegal_step(item.from, item.to), item.why) << item.name;
}

using S = EntryState;

TEST(EntryRules, CountDraftsAndSends) {
  expect({
      {"first draft", at(S::Accepted), at(S::DraftIntent, 0, 1), ""},
      {"skipping the check", at(S::Draft, 0, 1), unresolved(at(S::SendIntent, 1, 1)), "no arrow leads there"},
      {"sending", at(S::Verified, 0, 1), unresolved(at(S::SendIntent, 1, 1)), ""},
      {"sending uncounted", at(S::Verified, 0, 1), at(S::SendIntent, 0, 1),
       "a send intent must be counted in send_epoch"},
      {"sending as if nothing were open", at(S::Verified, 0, 1), at(S::SendIntent, 1, 1),
       "a send that was intended may have taken effect"},
      {"two sends at once", at(S::Verified, 0, 1), unresolved(at(S::SendIntent, 2, 1)),
       "sends are intended one at a time"},
      {"asking again", unresolved(at(S::SendIntent, 1, 1)), unresolved(at(S::SendIntent, 1, 1)), ""},
      {"proof", unresolved(at(S::SendIntent, 1, 1)), at(S::SendIntent, 1, 1), ""},
      {"proof undone", at(S::SendIntent, 1, 1), unresolved(at(S::SendIntent, 1, 1)),
       "only a send intent makes a send unresolved"},
      {"second send", at(S::SendIntent, 1, 1), unresolved(at(S::SendIntent, 2, 1)), ""},
      {"send forgotten", at(S::SendIntent, 2, 1), at(S::SendIntent, 1, 1),
       "a send that was intended is never forgotten"},
      {"sent", unresolved(at(S::SendIntent, 1, 1)), at(S::Sent, 1, 1), ""},
      {"sent and counted", at(S::SendIntent, 1, 1), at(S::Sent, 2, 1), "only a send intent raises send_epoch"},
      {"new draft after a send", at(S::SendIntent, 1, 1), at(S::DraftIntent, 1, 2), "no arrow leads there"},
      {"draft with a send", at(S::Draft, 0, 1), at(S::Draft, 1, 1), "only a send intent raises send_epoch"},
      {"draft unmade", at(S::Draft, 0, 2), at(S::Draft, 0, 1), "drafts are never unmade"},
      {"rebuilt", at(S::Verified, 0, 1), at(S::DraftIntent, 0, 2), ""},
      {"done is the end", at(S::Done, 1, 1), at(S::Done, 1, 1), "no arrow leads there"},
  });
}

TEST(EntryRules, GiveUpOnlyWhatIsNotOnItsWay) {
  const Standing intent = at(S::SendIntent, 1, 1);
  expect({
      {"before a send", at(S::Draft, 0, 1), given_up(at(S::GiveUp, 0, 1)), ""},
      {"without a word", at(S::Draft, 0, 1), at(S::GiveUp, 0, 1), "giving up needs a disposal"},
      {"an open send", unresolved(intent), unresolved(given_up(at(S::GiveUp, 1, 1))),
       "an intended send may still have taken effect"},
      {"a send proven not done", unresolved(intent), given_up(at(S::GiveUp, 1, 1)), ""},
      {"the administrator decides", held(S::SendIntent, unresolved(intent)), unresolved(given_up(at(S::GiveUp, 1, 1))),
       ""},
      {"and goes on", unresolved(given_up(at(S::GiveUp, 1, 1))), unresolved(given_up(at(S::DraftGone, 1, 1))), ""},
      {"forgotten", given_up(at(S::GiveUp)), at(S::DraftGone), "giving up needs a disposal"},
      {"another end", given_up(at(S::GiveUp)), given_up(at(S::GiveUp), Disposal::Drop), ""},
      {"sent after all", given_up(at(S::GiveUp)), at(S::Sent), "no arrow leads there"},
      {"drafted with a word of giving up", at(S::Accepted), given_up(at(S::DraftIntent, 0, 1)),
       "what was given up is not sent"},
      {"dropped", given_up(at(S::DraftGone), Disposal::Drop), given_up(at(S::Done), Disposal::Drop), ""},
      {"vanished", given_up(at(S::DraftGone)), given_up(at(S::Done)),
       "only what was deleted, or left to its client, ends without being returned"},
      {"returned", given_up(at(S::Returning)), given_up(at(S::Returned)), ""},
      {"the end", given_up(at(S::Returned)), given_up(at(S::Done)), ""},
      {"a sent one", at(S::Sent, 1, 1), given_up(at(S::GiveUp, 1, 1)), "no arrow leads there"},
  });
}

TEST(EntryRules, LetWhatIsHeldGoOnlyWhereItStood) {
  expect({
      {"held in mid-send", unresolved(at(S::SendIntent, 1, 1)),
       held(S::SendIntent, unresolved(at(S::SendIntent, 1, 1))), ""},
      {"sent cannot be held", at(S::Sent, 1, 1), held(S::Sent, at(S::Sent, 1, 1)), "no arrow leads there"},
      {"released", held(S::Draft), at(S::Draft), ""},
      {"released elsewhere", held(S::Draft), at(S::Verified), "what was held goes on where it stood"},
      {"back to the start", held(S::Draft), at(S::Accepted), "what was held goes on where it stood"},
      {"given up", held(S::Draft), given_up(at(S::GiveUp)), ""},
      {"given up already", held(S::DraftGone, given_up({})), given_up(at(S::DraftGone)), ""},
      {"the word forgotten", held(S::DraftGone, given_up({})), held(S::DraftGone), "what was given up stays given up"},
      {"deleted", held(S::Accepted), given_up(at(S::Done), Disposal::Drop), ""},
      {"ended otherwise", held(S::Accepted), given_up(at(S::Done)), "what is held ends only when it is deleted"},
      {"ended without a word", held(S::Accepted), at(S::Done), "what is held ends only when it is deleted"},
      {"from nowhere", held(S::Held), at(S::Draft), "what was held goes on where it stood"},
  });
}

// What a walk must never do, said without the rules' own table.
class Model {
 public:
  void step(const Standing& from, const Standing& to) {
    if (to.state == S::DraftIntent) verified_ = false;
    if (to.state == S::Verified) verified_ = true;
    if (to.send_epoch > from.send_epoch) ++sends_;
    if (to.state == S::Sent) sent_ = true;
    if (to.state == S::DraftGone) gone_ = true;
    if (from.state == S::Held && to.state == S::GiveUp) decided_ = true;
    ASSERT_EQ(to.send_epoch, sends_);
    const bool sending = to.state == S::SendIntent || to.state == S::Sent;
    ASSERT_TRUE(verified_ || !sending) << "sent without being compared";
    ASSERT_TRUE(sends_ == 0 || to.state >= S::SendIntent) << "back to " << name_of(to.state) << " after a send";
    const bool given_up = to.state == S::GiveUp || to.state == S::DraftGone || to.state == S::Returning;
    ASSERT_TRUE(!given_up || !to.send_unresolved || decided_) << "given up with a send that is open";
    ASSERT_FALSE(given_up && sent_) << "given up after it was sent";
    ASSERT_TRUE(to.state != S::Returning || gone_) << "returned while a draft is left";
    if (to.state == S::Done) {
      ASSERT_TRUE(sent_ || from.state == S::Returned || to.disposal == Disposal::Drop ||
                  (to.disposal == Disposal::Client && to.awaited && from.awaited))
          << "lost";
    }
  }

 private:
  int sends_ = 0;
  bool verified_ = false, sent_ = false, gone_ = false, decided_ = false;
};

TEST(EntryRules, WalkedAtRandomKeepTheFences) {
  std::mt19937_64 random(test::seed());
  std::set<S> reached;
  for (int walk = 0; walk < 20'000; ++walk) {
    Standing now;
    now.awaited = random() % 2 == 0;
    Model model;
    for (int step = 0; step < 200 && now.state != S::Done; ++step) {
      Standing next = now;
      next.state = kEntryStates[random() % kEntryStates.size()];
      if (random() % 3 == 0) next.send_epoch += static_cast<int>(random() % 4) - 1;
      next.drafts_made += static_cast<int>(random() % 3) - 1;
      if (random() % 3 == 0) next.send_unresolved = random() % 2 == 0;
      if (random() % 8 == 0) next.awaited = random() % 2 == 0;
      if (random() % 4 == 0) next.disposal = static_cast<Disposal>(random() % 5);
      next.held_from.reset();
      if (next.state == S::Held) next.held_from = now.state == S::Held ? now.held_from : now.state;
      if (!illegal_step(now, next).empty()) continue;
      ASSERT_NO_FATAL_FAILURE(model.step(now, next)) << "walk " << walk;
      now = next;
      reached.insert(now.state);
    }
  }
  EXPECT_EQ(reached.size(), kEntryStates.size()) << "a walk that never gets there shows nothing";
}

TEST(Words, AreReadBack) {
  for (const Disposal word : {Disposal::Dsn, Disposal::Mta, Disposal::Hold, Disposal::Drop, Disposal::Client}) {
    EXPECT_EQ(parse_disposal(name_of(word)), word);
  }
  for (const Outcome word :
       {Outcome::None, Outcome::Sent, Outcome::Returned, Outcome::HandedBack, Outcome::Dropped, Outcome::Withdrawn}) {
    EXPECT_EQ(parse_outcome(name_of(word)), word);
  }
  EXPECT_EQ(parse_disposal("hold "), std::nullopt);
  EXPECT_EQ(parse_outcome(""), std::nullopt);
}

}  // namespace
}  // namespace graph_milter::queue
