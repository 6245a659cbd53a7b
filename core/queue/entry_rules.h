// SPDX-License-Identifier: Apache-2.0
// Which step an entry may take from where it stands. Pure.
//
//   Accepted -> DraftIntent -> Draft -> Verified -> SendIntent -> Sent -> Done
//                   ^            |          |           |
//                   +------------+----------+           |   a new draft, only while no send was ever intended
//   every state before Sent -> GiveUp -> DraftGone -> Returning -> Returned -> Done
//                       (SendIntent only if no send is unresolved)
//   every state but Sent, Returned and Done -> Held; Held -> where it stood, or GiveUp, or (deleted) Done
//
// A state may be written again with new progress, except Done. What has no plan is Held until it has one, or is given
// up. Nothing leads back to a draft once a send was intended,
// because then only the other side knows whether the message is out. DraftGone leads to Done if nothing is to be
// returned (Disposal::Drop, Disposal::Client).
//
// An entry for which the MTA is held (Progress::awaited) is nobody's promise yet: it is given up to its client
// (Disposal::Client) and to nobody else. Once it is ours it stays ours.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/queue/entry.h"

namespace graph_milter::queue {

inline constexpr std::array<EntryState, 12> kEntryStates = {
    EntryState::Accepted,   EntryState::DraftIntent, EntryState::Draft,  EntryState::Verified,
    EntryState::SendIntent, EntryState::Sent,        EntryState::GiveUp, EntryState::DraftGone,
    EntryState::Returning,  EntryState::Returned,    EntryState::Done,   EntryState::Held};

// kMayFollow[from][to], both in the order of kEntryStates.
// clang-format off
inline constexpr bool kMayFollow[12][12] = {
    //                 Accept DraftI Draft  Verif  SendI  Sent   GiveUp Gone   Retng  Retnd  Done   Held
    /* Accepted    */ {true,  true,  false, false, false, false, true,  false, false, false, false, true},
    /* DraftIntent */ {false, true,  true,  false, false, false, true,  false, false, false, false, true},
    /* Draft       */ {false, true,  true,  true,  false, false, true,  false, false, false, false, true},
    /* Verified    */ {false, true,  false, true,  true,  false, true,  false, false, false, false, true},
    /* SendIntent  */ {false, false, false, false, true,  true,  true,  false, false, false, false, true},
    /* Sent        */ {false, false, false, false, false, true,  false, false, false, false, true,  false},
    /* GiveUp      */ {false, false, false, false, false, false, true,  true,  false, false, false, true},
    /* DraftGone   */ {false, false, false, false, false, false, false, true,  true,  false, true,  true},
    /* Returning   */ {false, false, false, false, false, false, false, false, true,  true,  false, true},
    /* Returned    */ {false, false, false, false, false, false, false, false, false, true,  true,  false},
    /* Done        */ {false, false, false, false, false, false, false, false, false, false, false, false},
    /* Held        */ {true,  true,  true,  true,  true,  false, true,  true,  true,  false, true,  true},
};
// clang-format on

constexpr bool may_follow(EntryState from, EntryState to) {
  return kMayFollow[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

// What the rules look at.
struct Standing {
  EntryState state = EntryState::Accepted;
  int send_epoch = 0;
  int drafts_made = 0;
  bool send_unresolved = false;
  std::optional<Disposal> disposal;     // of progress.give_up
  std::optional<EntryState> held_from;  // of a Held entry
  bool awaited = false;
  bool unplanned = false;  // it has no plan
  friend bool operator==(const Standing&, const Standing&) = default;
};

Standing standing_of(const Entry& entry);

// Why the step is not allowed; empty: it is.
std::string_view illegal_step(const Standing& from, const Standing& to);

// Delivery has nothing more to do with it.
constexpr bool is_final(EntryState state) { return state == EntryState::Done || state == EntryState::Held; }

}  // namespace graph_milter::queue
