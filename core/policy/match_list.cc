// SPDX-License-Identifier: Apache-2.0
#include "core/policy/match_list.h"

#include <algorithm>
#include <iterator>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/conf_value.h"

namespace graph_milter::policy {

namespace {

// Comparing all items with all before them is for lists that people write by hand.
constexpr std::size_t kLongestJudged = 64;

bool is_separator(char c) { return c == ',' || is_blank(c); }

// Past the character that ends what begins at `at`; npos if there is none.
std::size_t skip_enclosed(std::string_view value, std::size_t at) {
  const char end = value[at];
  for (++at; at < value.size(); ++at) {
    if (value[at] == '\\') {
      ++at;
    } else if (value[at] == end) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// A slash only encloses where it begins an item: networks have one too.
std::size_t item_end(std::string_view value, std::size_t at) {
  if (value[at] == '!') ++at;
  if (at < value.size() && value[at] == '/') at = skip_enclosed(value, at);
  while (at < value.size() && !is_separator(value[at])) at = value[at] == '"' ? skip_enclosed(value, at) : at + 1;
  return std::min(at, value.size());
}

std::string without_quotes(std::string_view item) {
  const std::string_view sign = item.starts_with('!') ? item.substr(0, 1) : std::string_view();
  const std::string_view body = item.substr(sign.size());
  if (body.size() < 2 || body.front() != '"' || skip_enclosed(body, 0) != body.size()) return std::string(item);
  std::string out(sign);
  for (std::size_t i = 1; i + 1 < body.size(); ++i) {
    if (body[i] == '\\' && i + 2 < body.size()) ++i;
    out += body[i];
  }
  return out;
}

const ItemKind& kind_of(std::string_view word, const ListKind& kind) {
  return *std::find_if(kind.items.begin(), std::prev(kind.items.end()),
                       [&](const ItemKind& item) { return item.takes(word); });
}

Status check_sign(std::string_view word, const std::string& where) {
  if (!word.starts_with('!')) return {};
  if (word.size() == 1) {
    return fail(ErrorKind::Usage, where, "\"!\" stands alone", "write it right before an item, as in !item");
  }
  if (!word.starts_with("!!")) return {};
  return fail(ErrorKind::Usage, where, format("\"{}\" has more than one \"!\"", escape_for_log(word, 80)), "write one");
}

std::string_view body_of(const std::string& word) {
  return word.starts_with('!') ? std::string_view(word).substr(1) : std::string_view(word);
}

std::string shown(std::string_view value) { return value.empty() ? "(none)" : escape_for_log(value, 120); }

}  // namespace

std::vector<std::string> split_items(std::string_view value) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at < value.size();) {
    if (is_separator(value[at])) {
      ++at;
      continue;
    }
    const std::size_t end = item_end(value, at);
    items.push_back(without_quotes(value.substr(at, end - at)));
    at = end;
  }
  return items;
}

Result<MatchList> MatchList::parse(const config::ConfLine& line, const ListKind& kind, MapStore& maps) {
  return read(line.value, line.quoted ? std::vector<std::string>{line.value} : split_items(line.value), line.where(),
              kind, maps);
}

Result<MatchList> MatchList::parse(std::string_view value, const std::string& where, const ListKind& kind,
                                   MapStore& maps) {
  return read(value, split_items(value), where, kind, maps);
}

Result<MatchList> MatchList::read(std::string_view value, const std::vector<std::string>& words,
                                  const std::string& where, const ListKind& kind, MapStore& maps) {
  MatchList list;
  list.text_ = words == split_items(value) ? std::string(trim(value)) : config::in_quotes(value);
  if (words.empty()) return fail(ErrorKind::Usage, where, std::string(kind.empty), std::string(kind.empty_hint));
  for (std::size_t at = 0; at < words.size();) {
    GM_TRY(check_sign(words[at], where));
    const bool negated = words[at].starts_with('!');
    const ItemKind& item = kind_of(body_of(words[at]), kind);
    std::vector<std::string> run;
    do {
      run.emplace_back(body_of(words[at++]));
    } while (item.together && at < words.size() && words[at].starts_with('!') == negated &&
             !words[at].starts_with("!!") && words[at] != "!" && &kind_of(body_of(words[at]), kind) == &item);
    GM_TRY(list.add(item, negated, run, where, maps));
  }
  list.is_negative_ =
      std::all_of(list.items_.begin(), list.items_.end(), [](const Item& item) { return item.negated; });
  return list;
}

Status MatchList::add(const ItemKind& kind, bool negated, std::span<const std::string> words, const std::string& where,
                      MapStore& maps) {
  GM_TRY_ASSIGN(MatcherPointer matcher, kind.read(words, where, maps));
  items_.push_back(Item{negated, std::move(matcher)});
  return {};
}

MatchList::Found MatchList::find(const Subject& subject, PatternWork& work) const {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Match match = items_[i].matcher->find(subject, work);
    if (match == Match::No) continue;
    if (match == Match::Unknown) return {match, i};
    return {items_[i].negated ? Match::No : match, i};
  }
  return {is_negative_ ? Match::Wide : Match::No, Found::kNone};
}

bool MatchList::matches(const Subject& subject) const {
  PatternWork work;
  const Match match = find(subject, work).match;
  return match == Match::Wide || match == Match::Exact;
}

std::string MatchList::why_not(std::string_view what, const Subject& subject, const Found& found) const {
  if (found.item == Found::kNone) return format("{} {} is not in {}", what, shown(subject.text), text_);
  return format("{} {} is kept out by !{}", what, shown(subject.text), items_[found.item].matcher->text());
}

// What a '!' keeps out does not make the rest a known circle: 0.0.0.0/0 without one network is still everybody.
bool MatchList::holds_everybody() const {
  if (is_negative_) return true;
  NetworkSet all;
  for (const Item& item : items_) {
    if (item.negated) continue;
    if (item.matcher->holds_everybody()) return true;
    if (item.matcher->networks() != nullptr) all.add_all_of(*item.matcher->networks());
  }
  return all.holds_everybody();
}

std::optional<Names> MatchList::names() const {
  if (is_negative_) return std::nullopt;
  Names out;
  for (const Item& item : items_) {
    const auto names = item.matcher->names();
    if (!names) return std::nullopt;
    if (!item.negated) out.insert(out.end(), names->begin(), names->end());
  }
  return out;
}

std::vector<std::string> MatchList::written_domains() const {
  std::vector<std::string> out;
  for (const Item& item : items_) {
    if (item.negated) continue;
    for (std::string& domain : item.matcher->written_domains()) out.push_back(std::move(domain));
  }
  return out;
}

void MatchList::add_addresses(std::set<std::string>& out) const {
  for (const Item& item : items_) {
    if (!item.negated) item.matcher->add_addresses(out);
  }
}

bool MatchList::includes(const MatchList& other) const {
  if (text_ == other.text_) return true;
  const auto lies_in = [](const Item& item, const std::vector<Item>& items) {
    return std::any_of(items.begin(), items.end(),
                       [&](const Item& outer) { return outer.matcher->includes(*item.matcher); });
  };
  const auto is_positive = [](const Item& item) { return !item.negated; };
  if (std::all_of(items_.begin(), items_.end(), is_positive)) {
    // What the other one keeps out only makes it smaller.
    return !other.is_negative_ && std::all_of(other.items_.begin(), other.items_.end(),
                                              [&](const Item& item) { return item.negated || lies_in(item, items_); });
  }
  // All but a few is in all but fewer.
  return is_negative_ && other.is_negative_ &&
         std::all_of(items_.begin(), items_.end(), [&](const Item& item) { return lies_in(item, other.items_); });
}

bool MatchList::is_idle(std::size_t index) const {
  return std::any_of(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(index),
                     [&](const Item& before) { return before.matcher->includes(*items_[index].matcher); });
}

std::vector<std::string> MatchList::idle_items() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min(items_.size(), kLongestJudged); ++i) {
    if (is_idle(i)) out.push_back((items_[i].negated ? "!" : "") + items_[i].matcher->text());
  }
  return out;
}

bool MatchList::is_empty() const {
  if (is_negative_) return false;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!items_[i].negated && (i >= kLongestJudged || !is_idle(i))) return false;
  }
  return true;
}

}  // namespace graph_milter::policy
