// SPDX-License-Identifier: Apache-2.0
// The lines of a lookup table in Postfix's form (postmap(1), INPUT FILE FORMAT), before anybody knows what they mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace graph_milter::policy {

inline constexpr ByteCount kLargestMap = 64ULL * 1024 * 1024;  // a file
inline constexpr std::size_t kLongestMapLine = 64 * 1024;      // with all lines that continue it

struct MapLine {
  std::string text;  // without blanks at its ends
  int line = 0;      // where it begins, from 1
};

// Lines that are empty or begin with '#' (also behind blanks) are left out; a line that begins with a blank goes on
// with the line before, and keeps that blank. A byte order mark and CR before LF are dropped. Usage, naming file and
// line, on a first line that has nothing to go on with, a NUL byte, bytes that are not UTF-8 (with the column), and
// what is beyond the bounds or has more than `most_lines`.
Result<std::vector<MapLine>> read_map_lines(std::string_view text, const std::string& path, std::size_t most_lines);

// `key value`: the key ends at the first blank that is not in "quotes", which stay part of it; a backslash takes the
// next character as it is. False if a quote is left open.
bool split_map_line(std::string_view line, std::string_view& key, std::string_view& value);

}  // namespace graph_milter::policy
