// SPDX-License-Identifier: Apache-2.0
// What becomes of mail that can't go out through Graph: given up only when that is certain, returned only when no draft
// of it is left, and told to whoever wants to know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/graph/delivery_world.h"

namespace graph_milter::delivery::test {
namespace {

using emulator::Action;
using emulator::Fault;
using graph_milter::test::TakenMail;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSender = "scanner@contoso.com";

void let(World& world, const std::string& mailbox, const std::string& state) {
  ASSERT_TRUE(world.model().change_mailbox(
      *emulator::Json::parse(format(R"({{"address":"{}","state":"{}"}})", mailbox, state))));
}

// How often Graph was asked for `operation`.
int asked(World& world, const std::string& operation) {
  const auto requests = world.model().counts().requests;
  const auto found = requests.find(operation);
  return found == requests.end() ? 0 : static_cast<int>(found->second);
}

// The sender was told once, nothing was sent, nothing is left.
TakenMail expect_returned(World& world, const std::string& id) {
  EXPECT_THAT(world.model().deliveries(), IsEmpty());
  EXPECT_THAT(world.model().violations(), IsEmpty());
  world.expect_no_traces();
  const auto left = world.queue().list();
  EXPECT_TRUE(left && left->empty());
  const queue::Entry entry = world.entry(id);
  EXPECT_EQ(entry.state, queue::EntryState::Done);
  EXPECT_EQ(entry.outcome, queue::Outcome::Returned);
  const auto mails = world.mta().mails();
  EXPECT_EQ(mails.size(), 1U);
  if (mails.empty()) return {};
  EXPECT_EQ(mails[0].sender, "");
  EXPECT_EQ(mails[0].recipients.size(), 1U);
  EXPECT_EQ(mails[0].recipients[0].address, kSender);
  return mails[0];
}

// --- refusals

// A message whose draft is there, but whose upload was broken off.
std::string put_and_break_off(World& world) {
  std::string id = world.put(some_files());
  Fault outage = Fault::status("put-range", 2, 503, "ServiceUnavailable");
  outage.times = 2;
  world.model().add_fault(outage);
  EXPECT_TRUE(world.deliver_one());
  return id;
}

TEST(GivingUp, WhatGraphRefusesToSendIsReturnedToItsSender) {
  World world;
  world.mta();
  const std::string id = world.put(some_files());
  world.model().add_fault(Fault::status("send", 1, 403, "ErrorSendAsDenied"));
  EXPECT_TRUE(world.run());
  const TakenMail dsn = expect_returned(world, id);
  EXPECT_THAT(dsn.content, HasSubstr("Status: 5.7.1"));
  EXPECT_THAT(dsn.content, HasSubstr("403 ErrorSendAsDenied"));
}

TEST(GivingUp, WhatIsTooLargeForTheMailboxIsReturnedAndItsSessionCancelled) {
  World world;
  world.mta();
  const std::string id = world.put(some_files());
  world.model().add_fault(Fault::status("put-range", 3, 400, "ErrorMessageSizeExceeded"));
  EXPECT_TRUE(world.run());
  EXPECT_THAT(expect_returned(world, id).content, HasSubstr("Status: 5.3.4"));
  EXPECT_EQ(world.model().counts().sessions_cancelled, 1);
}

TEST(GivingUp, MailOfASenderWithoutAMailboxIsReturnedAtOnce) {
  World world;
  world.mta();
  world.put(some_files(), "ghost@contoso.com");
  EXPECT_TRUE(world.run());
  EXPECT_EQ(world.clock().now(), kStart) << "nothing was waited for";
  ASSERT_EQ(world.mta_mails(), 1U);
  EXPECT_THAT(world.mta().mails()[0].content, HasSubstr("ErrorInvalidUser"));
  EXPECT_EQ(asked(world, "delete-message"), 0);
}

TEST(GivingUp, AMailboxThatHasOurDraftIsThereWhateverOneAnswerSays) {
  for (const char* operation : {"create-session", "post-attachment", "list-attachments", "send"}) {
    SCOPED_TRACE(operation);
    World world;
    world.mta();
    world.put(some_files());
    world.model().add_fault(Fault::status(operation, 1, 404, "ErrorNonExistentMailbox"));
    EXPECT_TRUE(world.run());
    EXPECT_EQ(world.model().deliveries().size(), 1U);
    EXPECT_EQ(world.mta_mails(), 0U) << "its sender was told that it failed";
  }
}

// A mailbox that has really gone: it is told, late.
TEST(GivingUp, AMailboxThatGoesWhileItHasOurDraftIsReturnedInTheEnd) {
  World world;
  world.mta();
  world.put(some_files());
  Fault gone = Fault::status("*", 4, 404, "ErrorNonExistentMailbox");
  gone.times = 0;
  world.model().add_fault(gone);
  EXPECT_TRUE(world.run(400));
  EXPECT_EQ(world.model().deliveries().size(), 0U);
  ASSERT_EQ(world.mta_mails(), 1U);
  EXPECT_THAT(world.mta().mails()[0].content, HasSubstr("Status: 4.4.7"));
  EXPECT_THAT(world.mta().mails()[0].content, HasSubstr("404 ErrorNonExistentMailbox"));
  const auto left = world.queue().list();
  EXPECT_TRUE(left && left->empty());
}

TEST(GivingUp, TheDraftIsGoneBeforeTheMtaHearsAnything) {
  World world;
  graph_milter::test::SmtpServer::Answer slow{"220 mta.contoso.com ESMTP"};
  slow.wait = true;
  world.mta().then("CONNECT", slow);
  const std::string id = world.put(some_files());
  world.model().add_fault(Fault::status("send", 1, 403, "ErrorSendAsDenied"));
  std::thread courier([&] { EXPECT_TRUE(world.run()); });
  world.mta().wait_until_waiting();
  EXPECT_EQ(world.drafts(), 0U);
  EXPECT_EQ(world.entry(id).state, queue::EntryState::Returning) << "written down before";
  world.mta().go_on();
  courier.join();
  expect_returned(world, id);
}

TEST(GivingUp, ByConfigurationItIsHeldForTheAdministratorWithItsDraftGone) {
  World world;
  world.settings().courier.disposal = queue::Disposal::Hold;
  const std::string id = world.put(some_files());
  world.model().add_fault(Fault::status("put-range", 3, 400, "ErrorMessageSizeExceeded"));
  EXPECT_TRUE(world.run());
  world.expect_no_traces();
  const queue::Entry entry = world.entry(id);
  EXPECT_EQ(entry.state, queue::EntryState::Held);
  EXPECT_EQ(entry.held_from, queue::EntryState::DraftGone);
  EXPECT_THAT(entry.last_error, HasSubstr("given up: 5.3.4 400 ErrorMessageSizeExceeded"));
  EXPECT_THAT(entry.last_error, HasSubstr("(return it or delete it; its draft is gone)"));

  world.mta();
  ASSERT_TRUE(world.queue().administer(id, queue::Command::Return));
  EXPECT_TRUE(world.run());
  expect_returned(world, id);
}

TEST(GivingUp, ByConfigurationTheMtaGetsTheOriginalByteForByte) {
  World world;
  graph_milter::test::SmtpServer inside;
  mta::SmtpSettings hand_back;
  hand_back.server.port = inside.port();
  hand_back.helo = "relay.contoso.com";
  world.returns().hand_back_to = hand_back;
  world.settings().courier.disposal = queue::Disposal::Mta;
  const std::string id = world.put(some_files());
  const auto original = world.queue().open_message(world.entry(id));
  ASSERT_TRUE(original);
  std::string bytes((*original)->size(), '\0');
  ASSERT_TRUE((*original)->read_at(0, writable(bytes)));
  world.model().add_fault(Fault::status("send", 1, 400, "ErrorInvalidRecipients"));
  EXPECT_TRUE(world.run());
  world.expect_no_traces();
  const auto mails = inside.mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].sender, kSender);
  EXPECT_EQ(mails[0].recipients.size(), 3U);
  EXPECT_EQ(mails[0].content, bytes);
  EXPECT_EQ(world.entry(id).outcome, queue::Outcome::HandedBack);
}

TEST(GivingUp, AnMtaThatIsNotThereIsWaitedFor) {
  World world;
  const std::string id = world.put(some_files());
  world.model().add_fault(Fault::status("send", 1, 403, "ErrorSendAsDenied"));
  world.mta().stop_listening();
  EXPECT_FALSE(world.run(15));
  EXPECT_EQ(world.entry(id).state, queue::EntryState::Returning);
  EXPECT_EQ(world.service_state().troubles().size(), 0U) << "Graph has nothing to do with it";
  world.mta().listen();
  EXPECT_TRUE(world.run());
  expect_returned(world, id);
}

TEST(GivingUp, ADraftThatSomebodyElseSentIsHeldAndNotReturned) {
  World world;
  world.mta();
  const std::string id = put_and_break_off(world);
  world.model().change_switches([](emulator::Switches& s) { s.immutable_id_survives_send = true; });
  ASSERT_TRUE(world.client().send(kSender, world.entry(id).progress.draft_id));
  EXPECT_TRUE(world.run());
  EXPECT_EQ(world.entry(id).state, queue::EntryState::Held);
  EXPECT_EQ(world.mta_mails(), 0U);
}

// --- time

TEST(GivingUp, WhatIsTooOldIsReturnedWithTheLastFailure) {
  World world;
  world.mta();
  const std::string id = world.put(some_files());
  Fault outage = Fault::status("post-attachment", 1, 423, "ErrorLocked");
  outage.times = 0;
  world.model().add_fault(outage);
  EXPECT_TRUE(world.run(400));
  const TakenMail dsn = expect_returned(world, id);
  EXPECT_THAT(dsn.content, HasSubstr("Status: 4.4.7"));
  EXPECT_THAT(dsn.content, HasSubstr("423 ErrorLocked"));
  EXPECT_GE(world.clock().now() - kStart, std::chrono::hours(5 * 24));
  EXPECT_LE(world.clock().now() - kStart, std::chrono::hours(5 * 24 + 2));
}

TEST(GivingUp, AnOutageThatLastsTooLongEndsItToo) {
  World world;
  world.mta();
  const std::string id = world.put(some_files());
  Fault outage = Fault::of(Action::Refuse, "*");
  outage.times = 0;
  world.model().add_fault(outage);
  EXPECT_TRUE(world.run(1'000));
  EXPECT_THAT(expect_returned(world, id).content, HasSubstr("Status: 4.4.7"));
}

TEST(GivingUp, WhatOnlyTheAdministratorCanMendIsNeverReturned) {
  World world;
  let(world, kSender, "no-consent");
  const std::string id = world.put(some_files());
  world.mta();
  EXPECT_FALSE(world.run(24 * 30));
  EXPECT_GT(world.clock().now() - kStart, std::chrono::hours(10 * 24)) << "twice its lifetime";
  queue::Entry entry = world.entry(id);
  EXPECT_NE(entry.progress.needs_administrator, TimePoint{});
  EXPECT_EQ(world.service_state().report(kSender).condition, queue::Condition::Misconfigured);
  EXPECT_EQ(world.mta_mails(), 0U);

  // The wait does not count afterwards either.
  let(world, kSender, "enabled");
  Fault outage = Fault::status("post-attachment", 1, 423, "ErrorLocked");
  outage.times = 3;
  world.model().add_fault(outage);
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.service_state().report(kSender).condition, queue::Condition::Up);
  EXPECT_EQ(world.mta_mails(), 0U);
}

TEST(GivingUp, ASendThatMayHaveTakenPlaceIsNeverReturned) {
  World world;
  world.mta();
  world.settings().courier.lifetime = Duration{1};
  const std::string id = world.put(some_files());
  world.model().change_switches([](emulator::Switches& s) { s.send_delay_ms = 365LL * 24 * 3600 * 1000; });
  world.model().add_fault(Fault::of(Action::EffectThenDrop, "send"));
  EXPECT_TRUE(world.run());
  EXPECT_EQ(world.entry(id).state, queue::EntryState::Held);
  EXPECT_TRUE(world.entry(id).progress.send_unresolved);
  EXPECT_EQ(world.mta_mails(), 0U);
}

TEST(GivingUp, ADraftWhoseCreationWasNotAnsweredIsLookedForFirst) {
  World world;
  world.mta();
  world.settings().courier.lifetime = Duration{1};
  const std::string id = world.put(some_files());
  world.model().add_fault(Fault::of(Action::EffectThenDrop, "create-draft"));
  Fault outage = Fault::status("list-messages", 1, 503, "ServiceUnavailable");
  world.model().add_fault(outage);
  world.clock().advance(std::chrono::seconds(1));
  EXPECT_TRUE(world.run());
  expect_returned(world, id);
  EXPECT_EQ(asked(world, "create-draft"), 1);
  EXPECT_EQ(asked(world, "delete-message"), 1);
}

// --- deleting

TEST(GivingUp, WhateverBecomesOfTheAnswersNoDraftStays) {
  const std::vector<Fault> faults = {Fault::of(Action::Refuse, "*"),
                                     Fault::of(Action::DropBefore, "*"),
                                     Fault::of(Action::EffectThenDrop, "*"),
                                     Fault::of(Action::Truncate, "*"),
                                     Fault::status("*", 1, 503, "ServiceUnavailable", "7"),
                                     Fault::status("*", 1, 429, "TooManyRequests", "2.128"),
                                     Fault::status_after_effect("*", 1, 504, "UnknownError")};
  for (const Fault& kind : faults) {
    for (const char* operation : {"delete-message", "get-message", "list-messages"}) {
      for (int nth = 1; nth <= 4; ++nth) {
        SCOPED_TRACE(format("{} number {}, {}", operation, nth, to_json(kind).text()));
        World world;
        world.mta();
        const std::string id = world.put(some_files());
        world.model().add_fault(Fault::status("send", 1, 403, "ErrorSendAsDenied"));
        Fault fault = kind;
        fault.operation = operation;
        fault.nth = nth;
        world.model().add_fault(fault);
        EXPECT_TRUE(world.run());
        expect_returned(world, id);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(GivingUp, DyingAtAnyStepLosesNothingAndLeavesNothing) {
  for (const queue::Disposal disposal : {queue::Disposal::Dsn, queue::Disposal::Mta, queue::Disposal::Hold}) {
    const auto prepare = [&](World& world, graph_milter::test::SmtpServer& inside) {
      world.settings().courier.disposal = disposal;
      mta::SmtpSettings hand_back;
      hand_back.server.port = inside.port();
      world.returns().hand_back_to = hand_back;
      world.mta();
      world.model().add_fault(Fault::status("send", 1, 403, "ErrorSendAsDenied"));
      return world.put(some_files());
    };
    World good;
    graph_milter::test::SmtpServer first;
    prepare(good, first);
    ASSERT_TRUE(good.run());
    const int steps = good.executioner().seen();
    for (int step = 1; step <= steps; ++step) {
      SCOPED_TRACE(format("{}: killed at step {} of {}", queue::name_of(disposal), step, steps));
      World world;
      graph_milter::test::SmtpServer inside;
      const std::string id = prepare(world, inside);
      world.executioner().kill_at(step);
      EXPECT_TRUE(world.run_with_deaths());
      world.expect_no_traces();
      const queue::Entry entry = world.entry(id);
      // Where the answer to a send was lost, the draft is seen unsent and sent again: the fault hits only once.
      const std::size_t sent = world.model().deliveries().size();
      const bool held = entry.state == queue::EntryState::Held;
      const std::size_t told = world.mta_mails() + inside.mails().size();
      EXPECT_EQ(sent + (held ? 1 : 0) + (told > 0 ? 1 : 0), 1U);
      EXPECT_LE(told, 2U) << "once for each life";
      EXPECT_EQ(held, disposal == queue::Disposal::Hold && sent == 0);
      if (testing::Test::HasFailure()) return;
    }
  }
}

// --- the administrator

TEST(GivingUp, WhatTheAdministratorDeletesLeavesNoDraft) {
  World world;
  world.mta();
  const std::string id = put_and_break_off(world);
  EXPECT_EQ(world.drafts(), 1U);
  ASSERT_TRUE(world.queue().administer(id, queue::Command::Delete));
  EXPECT_TRUE(world.run());
  world.expect_no_traces();
  EXPECT_EQ(world.entry(id).outcome, queue::Outcome::Dropped);
  EXPECT_EQ(world.mta_mails(), 0U);
  EXPECT_THAT(world.model().deliveries(), IsEmpty());
}

TEST(GivingUp, WhatTheAdministratorReturnsIsReturned) {
  World world;
  world.mta();
  const std::string id = put_and_break_off(world);
  ASSERT_TRUE(world.queue().administer(id, queue::Command::Return));
  EXPECT_TRUE(world.run());
  expect_returned(world, id);
}

TEST(GivingUp, AnEntryTakenAwayWhileUnderWayIsLeftAloneWithoutAWord) {
  World world;
  world.settings().workers = 1;
  Fault hold = Fault::of(Action::Hold, "put-range", 2);
  world.model().add_fault(hold);
  const std::string id = world.put(some_files());
  testing::internal::CaptureStderr();
  {
    const auto delivery = world.make_delivery();
    delivery->start();
    EXPECT_TRUE(world.model().wait_for_held(1, std::chrono::minutes(1)));
    EXPECT_TRUE(world.queue().administer(id, queue::Command::Hold));
    world.model().release_held();
    EXPECT_TRUE(delivery->stop(std::chrono::minutes(1)));
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), IsEmpty());
  EXPECT_EQ(world.entry(id).state, queue::EntryState::Held);
  ASSERT_TRUE(world.queue().administer(id, queue::Command::Release));
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
}

// --- what senders are told besides

TEST(Telling, ASenderHearsOfADelayOnce) {
  World world;
  world.mta();
  world.settings().courier.delay_warning = std::chrono::hours(4);
  world.put(some_files());
  Fault outage = Fault::status("post-attachment", 1, 423, "ErrorLocked");
  outage.times = 20;
  world.model().add_fault(outage);
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  ASSERT_EQ(world.mta_mails(), 1U);
  EXPECT_THAT(world.mta().mails()[0].content, HasSubstr("Action: delayed"));
}

TEST(Telling, WithoutTheOptionNobodyHearsOfADelay) {
  World world;
  world.mta();
  world.put(some_files());
  Fault outage = Fault::status("post-attachment", 1, 423, "ErrorLocked");
  outage.times = 20;
  world.model().add_fault(outage);
  EXPECT_TRUE(world.run());
  EXPECT_EQ(world.mta_mails(), 0U);
}

void ask_for_success(mail::Envelope& envelope) {
  envelope.recipients[0].parameters = {"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;alice@example.org"};
}

TEST(Telling, SuccessIsAnsweredWithRelayed) {
  World world;
  world.mta();
  world.put(some_files(), kSender, {}, ask_for_success);
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  ASSERT_EQ(world.mta_mails(), 1U);
  const std::string content = world.mta().mails()[0].content;
  EXPECT_THAT(content, HasSubstr("Action: relayed"));
  EXPECT_THAT(content, HasSubstr("alice@example.org"));
  EXPECT_THAT(content, Not(HasSubstr("Final-Recipient: rfc822; bob@example.org")));
}

TEST(Telling, AnMtaThatIsNotThereIsTriedAFewTimesAndThenDoneWithout) {
  World world;
  const std::string id = world.put(some_files(), kSender, {}, ask_for_success);
  EXPECT_TRUE(world.run());
  world.expect_delivered_once(some_files());
  EXPECT_EQ(world.entry(id).outcome, queue::Outcome::Sent);
  EXPECT_GT(world.clock().now() - kStart, std::chrono::minutes(5));
  EXPECT_LT(world.clock().now() - kStart, std::chrono::hours(1));
}

TEST(Telling, DyingAtAnyStepTellsAtLeastOnceAndSendsOnce) {
  World good;
  good.mta();
  good.put(some_files(), kSender, {}, ask_for_success);
  ASSERT_TRUE(good.run());
  const int steps = good.executioner().seen();
  for (int step = steps - 8; step <= steps; ++step) {
    SCOPED_TRACE(format("killed at step {} of {}", step, steps));
    World world;
    world.mta();
    world.put(some_files(), kSender, {}, ask_for_success);
    world.executioner().kill_at(step);
    EXPECT_TRUE(world.run_with_deaths());
    world.expect_delivered_once(some_files());
    EXPECT_GE(world.mta_mails(), 1U);
    EXPECT_LE(world.mta_mails(), 2U);
  }
}

}  // namespace
}  // namespace graph_milter::delivery::test
