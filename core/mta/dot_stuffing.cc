// SPDX-License-Identifier: Apache-2.0
#include "core/mta/dot_stuffing.h"

namespace graph_milter::mta {

bool DotStuffer::feed(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const bool ends_line = c == '\r' || c == '\n';
    if (before_ == Before::BareDot && ends_line) return false;
    const bool behind_crlf = before_ == Before::LineStart;
    const bool behind_bare_end = before_ == Before::BareEnd || (before_ == Before::Cr && c != '\n');
    if (c == '\r') {
      before_ = Before::Cr;
    } else if (c == '\n') {
      before_ = before_ == Before::Cr ? Before::LineStart : Before::BareEnd;
    } else if (c == '.' && behind_bare_end) {
      before_ = Before::BareDot;
    } else {
      if (c == '.' && behind_crlf) out += '.';
      before_ = Before::Text;
    }
    out += c;
  }
  return true;
}

std::optional<std::string> DotStuffer::finish() const {
  if (before_ == Before::BareDot) return std::nullopt;
  return before_ == Before::LineStart ? ".\r\n" : "\r\n.\r\n";
}

}  // namespace graph_milter::mta
