// SPDX-License-Identifier: Apache-2.0
// The lexer of conf files: `key = value` lines in [sections], in order, each with file, line and column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::config {

// One setting. A value goes on in the next line if that begins with a blank (empty lines and comment lines between are
// skipped; the pieces are joined by one space); '#' begins a comment at the start of a line or after a blank, and not
// inside "quotes". A value that is one quoted text loses its quotes, and \" and \\ in it stand for " and \.
struct ConfLine {
  std::string file;
  int line = 0;         // from 1, where the key stands
  int column = 0;       // from 1 in bytes, where the value begins
  std::string section;  // "" before the first [section]; "rule scanners" for [rule scanners]
  std::string key;
  std::string value;
  bool quoted = false;  // the value was one quoted text, and no line goes on with it

  std::string where() const;        // "/etc/graph-milter/graph-milter.conf:12"
  std::string where_key() const;    // with the column of the key
  std::string where_value() const;  // with the column of the value
};

struct ConfSection {
  std::string name;
  std::string file;
  int line = 0;
  std::vector<ConfLine> lines;

  std::string where() const;
};

// Sections in the order of the text, equal names kept apart. sections[0] has the empty name.
struct ConfText {
  std::vector<ConfSection> sections;
  std::vector<std::string> files = {};  // that were read, in order, as they were named; none for a text
};

// `include = FILE` lines are followed (relative to the including file; a loop is an error that names it). An included
// file begins in the section that includes it, and that section goes on after it, whatever sections the file opened.
// Bounds: 1 MiB a file, 8 MiB in all, 16 files deep. Errors are of kind Usage, or System for a file that can't be read.
Result<ConfText> read_conf_file(const std::string& path);
Result<ConfText> read_conf_text(std::string_view text, const std::string& file_for_errors);

}  // namespace graph_milter::config
