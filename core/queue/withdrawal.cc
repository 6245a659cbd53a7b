// SPDX-License-Identifier: Apache-2.0
#include "core/queue/withdrawal.h"

#include <string>
#include <utility>

namespace graph_milter::queue {

namespace {

Outlook taken() {
  Outlook out;
  out.prospect = Prospect::Taken;
  return out;
}

Outlook not_taken(const GiveUp& why) {
  Outlook out;
  out.prospect = Prospect::NotTaken;
  out.why = why;
  return out;
}

// A tombstone has the words alone: "5.7.1 403 ErrorSendAsDenied".
GiveUp why_of_tombstone(const Entry& entry) {
  const std::size_t blank = entry.last_error.find(' ');
  GiveUp why;
  why.disposal = Disposal::Client;
  why.status = entry.last_error.substr(0, blank);
  if (blank != std::string::npos) why.diagnostic = entry.last_error.substr(blank + 1);
  return why;
}

bool is_given_to_client(const Entry& entry) {
  return entry.progress.give_up && entry.progress.give_up->disposal == Disposal::Client;
}

EntryState place_of(const Entry& entry) {
  return entry.state == EntryState::Held ? entry.held_from.value_or(EntryState::Held) : entry.state;
}

Entry withdrawn(Entry entry, const GiveUp& why, TimePoint now) {
  const bool no_draft_can_be = place_of(entry) == EntryState::Accepted;
  entry.progress.give_up = GiveUp{Disposal::Client, why.status, why.diagnostic, now};
  entry.state = EntryState::GiveUp;
  entry.held_from.reset();
  entry.resend_key.clear();
  entry.next_attempt = now;
  if (no_draft_can_be) {
    entry.state = EntryState::Done;
    entry.outcome = Outcome::Withdrawn;
    entry.finished = now;
  }
  return entry;
}

}  // namespace

Outlook outlook_of(const Entry& entry) {
  if (entry.state == EntryState::Done && entry.outcome == Outcome::Withdrawn) {
    return not_taken(entry.progress.give_up ? *entry.progress.give_up : why_of_tombstone(entry));
  }
  if (entry.state == EntryState::Done) return taken();
  if (is_given_to_client(entry)) return not_taken(*entry.progress.give_up);
  if (!entry.progress.awaited || entry.state == EntryState::Sent) return taken();
  Outlook open;
  open.next_attempt = entry.next_attempt;
  open.last_error = entry.last_error;
  open.is_stuck = entry.state == EntryState::Held;
  return open;
}

Withdrawal withdraw(const Entry& entry, const GiveUp& why, TimePoint now) {
  const Outlook outlook = outlook_of(entry);
  if (outlook.prospect != Prospect::Open) return {outlook, std::nullopt};
  if (entry.progress.send_unresolved || entry.progress.give_up) {
    Entry ours = entry;
    ours.progress.awaited = false;
    return {taken(), std::move(ours)};
  }
  Entry after = withdrawn(entry, why, now);
  const GiveUp told = *after.progress.give_up;
  return {not_taken(told), std::move(after)};
}

}  // namespace graph_milter::queue
