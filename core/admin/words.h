// SPDX-License-Identifier: Apache-2.0
// How times, sizes, states and addresses are told to people, and times to programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/json/json.h"
#include "core/queue/entry.h"

namespace graph_milter::admin {

enum class Form { Words, Json };

// "Tue 2026-11-17 09:14:03 CET": the time zone of this process. "-" for 0.
std::string local_time(TimePoint time);

// "38 s", "4 min 10 s", "3 h 5 min", "2 d 4 h". Nothing is shorter than "0 s".
std::string span_words(Duration span);

// ISO 8601 in UTC; null for 0.
void add_time(json::Writer& writer, std::string_view key, TimePoint time);

std::string messages_words(std::size_t count);           // "1 message", "2 messages"
std::string address_words(std::string_view address);     // printable; "<>" for the null sender
std::string_view state_words(queue::EntryState state);   // "its parts go up"
std::string_view outcome_words(queue::Outcome outcome);  // "sent through Graph"

inline bool is_set(TimePoint time) { return to_unix_ms(time) != 0; }

// The longest error that is printed.
inline constexpr std::size_t kErrorLimit = 1000;

}  // namespace graph_milter::admin
