// SPDX-License-Identifier: Apache-2.0
// An ordered table with if and endif, as Postfix's cidr_table(5) and pcre_table(5) have it: reading its lines, and
// walking it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/policy/map_lines.h"

namespace graph_milter::policy {

// A line of such a table: "!pattern value", "if !pattern" or "endif".
struct TableLine {
  enum class Kind { Match, If, EndIf };
  Kind kind = Kind::Match;
  bool negated = false;
  std::string_view rest;  // behind "if" and '!'; views into the line
};
// Usage, at `where`, on words behind endif, and on "if" and '!' with nothing behind them.
Result<TableLine> read_table_line(std::string_view line, const std::string& where);

// `Condition` is whatever a line asks of the key.
template <class Condition>
class FirstMatch {
 public:
  struct Entry {
    Condition condition;
    bool negated = false;
    std::string value;
    int line = 0;
    std::optional<std::size_t> block_end;  // set: an if; the entry behind its endif
  };

  void add(Entry entry) { entries_.push_back(std::move(entry)); }
  void open_block(Entry entry) {
    open_.push_back(entries_.size());
    entries_.push_back(std::move(entry));
  }
  bool close_block() {  // false: none is open
    if (open_.empty()) return false;
    entries_[open_.back()].block_end = entries_.size();
    open_.pop_back();
    return true;
  }
  // The line of an if that has no endif.
  std::optional<int> open_line() const {
    return open_.empty() ? std::nullopt : std::optional<int>(entries_[open_.back()].line);
  }

  std::size_t size() const { return entries_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }

  // `holds(entry)` says whether its condition, negated or not, holds. The first entry that is no if and holds.
  template <class Holds>
  const Entry* find(Holds holds) const {
    for (std::size_t i = 0; i < entries_.size();) {
      const Entry& entry = entries_[i];
      const bool is_true = holds(entry);
      if (!entry.block_end) {
        if (is_true) return &entry;
        ++i;
      } else {
        i = is_true ? i + 1 : *entry.block_end;
      }
    }
    return nullptr;
  }

 private:
  std::vector<Entry> entries_;
  std::vector<std::size_t> open_;
};

}  // namespace graph_milter::policy
