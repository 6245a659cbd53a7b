// SPDX-License-Identifier: Apache-2.0
#include "core/pace/pace.h"

#include <algorithm>

namespace graph_milter::pace {
namespace {

// When this many bytes fit; `now` if bytes don't count.
TimePoint bytes_fit_at(const MailboxPace& mailbox, const Limits& limits, ByteCount bytes, TimePoint now) {
  const bool counts = bytes > 0 && (limits.bytes_from_start || mailbox.bytes_limited);
  if (!counts) return now;
  Budget budget = mailbox.bytes;
  use(budget, limits.bytes, mailbox.bytes_in_flight, now);
  return fits_at(budget, limits.bytes, bytes, now);
}

bool all_over(const Budget& budget, const BudgetRules& rules, TimePoint now) {
  return budget.uses.empty() || budget.uses.back().at + rules.window <= now;
}

}  // namespace

Limits share(const Limits& limits, std::uint64_t nodes) {
  Limits out = limits;
  out.lanes = static_cast<int>(share(static_cast<std::uint64_t>(std::max(limits.lanes, 1)), nodes));
  out.messages.amount = share(limits.messages.amount, nodes);
  out.recipients.amount = share(limits.recipients.amount, nodes);
  out.bytes.amount = share(limits.bytes.amount, nodes);
  return out;
}

Decision decide(const MailboxPace& mailbox, const Limits& limits, TimePoint all_not_before, std::uint64_t ticket,
                TimePoint now) {
  const TimePoint not_before = std::max(mailbox.not_before, all_not_before);
  if (now < not_before) return Wait{not_before};
  TimePoint bytes_pass = now;  // when those before us with bytes are through
  for (const Waiting& waiting : mailbox.line) {
    const TimePoint fits = std::max(bytes_pass, bytes_fit_at(mailbox, limits, waiting.bytes, now));
    const bool ours = waiting.ticket == ticket;
    if (fits <= now || waiting.bytes == 0) {
      if (ours) break;
      return Wait{kUntilReleased};  // it goes first
    }
    if (ours) return Wait{fits};
    bytes_pass = fits;
  }
  if (mailbox.in_flight >= limits.lanes) return Wait{kUntilReleased};
  return Go{};
}

TimePoint place_of(MailboxPace& mailbox, const Limits& limits, const std::string& message, std::uint64_t recipients,
                   TimePoint now) {
  std::erase_if(mailbox.places, [now](const auto& place) { return place.second + kPlaceKept <= now; });
  const auto known = mailbox.places.find(message);
  if (known != mailbox.places.end()) return known->second;

  TimePoint at = now;
  for (const auto& [other, place] : mailbox.places) at = std::max(at, place);
  at = std::max(fits_at(mailbox.messages, limits.messages, 1, at),
                fits_at(mailbox.recipients, limits.recipients, recipients, at));
  use(mailbox.messages, limits.messages, 1, at);
  use(mailbox.recipients, limits.recipients, recipients, at);
  mailbox.places.emplace(message, at);
  return at;
}

bool is_idle(const MailboxPace& mailbox, const Limits& limits, TimePoint now) {
  const auto over = [now](const auto& place) { return place.second + kPlaceKept <= now; };
  return mailbox.in_flight == 0 && mailbox.not_before <= now && !mailbox.bytes_limited && mailbox.line.empty() &&
         std::all_of(mailbox.places.begin(), mailbox.places.end(), over) &&
         all_over(mailbox.bytes, limits.bytes, now) && all_over(mailbox.messages, limits.messages, now) &&
         all_over(mailbox.recipients, limits.recipients, now);
}

}  // namespace graph_milter::pace
