// SPDX-License-Identifier: Apache-2.0
// The value of a condition: a list of items, searched from left to right. The first item that matches decides; behind a
// '!' it decides that the list does not hold. A list whose items all have a '!' holds for everything else.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/conf_text.h"
#include "core/policy/map_store.h"
#include "core/policy/matcher.h"

namespace graph_milter::policy {

// One way to write an item. Rows are tried in order; the last one takes whatever is left.
struct ItemKind {
  bool (*takes)(std::string_view word) = nullptr;  // without its '!'
  // Items of this kind that stand side by side, all with '!' or all without, are read into one matcher.
  bool together = false;
  // `words` are one or (together) more, without their '!'. Usage, at `where`.
  Result<MatcherPointer> (*read)(std::span<const std::string> words, const std::string& where,
                                 MapStore& maps) = nullptr;
};

struct ListKind {
  std::string_view empty;       // what to say of an empty list: "an empty list of networks"
  std::string_view empty_hint;  // may be empty
  std::span<const ItemKind> items;
};

// The items of a value: between commas or blanks, "quotes" and /patterns/ in one piece; an item that is one quoted text
// loses its quotes.
std::vector<std::string> split_items(std::string_view value);

// A value; any thread may ask.
class MatchList {
 public:
  static Result<MatchList> parse(const config::ConfLine& line, const ListKind& kind, MapStore& maps);
  static Result<MatchList> parse(std::string_view value, const std::string& where, const ListKind& kind,
                                 MapStore& maps);

  // What decided: the item's match, Wide for all that a list of '!' leaves over, No.
  struct Found {
    Match match = Match::No;
    std::size_t item = kNone;  // which; kNone: none matched
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  };
  Found find(const Subject& subject, PatternWork& work) const;
  bool matches(const Subject& subject) const;

  // As it was written; split_items() makes the same items of it again.
  const std::string& text() const { return text_; }
  // "client 10.1.2.3 is not in 10.1.20.0/24", "client 10.1.20.7 is kept out by !10.1.20.7". REQUIRES: `found` is No.
  std::string why_not(std::string_view what, const Subject& subject, const Found& found) const;

  // Every item has a '!'.
  bool is_negative() const { return is_negative_; }

  // Names of all that it can hold for (subject.h); nullopt: they can't be listed.
  std::optional<Names> names() const;

  // Who matches can't be told from all others: a list of '!' only, or networks that hold everybody.
  bool holds_everybody() const;

  std::vector<std::string> written_domains() const;  // of items without '!'

  // The addresses that items without '!' name exactly, canonical, also in files.
  void add_addresses(std::set<std::string>& out) const;

  // Whatever `other` holds for, this holds for. False where that can't be told.
  bool includes(const MatchList& other) const;

  // The items that can never decide, since those before them match all that they match; of the first items only.
  std::vector<std::string> idle_items() const;
  // No subject can hold: every item without '!' is idle.
  bool is_empty() const;

 private:
  struct Item {
    bool negated = false;
    MatcherPointer matcher;
  };
  static Result<MatchList> read(std::string_view value, const std::vector<std::string>& words, const std::string& where,
                                const ListKind& kind, MapStore& maps);
  Status add(const ItemKind& kind, bool negated, std::span<const std::string> words, const std::string& where,
             MapStore& maps);
  bool is_idle(std::size_t index) const;

  std::vector<Item> items_;
  bool is_negative_ = false;
  std::string text_;
};

}  // namespace graph_milter::policy
