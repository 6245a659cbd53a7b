// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry.h"

#include "core/queue/names.h"

namespace graph_milter::queue {

namespace {

// The words are written to the journal: a word that was released never changes its meaning.
constexpr Names<EntryState, 12> kStates = {{
    {EntryState::Accepted, "accepted"},
    {EntryState::DraftIntent, "draft-intent"},
    {EntryState::Draft, "draft"},
    {EntryState::Verified, "verified"},
    {EntryState::SendIntent, "send-intent"},
    {EntryState::Sent, "sent"},
    {EntryState::GiveUp, "give-up"},
    {EntryState::DraftGone, "draft-gone"},
    {EntryState::Returning, "returning"},
    {EntryState::Returned, "returned"},
    {EntryState::Done, "done"},
    {EntryState::Held, "held"},
}};

constexpr Names<Disposal, 5> kDisposals = {{
    {Disposal::Dsn, "dsn"},
    {Disposal::Mta, "mta"},
    {Disposal::Hold, "hold"},
    {Disposal::Drop, "drop"},
    {Disposal::Client, "client"},
}};

constexpr Names<Outcome, 6> kOutcomes = {{
    {Outcome::None, "none"},
    {Outcome::Sent, "sent"},
    {Outcome::Returned, "returned"},
    {Outcome::HandedBack, "handed-back"},
    {Outcome::Dropped, "dropped"},
    {Outcome::Withdrawn, "withdrawn"},
}};

}  // namespace

std::string_view name_of(EntryState state) { return name_in(kStates, state); }
std::optional<EntryState> parse_entry_state(std::string_view name) { return value_in(kStates, name); }

std::string_view name_of(Disposal disposal) { return name_in(kDisposals, disposal); }
std::optional<Disposal> parse_disposal(std::string_view name) { return value_in(kDisposals, name); }

std::string_view name_of(Outcome outcome) { return name_in(kOutcomes, outcome); }
std::optional<Outcome> parse_outcome(std::string_view name) { return value_in(kOutcomes, name); }

}  // namespace graph_milter::queue
