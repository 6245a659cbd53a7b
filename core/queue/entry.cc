// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry.h"

#include <array>
#include <utility>

namespace graph_milter::queue {

namespace {

// The words are written to the journal: a word that was released never changes its meaning.
constexpr std::array<std::pair<EntryState, std::string_view>, 12> kStates = {{
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

constexpr std::array<std::pair<Disposal, std::string_view>, 4> kDisposals = {{
    {Disposal::Dsn, "dsn"},
    {Disposal::Mta, "mta"},
    {Disposal::Hold, "hold"},
    {Disposal::Drop, "drop"},
}};

constexpr std::array<std::pair<Outcome, std::string_view>, 5> kOutcomes = {{
    {Outcome::None, "none"},
    {Outcome::Sent, "sent"},
    {Outcome::Returned, "returned"},
    {Outcome::HandedBack, "handed-back"},
    {Outcome::Dropped, "dropped"},
}};

template <class Names, class Value>
std::string_view word_for(const Names& names, Value value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return "unknown";
}

template <class Value, std::size_t N>
std::optional<Value> value_for(const std::array<std::pair<Value, std::string_view>, N>& names, std::string_view name) {
  for (const auto& [value, word] : names) {
    if (word == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(EntryState state) { return word_for(kStates, state); }
std::optional<EntryState> parse_entry_state(std::string_view name) { return value_for(kStates, name); }

std::string_view name_of(Disposal disposal) { return word_for(kDisposals, disposal); }
std::optional<Disposal> parse_disposal(std::string_view name) { return value_for(kDisposals, name); }

std::string_view name_of(Outcome outcome) { return word_for(kOutcomes, outcome); }
std::optional<Outcome> parse_outcome(std::string_view name) { return value_for(kOutcomes, name); }

}  // namespace graph_milter::queue
