// SPDX-License-Identifier: Apache-2.0
// What the tables of checks are made of.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/policy/match.h"

namespace graph_milter::policy {

inline std::string shown(std::string_view value) { return value.empty() ? "(none)" : escape_for_log(value, 120); }

inline Holds holds_if(bool condition) { return condition ? Holds::Yes : Holds::No; }

inline Holds holds_by(Match match) {
  if (match == Match::Unknown) return Holds::Unknown;
  return holds_if(match != Match::No);
}

// One of the subjects is in the list; `of` makes a subject of an element.
template <class Range, class Of>
Holds some_hold(const MatchList& list, const Range& range, PatternWork& work, Of of) {
  Holds holds = Holds::No;
  for (const auto& element : range) {
    const Holds one = holds_by(list.find(of(element), work).match);
    if (one == Holds::Yes) return one;
    if (one == Holds::Unknown) holds = one;
  }
  return holds;
}

template <auto Member>
bool is_set(const Rule& rule) {
  return (rule.*Member).has_value();
}

template <auto Member>
bool member_includes(const Rule& outer, const Rule& inner) {
  return (outer.*Member)->includes(*(inner.*Member));
}

template <auto Member>
std::string member_text(const Rule& rule) {
  return (rule.*Member)->text();
}

template <std::optional<MatchList> Rule::*Member>
std::optional<Names> member_names(const Rule& rule) {
  return (rule.*Member)->names();
}

// Of both checks of sender-map.
inline bool same_map(const Rule& outer, const Rule& inner) {
  return outer.sender_map->path() == inner.sender_map->path();
}

inline std::string map_path(const Rule& rule) { return rule.sender_map->path(); }

inline std::string why_not_in(const MatchList& list, std::string_view what, const Subject& subject,
                              Question& question) {
  return list.why_not(what, subject, list.find(subject, question.work()));
}

}  // namespace graph_milter::policy
