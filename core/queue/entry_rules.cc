// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry_rules.h"

namespace graph_milter::queue {

namespace {

constexpr bool is_before_send(EntryState state) { return state < EntryState::SendIntent; }

constexpr bool ends_in_silence(std::optional<Disposal> disposal) {
  return disposal == Disposal::Drop || disposal == Disposal::Client;
}

constexpr bool is_given_up(EntryState state) {
  return state == EntryState::GiveUp || state == EntryState::DraftGone || state == EntryState::Returning ||
         state == EntryState::Returned;
}

std::string_view wrong_send_intent(const Standing& from, const Standing& to) {
  if (to.send_epoch == 0) return "a send intent must be counted in send_epoch";
  if (to.send_epoch > from.send_epoch + 1) return "sends are intended one at a time";
  if (from.state == EntryState::Verified && to.send_epoch == from.send_epoch) {
    return "a send intent must be counted in send_epoch";
  }
  if (to.send_epoch > from.send_epoch && !to.send_unresolved) return "a send that was intended may have taken effect";
  return {};
}

std::string_view wrong_send_facts(const Standing& from, const Standing& to) {
  if (to.drafts_made < from.drafts_made) return "drafts are never unmade";
  if (to.send_epoch < from.send_epoch) return "a send that was intended is never forgotten";
  if (to.state == EntryState::SendIntent) {
    if (const auto why = wrong_send_intent(from, to); !why.empty()) return why;
  } else if (to.send_epoch != from.send_epoch) {
    return "only a send intent raises send_epoch";
  }
  if (is_before_send(to.state) && to.send_epoch != 0) {
    return "a send was intended, so no draft may be made or changed";
  }
  if (to.send_unresolved && !from.send_unresolved && to.send_epoch == from.send_epoch) {
    return "only a send intent makes a send unresolved";
  }
  return {};
}

std::string_view wrong_way_out_of_held(const Standing& from, const Standing& to) {
  if (to.state == EntryState::Held || to.state == EntryState::GiveUp) return {};
  if (to.state == EntryState::Done) {
    return to.disposal == Disposal::Drop ? "" : "what is held ends only when it is deleted";
  }
  return to.state == from.held_from ? "" : "what was held goes on where it stood";
}

std::string_view wrong_giving_up(const Standing& from, const Standing& to) {
  const bool decided_now = to.state == EntryState::GiveUp && from.state != EntryState::GiveUp;
  if (is_given_up(to.state) && !to.disposal) return "giving up needs a disposal";
  if (to.state <= EntryState::Sent && to.disposal) return "what was given up is not sent";
  if (from.disposal && !to.disposal) return "what was given up stays given up";
  if (decided_now && to.send_unresolved && from.state != EntryState::Held) {
    return "an intended send may still have taken effect";
  }
  if (from.state == EntryState::DraftGone && to.state == EntryState::Done && !ends_in_silence(to.disposal)) {
    return "only what was deleted, or left to its client, ends without being returned";
  }
  return {};
}

std::string_view wrong_awaiting(const Standing& from, const Standing& to) {
  if (to.awaited && !from.awaited) return "what is ours stays ours";
  if (to.disposal == Disposal::Client && from.disposal != Disposal::Client && !from.awaited) {
    return "only a client that waits can be told";
  }
  if (to.awaited && to.disposal && to.disposal != Disposal::Client) return "its client waits, so nobody else is told";
  if (to.disposal == Disposal::Client && !to.awaited) return "its client was told that it was not taken";
  if (to.disposal == Disposal::Client && to.state == EntryState::Returning) return "its client still has it";
  return {};
}

}  // namespace

Standing standing_of(const Entry& entry) {
  Standing out;
  out.state = entry.state;
  out.send_epoch = entry.progress.send_epoch;
  out.drafts_made = entry.progress.drafts_made;
  out.send_unresolved = entry.progress.send_unresolved;
  if (entry.progress.give_up) out.disposal = entry.progress.give_up->disposal;
  out.held_from = entry.held_from;
  out.awaited = entry.progress.awaited;
  out.unplanned = entry.plan.unplanned.has_value();
  return out;
}

std::string_view illegal_step(const Standing& from, const Standing& to) {
  if (!may_follow(from.state, to.state)) return "no arrow leads there";
  if (to.unplanned && to.state <= EntryState::Sent) return "what has no plan is not sent";
  if (const auto why = wrong_send_facts(from, to); !why.empty()) return why;
  if (from.state == EntryState::Held) {
    if (const auto why = wrong_way_out_of_held(from, to); !why.empty()) return why;
  }
  if (const auto why = wrong_awaiting(from, to); !why.empty()) return why;
  return wrong_giving_up(from, to);
}

}  // namespace graph_milter::queue
