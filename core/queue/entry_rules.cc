// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_rules.h"

namespace graph_milter::queue {

Standing standing_of(const Entry& entry) {
  return Standing{entry.state, entry.progress.send_epoch, entry.progress.drafts_made};
}

std::string_view illegal_step(const Standing& from, const Standing& to) {
  if (!may_follow(from.state, to.state)) return "no arrow leads there";
  if (to.drafts_made < from.drafts_made) return "drafts are never unmade";
  if (to.send_epoch < from.send_epoch) return "a send that was intended is never forgotten";
  if (to.state == EntryState::SendIntent) {
    if (to.send_epoch == 0) return "a send intent must be counted in send_epoch";
    if (to.send_epoch > from.send_epoch + 1) return "sends are intended one at a time";
    if (from.state == EntryState::Verified && to.send_epoch == from.send_epoch) {
      return "a send intent must be counted in send_epoch";
    }
    return {};
  }
  if (to.send_epoch != from.send_epoch) return "only a send intent raises send_epoch";
  const bool before_send = to.state == EntryState::Accepted || to.state == EntryState::DraftIntent ||
                           to.state == EntryState::Draft || to.state == EntryState::Verified;
  if (before_send && to.send_epoch != 0) return "a send was intended, so no draft may be made or changed";
  return {};
}

}  // namespace graph_milter::queue
