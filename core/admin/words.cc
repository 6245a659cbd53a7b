// SPDX-License-Identifier: Apache-2.0
#include "core/admin/words.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::admin {

std::string local_time(TimePoint time) {
  if (!is_set(time)) return "-";
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return iso8601(time);
  return format("{} {:04}-{:02}-{:02} {:02}:{:02}:{:02} {}", kDays[static_cast<std::size_t>(parts.tm_wday)],
                parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                parts.tm_zone);
}

std::string span_words(Duration span) {
  const std::int64_t seconds =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(span).count());
  if (seconds < 60) return format("{} s", seconds);
  if (seconds < 3600) return format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return format("{} d {} h", seconds / 86'400, seconds / 3600 % 24);
}

void add_time(json::Writer& writer, std::string_view key, TimePoint time) {
  writer.key(key);
  if (is_set(time)) {
    writer.string(iso8601(time));
  } else {
    writer.null();
  }
}

std::string messages_words(std::size_t count) { return count == 1 ? "1 message" : format("{} messages", count); }

std::string address_words(std::string_view address) {
  return address.empty() ? std::string("<>") : escape_for_log(address);
}

std::string_view state_words(queue::EntryState state) {
  switch (state) {
    case queue::EntryState::Accepted:
      return "accepted, not begun";
    case queue::EntryState::DraftIntent:
      return "its draft is being made";
    case queue::EntryState::Draft:
      return "its parts go up";
    case queue::EntryState::Verified:
      return "complete in the mailbox, not yet sent";
    case queue::EntryState::SendIntent:
      return "being sent; Graph has not yet said that it was";
    case queue::EntryState::Sent:
      return "sent";
    case queue::EntryState::GiveUp:
      return "given up; its draft is being deleted";
    case queue::EntryState::DraftGone:
      return "given up; its draft is gone";
    case queue::EntryState::Returning:
      return "being returned";
    case queue::EntryState::Returned:
      return "returned";
    case queue::EntryState::Done:
      return "done";
    case queue::EntryState::Held:
      return "held";
  }
  return "unknown";
}

std::string_view outcome_words(queue::Outcome outcome) {
  switch (outcome) {
    case queue::Outcome::None:
      return "not yet known";
    case queue::Outcome::Sent:
      return "sent through Graph";
    case queue::Outcome::Returned:
      return "returned to its sender";
    case queue::Outcome::HandedBack:
      return "handed back to the MTA";
    case queue::Outcome::Dropped:
      return "deleted by an administrator";
    case queue::Outcome::Withdrawn:
      return "not taken, as its client was told";
  }
  return "unknown";
}

}  // namespace graph_milter::admin
