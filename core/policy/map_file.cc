// SPDX-License-Identifier: Apache-2.0
#include "core/policy/map_file.h"

#include <algorithm>
#include <utility>

#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

constexpr ByteCount kLargestMap = 64ULL * 1024 * 1024;

}  // namespace

Result<std::vector<MapEntry>> read_map_file(const std::string& path) {
  auto text = read_small_file(path, kLargestMap);
  if (!text) {
    Error error = std::move(text).error();
    error.kind = ErrorKind::Usage;
    return fail(std::move(error));
  }
  return read_map_text(*text, path);
}

Result<std::vector<MapEntry>> read_map_text(std::string_view text, const std::string& path_for_errors) {
  std::vector<MapEntry> entries;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    if (is_blank(line.front())) {
      if (!entries.empty()) {
        std::string& value = entries.back().value;
        value += (value.empty() ? "" : " ") + std::string(content);
        continue;
      }
      return fail(ErrorKind::Usage, format("{}:{}", path_for_errors, number),
                  "begins with a blank, so it goes on with a line before, and there is none",
                  "begin the line with the pattern");
    }
    const std::string_view key = content.substr(0, content.find_first_of(" \t"));
    entries.push_back(MapEntry{std::string(key), std::string(trim(content.substr(key.size()))), number});
  }
  return entries;
}

}  // namespace graph_milter::policy
