// SPDX-License-Identifier: Apache-2.0
// The lexer of conf files: `key = value` lines in [sections], in order, each with file, line and column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::config {

// One setting. A value goes on in the next line if that begins with a blank; '#' begins a comment at the start of a line
// or after a blank, and not inside "quotes".
struct ConfLine {
  std::string file;
  int line = 0;    // from 1, where the key stands
  int column = 0;  // from 1, where the value begins
  std::string section;  // "" before the first [section]; "rule scanners" for [rule scanners]
  std::string key;
  std::string value;

  std::string where() const;  // "/etc/graph-milter/graph-milter.conf:12"
};

struct ConfSection {
  std::string name;
  std::string file;
  int line = 0;
  std::vector<ConfLine> lines;
};

// Sections in the order of the text, equal names kept apart. sections[0] has the empty name.
struct ConfText {
  std::vector<ConfSection> sections;
};

// `include = FILE` lines are followed (relative to the including file; a loop is an error that names it).
Result<ConfText> read_conf_file(const std::string& path);
Result<ConfText> read_conf_text(std::string_view text, const std::string& file_for_errors);

}  // namespace graph_milter::config
