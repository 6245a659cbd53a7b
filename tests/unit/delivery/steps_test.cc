// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/steps.h"

#include <gtest/gtest.h>

#include "core/queue/entry_rules.h"

namespace graph_milter::delivery {

void PrintTo(const DueStep& step, std::ostream* out) {
  *out << "task " << static_cast<int>(step.task) << " part " << step.part;
}

namespace {

using queue::EntryState;
using queue::PartStep;

// An entry with one part by POST and one by session.
queue::Entry entry_in(EntryState state) {
  queue::Entry entry;
  entry.state = state;
  entry.plan.parts.resize(2);
  entry.plan.parts[0].way = plan::Way::Post;
  entry.plan.parts[1].way = plan::Way::Session;
  entry.progress.draft_id = "AAMk";
  entry.progress.draft_intended = from_unix_ms(1);
  return entry;
}

queue::Entry draft_with(PartStep first, PartStep second) {
  queue::Entry entry = entry_in(EntryState::Draft);
  entry.progress.parts.resize(2);
  entry.progress.parts[0].step = first;
  entry.progress.parts[1].step = second;
  return entry;
}

TEST(Steps, EveryStateHasItsStep) {
  EXPECT_EQ(due_step(entry_in(EntryState::Accepted)), (DueStep{Task::MakeDraft}));
  EXPECT_EQ(due_step(entry_in(EntryState::DraftIntent)), (DueStep{Task::FindDraft}));
  EXPECT_EQ(due_step(entry_in(EntryState::Verified)), (DueStep{Task::Send}));
  EXPECT_EQ(due_step(entry_in(EntryState::Sent)), (DueStep{Task::Finish}));
  EXPECT_EQ(due_step(entry_in(EntryState::GiveUp)), (DueStep{Task::RemoveDraft}));
  EXPECT_EQ(due_step(entry_in(EntryState::Returned)), (DueStep{Task::Finish}));
  EXPECT_EQ(due_step(entry_in(EntryState::Done)), (DueStep{Task::Nothing}));
  EXPECT_EQ(due_step(entry_in(EntryState::Held)), (DueStep{Task::Nothing}));
}

TEST(Steps, PartsGoInOrderAndWhatMayBeThereIsLookedForFirst) {
  EXPECT_EQ(due_step(entry_in(EntryState::Draft)), (DueStep{Task::PostPart, 0}));
  EXPECT_EQ(due_step(draft_with(PartStep::Waiting, PartStep::Waiting)), (DueStep{Task::PostPart, 0}));
  EXPECT_EQ(due_step(draft_with(PartStep::PostIntent, PartStep::Waiting)), (DueStep{Task::FindPart, 0}));
  EXPECT_EQ(due_step(draft_with(PartStep::Done, PartStep::Waiting)), (DueStep{Task::UploadPart, 1}));
  EXPECT_EQ(due_step(draft_with(PartStep::Done, PartStep::Uploading)), (DueStep{Task::UploadPart, 1}));
  EXPECT_EQ(due_step(draft_with(PartStep::Done, PartStep::PostIntent)), (DueStep{Task::FindPart, 1}));
  EXPECT_EQ(due_step(draft_with(PartStep::Done, PartStep::Done)), (DueStep{Task::Compare}));
}

TEST(Steps, WithoutPartsTheDraftIsComparedAtOnce) {
  queue::Entry entry = entry_in(EntryState::Draft);
  entry.plan.parts.clear();
  EXPECT_EQ(due_step(entry), (DueStep{Task::Compare}));
}

TEST(Steps, ADraftThatCertainlyIsNotThereIsNotLookedFor) {
  queue::Entry entry = entry_in(EntryState::DraftIntent);
  entry.progress.draft_intended = {};
  EXPECT_EQ(due_step(entry), (DueStep{Task::MakeDraft}));
}

TEST(Steps, AnEntryWhoseDraftWasDeletedGetsANewOne) {
  for (const EntryState state : {EntryState::Draft, EntryState::Verified}) {
    queue::Entry entry = entry_in(state);
    entry.progress.draft_id.clear();
    EXPECT_EQ(due_step(entry), (DueStep{Task::MakeDraft}));
  }
}

TEST(Steps, ASendOnceIntendedNeverLeadsBackToTheDraft) {
  queue::Entry entry = entry_in(EntryState::SendIntent);
  entry.progress.draft_id.clear();
  entry.progress.send_epoch = 1;
  entry.progress.send_unresolved = true;
  EXPECT_EQ(due_step(entry), (DueStep{Task::SettleSend}));
  EXPECT_TRUE(may_be_sent(entry));
}

TEST(Steps, ASendThatWasTurnedAwayIsRepeatedWithoutAQuestion) {
  queue::Entry entry = entry_in(EntryState::SendIntent);
  entry.progress.send_epoch = 1;
  EXPECT_EQ(due_step(entry), (DueStep{Task::Send}));
}

TEST(Steps, WhatIsGivenUpMustNotLeaveADraft) {
  queue::Entry entry = entry_in(EntryState::GiveUp);
  entry.progress.draft_id.clear();
  EXPECT_EQ(due_step(entry), (DueStep{Task::FindLeftover}));
}

TEST(Steps, TheDispositionSaysWhereAMessageGoesWhoseDraftIsGone) {
  for (const EntryState state : {EntryState::DraftGone, EntryState::Returning}) {
    queue::Entry entry = entry_in(state);
    const auto due = [&](queue::Disposal disposal) {
      entry.progress.give_up = queue::GiveUp{disposal, "5.0.0", "no", {}};
      return due_step(entry);
    };
    EXPECT_EQ(due(queue::Disposal::Dsn), (DueStep{Task::GiveToMta}));
    EXPECT_EQ(due(queue::Disposal::Mta), (DueStep{Task::GiveToMta}));
    EXPECT_EQ(due(queue::Disposal::Hold), (DueStep{Task::Keep}));
    EXPECT_EQ(due(queue::Disposal::Drop), (DueStep{Task::Finish}));
  }
}

TEST(Steps, WhoAskedForItHearsOfSuccessBeforeTheMessageGoes) {
  queue::Entry entry = entry_in(EntryState::Sent);
  entry.envelope.sender = mail::make_envelope_path("<a@contoso.com>");
  entry.envelope.recipients = {mail::make_envelope_path("<b@example.org>", {"NOTIFY=SUCCESS"})};
  EXPECT_EQ(due_step(entry), (DueStep{Task::TellRelayed}));
  entry.progress.success_notified = true;
  EXPECT_EQ(due_step(entry), (DueStep{Task::Finish}));
}

TEST(Steps, AfterTheSendOrTheEndOfTheDraftGraphIsNotConcerned) {
  for (const EntryState state : queue::kEntryStates) {
    const bool concerned = state == EntryState::Accepted || state == EntryState::DraftIntent ||
                           state == EntryState::Draft || state == EntryState::Verified ||
                           state == EntryState::SendIntent || state == EntryState::GiveUp;
    EXPECT_EQ(is_for_graph(entry_in(state)), concerned) << queue::name_of(state);
  }
}

}  // namespace
}  // namespace graph_milter::delivery
