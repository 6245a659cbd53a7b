// SPDX-License-Identifier: Apache-2.0
#include "core/intake/header_bytes.h"

namespace graph_milter::intake {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ':';
  for (std::size_t from = 0;;) {
    const std::size_t feed = value.find('\n', from);
    if (feed == std::string_view::npos) {
      out += value.substr(from);
      break;
    }
    out += value.substr(from, feed - from);
    if (feed == 0 || value[feed - 1] != '\r') out += '\r';
    out += '\n';
    from = feed + 1;
  }
  out += "\r\n";
}

}  // namespace graph_milter::intake
