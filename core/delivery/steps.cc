// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/steps.h"

#include "core/mta/dsn.h"

namespace graph_milter::delivery {
namespace {

DueStep due_part(const plan::PlannedPart& planned, const queue::PartProgress& progress, std::size_t part) {
  if (progress.step == queue::PartStep::PostIntent) return {Task::FindPart, part};
  if (progress.step == queue::PartStep::Uploading || planned.way == plan::Way::Session) return {Task::UploadPart, part};
  return {Task::PostPart, part};
}

DueStep due_in_draft(const queue::Entry& entry) {
  const queue::Progress& progress = entry.progress;
  if (progress.draft_id.empty()) return {Task::MakeDraft};
  for (std::size_t part = 0; part < entry.plan.parts.size(); ++part) {
    const queue::PartProgress nothing_yet;
    const auto& done_so_far = part < progress.parts.size() ? progress.parts[part] : nothing_yet;
    if (done_so_far.step != queue::PartStep::Done) return due_part(entry.plan.parts[part], done_so_far, part);
  }
  return {Task::Compare};
}

DueStep due_after_giving_up(const queue::Entry& entry) {
  const bool for_good = entry.progress.give_up.has_value();
  switch (for_good ? entry.progress.give_up->disposal : queue::Disposal::Hold) {
    case queue::Disposal::Drop:
    case queue::Disposal::Client:
      return {Task::Finish};
    case queue::Disposal::Dsn:
    case queue::Disposal::Mta:
      return {Task::GiveToMta};
    case queue::Disposal::Hold:
      break;
  }
  return {Task::Keep};
}

bool wants_to_hear_of_success(const queue::Entry& entry) {
  return !entry.progress.success_notified && !mta::wants_notice(entry.envelope, mta::DsnAction::Relayed).empty();
}

}  // namespace

DueStep due_step(const queue::Entry& entry) {
  switch (entry.state) {
    case queue::EntryState::Accepted:
      return {Task::MakeDraft};
    case queue::EntryState::DraftIntent:
      return {entry.progress.draft_intended == TimePoint{} ? Task::MakeDraft : Task::FindDraft};
    case queue::EntryState::Draft:
      return due_in_draft(entry);
    case queue::EntryState::Verified:
      return {entry.progress.draft_id.empty() ? Task::MakeDraft : Task::Send};
    case queue::EntryState::SendIntent:
      return {entry.progress.send_unresolved ? Task::SettleSend : Task::Send};
    case queue::EntryState::Sent:
      return {wants_to_hear_of_success(entry) ? Task::TellRelayed : Task::Finish};
    case queue::EntryState::GiveUp:
      return {entry.progress.draft_id.empty() ? Task::FindLeftover : Task::RemoveDraft};
    case queue::EntryState::DraftGone:
    case queue::EntryState::Returning:
      return due_after_giving_up(entry);
    case queue::EntryState::Returned:
      return {Task::Finish};
    case queue::EntryState::Done:
    case queue::EntryState::Held:
      break;
  }
  return {Task::Nothing};
}

}  // namespace graph_milter::delivery
