// SPDX-License-Identifier: Apache-2.0
#include "core/queue/entry.h"

#include <array>
#include <utility>

namespace graph_milter::queue {

namespace {

// The words are written to the journal: a word that was released never changes its meaning.
constexpr std::array<std::pair<EntryState, std::string_view>, 8> kNames = {{
    {EntryState::Accepted, "accepted"},
    {EntryState::DraftIntent, "draft-intent"},
    {EntryState::Draft, "draft"},
    {EntryState::Verified, "verified"},
    {EntryState::SendIntent, "send-intent"},
    {EntryState::Sent, "sent"},
    {EntryState::Done, "done"},
    {EntryState::Held, "held"},
}};

}  // namespace

std::string_view name_of(EntryState state) {
  for (const auto& [value, name] : kNames) {
    if (value == state) return name;
  }
  return "unknown";
}

std::optional<EntryState> parse_entry_state(std::string_view name) {
  for (const auto& [value, word] : kNames) {
    if (word == name) return value;
  }
  return std::nullopt;
}

}  // namespace graph_milter::queue
