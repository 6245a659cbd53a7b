// SPDX-License-Identifier: Apache-2.0
// Content as it stands between DATA and its end (RFC 5321 section 4.5.2). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace graph_milter::mta {

// Fed in pieces of any size. Only CRLF ends a line. A dot alone behind a CR or LF alone, up to the next CR or LF, is
// refused: a careless server takes it for the end of the content and reads what follows as commands.
class DotStuffer {
 public:
  // Appends `bytes` to `out`, with a second dot before each dot that begins a line. False: refused.
  bool feed(std::string_view bytes, std::string& out);

  // What ends the content: a CRLF if its last line has none, the dot, CRLF. nullopt: refused.
  std::optional<std::string> finish() const;

 private:
  enum class Before {
    LineStart,  // of the content, or behind a CRLF
    Cr,         // the next byte says whether it is alone
    BareEnd,    // an LF alone
    BareDot,    // a dot alone so far, behind a CR or LF alone
    Text,
  };
  Before before_ = Before::LineStart;
};

}  // namespace graph_milter::mta
