// SPDX-License-Identifier: Apache-2.0
#include "core/admin/waiting.h"

#include "core/admin/words.h"
#include "core/base/format.h"

namespace graph_milter::admin {

namespace {

Waiting waiting_in(queue::EntryState state, TimePoint next_attempt, TimePoint needs_administrator) {
  switch (state) {
    case queue::EntryState::Done:
      return {};
    case queue::EntryState::Held:
      return {Whom::Administrator, true, {}, {}};
    case queue::EntryState::DraftGone:
    case queue::EntryState::Returning:
      return {is_set(needs_administrator) ? Whom::Administrator : Whom::Mta, false, next_attempt, needs_administrator};
    case queue::EntryState::Accepted:
    case queue::EntryState::DraftIntent:
    case queue::EntryState::Draft:
    case queue::EntryState::Verified:
    case queue::EntryState::SendIntent:
    case queue::EntryState::Sent:
    case queue::EntryState::GiveUp:
    case queue::EntryState::Returned:
      break;
  }
  return {is_set(needs_administrator) ? Whom::Administrator : Whom::Delivery, false, next_attempt, needs_administrator};
}

}  // namespace

std::string_view name_of(Whom whom) {
  switch (whom) {
    case Whom::Nobody:
      return "nobody";
    case Whom::Delivery:
      return "delivery";
    case Whom::Mta:
      return "mta";
    case Whom::Administrator:
      return "administrator";
  }
  return "unknown";
}

Waiting waiting_of(const queue::EntrySummary& entry) {
  return waiting_in(entry.state, entry.next_attempt, entry.needs_administrator);
}

Waiting waiting_of(const queue::Entry& entry) {
  return waiting_in(entry.state, entry.next_attempt, entry.progress.needs_administrator);
}

std::string waiting_words(const Waiting& waiting, TimePoint now) {
  if (waiting.held) return "waits for the administrator, and is not tried until then";
  const std::string next = waiting.next_attempt > now ? "at " + local_time(waiting.next_attempt) : std::string("now");
  switch (waiting.whom) {
    case Whom::Nobody:
      return "waits for nobody";
    case Whom::Delivery:
      return waiting.next_attempt > now ? "waits for its next try " + next : std::string("due now");
    case Whom::Mta:
      return format("waits for the MTA, next try {}", next);
    case Whom::Administrator:
      return format("waits for the administrator since {}, next try {}", local_time(waiting.since), next);
  }
  return {};
}

}  // namespace graph_milter::admin
