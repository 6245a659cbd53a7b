// SPDX-License-Identifier: Apache-2.0
#include "core/policy/map_lines.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

class LineReader {
 public:
  LineReader(const std::string& path, std::size_t most_lines) : path_(path), most_lines_(most_lines) {}

  Result<std::vector<MapLine>> read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      ++number_;
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      GM_TRY(check_bytes(line));
      GM_TRY(take(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line));
    }
    for (MapLine& line : lines_) line.text = trim(line.text);
    return std::move(lines_);
  }

 private:
  tl::unexpected<Error> refuse(std::string what, std::string hint, std::size_t column = 0) const {
    std::string where = format("{}:{}", path_, number_);
    if (column > 0) where += format(":{}", column);
    return fail(ErrorKind::Usage, std::move(where), std::move(what), std::move(hint));
  }

  Status check_bytes(std::string_view line) const {
    if (const auto nul = line.find('\0'); nul != std::string_view::npos) {
      return refuse("a NUL byte; this is not a text file", {}, nul + 1);
    }
    if (const auto bad = find_invalid_utf8(line); bad != std::string_view::npos) {
      return refuse("not UTF-8", "save the file as UTF-8", bad + 1);
    }
    return {};
  }

  Status take(std::string_view line) {
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#') return {};
    if (!is_blank(line.front())) {
      if (lines_.size() >= most_lines_) {
        return refuse(format("more than {} entries", most_lines_), "split the file, or use fewer entries");
      }
      lines_.push_back(MapLine{std::string(line), number_});
    } else if (lines_.empty()) {
      return refuse("begins with a blank, so it goes on with a line before, and there is none",
                    "begin the line with the pattern");
    } else {
      lines_.back().text += line;
    }
    if (lines_.back().text.size() <= kLongestMapLine) return {};
    return refuse(
        format("the entry that begins in line {} is longer than {} bytes", lines_.back().line, kLongestMapLine),
        "make several entries of it");
  }

  const std::string& path_;
  const std::size_t most_lines_;
  int number_ = 0;
  std::vector<MapLine> lines_;
};

}  // namespace

Result<std::vector<MapLine>> read_map_lines(std::string_view text, const std::string& path, std::size_t most_lines) {
  return LineReader(path, most_lines).read(text);
}

bool split_map_line(std::string_view line, std::string_view& key, std::string_view& value) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < line.size(); ++end) {
    const char c = line[end];
    if (c == '\\') {
      ++end;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (is_blank(c) && !quoted) {
      break;
    }
  }
  key = line.substr(0, end);
  value = trim(line.substr(std::min(end, line.size())));
  return !quoted;
}

}  // namespace graph_milter::policy
