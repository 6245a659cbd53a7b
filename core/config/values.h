// SPDX-License-Identifier: Apache-2.0
// How people write sizes, times, truth values and file modes: one reading and one writing of each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/clock.h"

namespace graph_milter::config {

// What to tell a person whose value could not be read.
inline constexpr std::string_view kSizeForm =
    "a number of bytes, or a number with K, M or G (1024 bytes and its powers)";
inline constexpr std::string_view kDurationForm = "a number with ms, s, m, h or d; a bare number means seconds";
inline constexpr std::string_view kBooleanForm = "yes or no";
inline constexpr std::string_view kModeForm = "an octal mode such as 0660";
inline constexpr std::string_view kDateForm = "it as YYYY-MM-DD, for instance 2027-03-31";

// All of the text must be the value; nullopt otherwise, also on overflow.
std::optional<ByteCount> parse_size(std::string_view text);     // 3M, 3145728
std::optional<Duration> parse_duration(std::string_view text);  // 30s, 5m, 1h, 2d, 250ms, 30
std::optional<bool> parse_boolean(std::string_view text);       // yes, no, true, false, on, off
std::optional<unsigned> parse_mode(std::string_view text);      // 0660, 660; at most 0777
std::optional<TimePoint> parse_date(std::string_view text);     // 2027-03-31: its first moment, in UTC

// In the largest unit that holds the value without a fraction; read back to the same value.
std::string write_size(ByteCount size);
std::string write_duration(Duration duration);
std::string write_boolean(bool value);
std::string write_mode(unsigned mode);
std::string write_date(TimePoint time);  // the day in UTC

}  // namespace graph_milter::config
