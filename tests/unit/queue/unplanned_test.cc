// SPDX-License-Identifier: Apache-2.0
// Messages that were taken without a plan, and what may become of them.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "core/queue/administration.h"
#include "core/queue/entry_rules.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/queue/samples.h"

namespace graph_milter::queue::test {
namespace {

using S = EntryState;

plan::Plan no_plan() {
  plan::Plan plan;
  plan.rule = "scanners";
  plan.message_id = "<1@contoso.com>";
  plan.unplanned = plan::LeaveAlone{"too-large", "the message has 9 bytes, more than max-message-size = 8"};
  return plan;
}

class UnplannedTest : public ::testing::Test {
 protected:
  UnplannedTest() : spool_(folder_.file("spool")) { spool_.open(); }

  Queue& queue() { return *spool_.queue; }

  std::string keep(const std::string& resend_key = "key") {
    mail::MessageFile message(queue().incoming_directory(), 1024);
    EXPECT_TRUE(message.append("some text"));
    const auto kept = queue().commit(spool_.new_id(), message, sample_envelope(), no_plan(), resend_key);
    EXPECT_TRUE(kept);
    return kept->id;
  }

  std::string ask(const std::string& id, Command command) {
    const auto words = queue().administer(id, command);
    return words ? *words : words.error().text();
  }

  graph_milter::test::TempFolder folder_;
  Spooler spool_;
};

TEST_F(UnplannedTest, IsHeldFromTheFirstInstant) {
  const std::string id = keep();
  for (int start = 0; start < 2; ++start) {
    const Entry entry = spool_.find(id);
    EXPECT_EQ(entry.state, S::Held);
    EXPECT_EQ(entry.held_from, S::Accepted);
    EXPECT_EQ(entry.last_error, "not relayed: too-large: the message has 9 bytes, more than max-message-size = 8");
    EXPECT_EQ(entry.plan, no_plan());
    EXPECT_EQ(entry.envelope, sample_envelope());
    EXPECT_FALSE(spool_.try_lease(kStart + std::chrono::hours(1000))) << "no courier ever sees it";
    EXPECT_EQ(queue().totals()->held, 1U);
    const auto source = queue().open_message(entry);
    ASSERT_TRUE(source);
    EXPECT_EQ(*read_all(**source, 100), "some text");
    spool_.reopen();
  }
}

TEST_F(UnplannedTest, IsTheSameMessageWhenItsClientSendsItAgain) {
  const std::string id = keep();
  EXPECT_EQ(*queue().find_resend("key"), id);
  EXPECT_EQ(keep(), id) << "adopted";
  EXPECT_EQ(queue().list()->size(), 1U);
}

TEST_F(UnplannedTest, GoesOnOnlyWithAPlan) {
  const std::string id = keep();
  const std::string refusal = "entry " + id +
                              ": was kept without a plan: the message has 9 bytes, more than max-message-size = 8 "
                              "(return it, hand it back or delete it)";
  EXPECT_EQ(ask(id, Command::Release), refusal);
  EXPECT_EQ(ask(id, Command::Retry), refusal);
  spool_.clock->advance(std::chrono::hours(100));
  EXPECT_EQ(*queue().plan_anew(id, sample_plan()),
            "goes on by rule scanners from the mailbox scanner@contoso.com, now");
  spool_.reopen();
  const Entry entry = spool_.lease();
  EXPECT_EQ(entry.id, id);
  EXPECT_EQ(entry.state, S::Accepted);
  EXPECT_EQ(entry.plan, sample_plan());
  EXPECT_EQ(entry.last_error, "");
  EXPECT_EQ(entry.held_from, std::nullopt);
  EXPECT_EQ(entry.progress.administrator_wait, std::chrono::hours(100)) << "does not count towards its lifetime";
  ASSERT_TRUE(queue().finish(spool_.advance(entry, S::Sent)));
  EXPECT_EQ(spool_.find(id).outcome, Outcome::Sent);
  EXPECT_EQ(queue().trace("<1@contoso.com>")->size(), 1U);
}

TEST_F(UnplannedTest, IsTheOnlyOneThatGetsAPlan) {
  const auto refuses = [&](const std::string& id, const plan::Plan& plan) {
    const auto words = queue().plan_anew(id, plan);
    return words ? *words : words.error().text();
  };
  const std::string unplanned = keep();
  EXPECT_EQ(refuses(unplanned, no_plan()), "entry " + unplanned + ": is not held for want of a plan");
  const std::string planned = spool_.put("text");
  EXPECT_EQ(refuses(planned, sample_plan()), "entry " + planned + ": is not held for want of a plan");
  EXPECT_EQ(ask(planned, Command::Hold), "is held where it stood, in accepted");
  EXPECT_EQ(refuses(planned, sample_plan()), "entry " + planned + ": is not held for want of a plan");
  EXPECT_EQ(refuses("01hf3abcdejk0123456789mnpq", sample_plan()),
            "entry 01hf3abcdejk0123456789mnpq: there is no such entry");
  EXPECT_EQ(spool_.find(unplanned).plan, no_plan());
}

TEST_F(UnplannedTest, CanBeReturnedHandedBackAndDeleted) {
  const std::string returned = keep("one");
  EXPECT_EQ(ask(returned, Command::Return), "is returned to its sender once its draft is gone");
  Entry entry = spool_.lease();
  EXPECT_EQ(entry.state, S::GiveUp);
  EXPECT_EQ(entry.progress.give_up->disposal, Disposal::Dsn);
  entry.state = S::DraftGone;
  EXPECT_TRUE(queue().record(entry)) << "nothing of Graph's is in the way";
  const std::string handed_back = keep("two");
  EXPECT_EQ(ask(handed_back, Command::HandBack), "goes back to the MTA once its draft is gone");
  EXPECT_EQ(spool_.find(handed_back).progress.give_up->disposal, Disposal::Mta);
  const std::string deleted = keep("three");
  EXPECT_EQ(ask(deleted, Command::Delete), "is deleted");
  EXPECT_EQ(spool_.find(deleted).outcome, Outcome::Dropped);
}

TEST_F(UnplannedTest, IsReturnedAsWasDecidedWithIt) {
  Entry entry;
  entry.id = "01hf3abcdejk0123456789mnpq";
  entry.plan = sample_plan();
  const auto disposal = [&](Disposal option, Command command) {
    return decide(entry, command, {option, false, kStart})->after.progress.give_up->disposal;
  };
  EXPECT_EQ(disposal(Disposal::Mta, Command::Return), Disposal::Mta) << "the option, where nothing was decided";
  entry.plan.handling.return_by = plan::ReturnBy::Dsn;
  EXPECT_EQ(disposal(Disposal::Mta, Command::Return), Disposal::Dsn);
  EXPECT_EQ(disposal(Disposal::Mta, Command::HandBack), Disposal::Mta);
  entry.plan.handling.return_by = plan::ReturnBy::Hold;
  EXPECT_EQ(disposal(Disposal::Mta, Command::Return), Disposal::Dsn) << "somebody has decided now";
  entry.plan.handling.return_by = plan::ReturnBy::Mta;
  EXPECT_EQ(disposal(Disposal::Dsn, Command::Return), Disposal::Mta);
}

TEST_F(UnplannedTest, NeverLeavesTheAdministratorsHandsByItself) {
  Standing held;
  held.state = S::Held;
  held.held_from = S::Accepted;
  held.unplanned = true;
  for (const S state : kEntryStates) {
    Standing to = held;
    to.state = state;
    if (state == S::GiveUp) to.disposal = Disposal::Dsn;
    const bool may = state == S::Held || state == S::GiveUp;
    EXPECT_EQ(illegal_step(held, to).empty(), may) << name_of(state) << ": " << illegal_step(held, to);
  }
}

#ifdef GM_FAILPOINTS
// Of the process that dies: it finds the spool by the environment.
void plan_anew_in(const char* directory) {
  Spooler spool(directory);
  spool.open();
  static_cast<void>(spool.queue->plan_anew(spool.queue->list()->front().id, sample_plan()));
}

// Before COMMIT it is held as it was, after it the plan is there: never anything between.
TEST(CrashOfAPlanMadeAnew, LeavesTheOldOrTheNew) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::optional<graph_milter::test::TempFolder> folder;
  std::string id;
  if (std::getenv("GM_TEST_SPOOL") == nullptr) {
    folder.emplace();
    Spooler spool(folder->file("spool"));
    spool.open();
    mail::MessageFile message(spool.queue->incoming_directory(), 1024);
    ASSERT_TRUE(message.append("some text"));
    id = spool.queue->commit(spool.new_id(), message, sample_envelope(), no_plan(), "")->id;
    ::setenv("GM_TEST_SPOOL", spool.settings.directory.c_str(), 1);
  }
  for (const char* point : {"C41", "C42"}) {
    ::setenv("GM_FAILPOINT", point, 1);
    EXPECT_EXIT(plan_anew_in(std::getenv("GM_TEST_SPOOL")), ::testing::KilledBySignal(SIGKILL), "") << point;
    ::unsetenv("GM_FAILPOINT");
    if (!folder) continue;
    Spooler spool(std::getenv("GM_TEST_SPOOL"));
    spool.open();
    const Entry entry = spool.find(id);
    const bool planned = std::string_view(point) == "C42";
    EXPECT_EQ(entry.state, planned ? S::Accepted : S::Held) << point;
    EXPECT_EQ(entry.plan, planned ? sample_plan() : no_plan()) << point;
    EXPECT_EQ(*read_all(**spool.queue->open_message(entry), 100), "some text") << point;
  }
  ::unsetenv("GM_TEST_SPOOL");
}
#endif

}  // namespace
}  // namespace graph_milter::queue::test
