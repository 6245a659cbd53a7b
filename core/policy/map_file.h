// SPDX-License-Identifier: Apache-2.0
// Postfix's text form of a lookup table, as far as a list needs it (postmap(1), INPUT FILE FORMAT).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::policy {

struct MapEntry {
  std::string key;
  std::string value;  // without blanks around it, continued lines joined by one blank; empty: none
  int line = 0;       // from 1
};

// `key` or `key value` a line. Lines that are empty or begin with '#' are skipped; a line that begins with a blank goes
// on with the line before. Fails with Usage on a first line that has nothing to go on with, and if the file can't be
// read.
Result<std::vector<MapEntry>> read_map_file(const std::string& path);
Result<std::vector<MapEntry>> read_map_text(std::string_view text, const std::string& path_for_errors);

}  // namespace graph_milter::policy
