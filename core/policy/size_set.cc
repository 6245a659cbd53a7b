// SPDX-License-Identifier: Apache-2.0
#include "core/policy/size_set.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"
#include "core/policy/match_list.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

constexpr std::size_t kMostItems = 64;

struct Item {
  bool negated = false;
  ByteCount least = 0;
  ByteCount most = SizeSet::kNoLimit;

  bool holds(ByteCount size) const { return least <= size && size <= most; }
};

std::optional<Item> parse_item(std::string_view word) {
  Item item;
  item.negated = word.starts_with('!');
  if (item.negated) word.remove_prefix(1);
  const std::size_t dash = word.find('-');
  const std::string_view least = word.substr(0, dash);
  if (dash != std::string_view::npos) {
    const auto most = config::parse_size(word.substr(dash + 1));
    if (!most) return std::nullopt;
    item.most = *most;
    if (least.empty()) return item;
  }
  const auto size = config::parse_size(least);
  if (!size) return std::nullopt;
  item.least = *size;
  return item;
}

bool first_match(const std::vector<Item>& items, ByteCount size) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.holds(size); });
  if (found != items.end()) return !found->negated;
  return std::all_of(items.begin(), items.end(), [](const Item& item) { return item.negated; });
}

}  // namespace

Result<SizeSet> SizeSet::parse(const config::ConfLine& line) {
  SizeSet set;
  set.text_ = trim(line.value);
  std::vector<Item> items;
  for (const std::string& word : split_items(line.value)) {
    const auto item = parse_item(word);
    if (!item) {
      return refuse(line.where(), format("{} = {} is not a size", line.key, escape_for_log(word, 80)),
                    format("write {}; 3M is at least that much, -3M at most, 1M-3M between", config::kSizeForm));
    }
    items.push_back(*item);
  }
  if (items.empty() || items.size() > kMostItems) {
    return refuse(line.where(), format("{} has {} sizes", line.key, items.size()), format("write 1 to {}", kMostItems));
  }
  // What is held can only change where an item begins or right behind one.
  std::set<ByteCount> steps = {0};
  for (const Item& item : items) {
    steps.insert(item.least);
    if (item.most != kNoLimit) steps.insert(item.most + 1);
  }
  for (auto step = steps.begin(); step != steps.end(); ++step) {
    if (!first_match(items, *step)) continue;
    const ByteCount most = std::next(step) == steps.end() ? kNoLimit : *std::next(step) - 1;
    const bool goes_on = !set.spans_.empty() && set.spans_.back().most + 1 == *step;
    if (goes_on) {
      set.spans_.back().most = most;
    } else {
      set.spans_.push_back({*step, most});
    }
  }
  return set;
}

bool SizeSet::holds(ByteCount size) const {
  return std::any_of(spans_.begin(), spans_.end(),
                     [&](const Span& span) { return span.least <= size && size <= span.most; });
}

bool SizeSet::includes(const SizeSet& other) const {
  return std::all_of(other.spans_.begin(), other.spans_.end(), [&](const Span& inner) {
    return std::any_of(spans_.begin(), spans_.end(),
                       [&](const Span& outer) { return outer.least <= inner.least && inner.most <= outer.most; });
  });
}

std::string SizeSet::why_not(ByteCount size) const {
  if (!is_empty() && size < smallest()) return format("has {} bytes, fewer than {}", size, smallest());
  if (!is_empty() && size > largest()) return format("has {} bytes, more than {}", size, largest());
  return format("has {} bytes, which is not in {}", size, text_);
}

}  // namespace graph_milter::policy
