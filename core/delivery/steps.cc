// SPDX-License-Identifier: Apache-2.0
#include "core/delivery/steps.h"

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
      return {Task::SettleSend};
    case queue::EntryState::Sent:
      return {Task::Finish};
    case queue::EntryState::Done:
    case queue::EntryState::Held:
      break;
  }
  return {Task::Nothing};
}

}  // namespace graph_milter::delivery
