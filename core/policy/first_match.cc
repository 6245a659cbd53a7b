// SPDX-License-Identifier: Apache-2.0
#include "core/policy/first_match.h"

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::policy {

namespace {

// "if" and a blank or '!' or a delimiter: Postfix asks for a blank, and so does this.
bool take_word(std::string_view& line, std::string_view word) {
  if (!starts_with_ignoring_case(line, word)) return false;
  if (line.size() > word.size() && !is_blank(line[word.size()])) return false;
  line = trim(line.substr(word.size()));
  return true;
}

}  // namespace

Result<TableLine> read_table_line(std::string_view line, const std::string& where) {
  TableLine out;
  if (take_word(line, "endif")) {
    out.kind = TableLine::Kind::EndIf;
    if (line.empty()) return out;
    return fail(ErrorKind::Usage, where, format("\"{}\" behind endif", escape_for_log(line, 80)),
                "endif stands alone in its line");
  }
  if (take_word(line, "if")) out.kind = TableLine::Kind::If;
  if (line.starts_with('!')) {
    out.negated = true;
    line = trim(line.substr(1));
  }
  out.rest = line;
  if (!line.empty()) return out;
  return fail(ErrorKind::Usage, where, "no pattern stands behind if or !", "write it in the same line");
}

}  // namespace graph_milter::policy
