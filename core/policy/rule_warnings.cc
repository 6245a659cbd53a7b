// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rule_warnings.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"
#include "core/policy/match.h"

namespace graph_milter::policy {

namespace {

struct NamedList {
  std::string_view key;
  std::optional<MatchList> Rule::*list;
};
constexpr std::array kLists = {
    NamedList{"client", &Rule::client},
    NamedList{"daemon", &Rule::daemon},
    NamedList{"login", &Rule::login},
    NamedList{"sender", &Rule::sender},
    NamedList{"from", &Rule::from},
    NamedList{"recipient", &Rule::recipient},
    NamedList{"all-recipients", &Rule::all_recipients},
    NamedList{"recipients-are", &Rule::recipients_are},
    NamedList{"part-type", &Rule::part_type},
    NamedList{"part-name", &Rule::part_name},
};

struct NamedSizes {
  std::string_view key;
  std::optional<SizeSet> Rule::*sizes;
};
constexpr std::array kSizes = {
    NamedSizes{"message-size", &Rule::message_size},
    NamedSizes{"part-size", &Rule::part_size},
    NamedSizes{"large-parts-size", &Rule::large_parts_size},
};

std::string where_of(const Rule& rule) { return format("{}:{}", rule.file, rule.line); }

Error warning(const Rule& rule, std::string what, std::string hint) {
  return make_error(ErrorKind::Usage, where_of(rule), std::move(what), std::move(hint));
}

Error never(const Rule& rule, std::string_view why, std::string hint) {
  return warning(rule, format("rule {} can never match: {}", rule.name, why), std::move(hint));
}

std::optional<Error> empty_condition(const Rule& rule) {
  for (const NamedList& item : kLists) {
    const auto& list = rule.*item.list;
    if (!list || !list->is_empty()) continue;
    return never(rule, format("{} = {} leaves nothing over", item.key, escape_for_log(list->text(), 120)),
                 "what stands behind a ! that holds it is never reached: put it before");
  }
  for (const NamedSizes& item : kSizes) {
    const auto& sizes = rule.*item.sizes;
    if (!sizes || !sizes->is_empty()) continue;
    return never(rule, format("{} = {} holds no size", item.key, escape_for_log(sizes->text(), 120)),
                 "write the smaller size first: 1M-3M");
  }
  return std::nullopt;
}

// What a message must have at least by one condition and at most by another.
std::optional<Error> sizes_that_exclude(const Rule& rule) {
  for (const NamedSizes& parts : {kSizes[1], kSizes[2]}) {
    const auto& inner = rule.*parts.sizes;
    if (!inner || !rule.message_size || inner->smallest() <= rule.message_size->largest()) continue;
    return never(rule,
                 format("{} = {} makes the message larger than message-size = {}", parts.key, inner->text(),
                        rule.message_size->text()),
                 "correct one of them");
  }
  const bool sum_holds_largest =
      rule.part_size && rule.large_parts_size && rule.threshold().value_or(0) <= rule.part_size->smallest();
  if (sum_holds_largest && rule.large_parts_size->largest() < rule.part_size->smallest()) {
    return never(rule,
                 format("a part of part-size = {} is more than large-parts-size = {}", rule.part_size->text(),
                        rule.large_parts_size->text()),
                 "correct one of them");
  }
  return std::nullopt;
}

std::optional<Error> beyond_limits(const Rule& rule, const RelayLimits& limits) {
  if (rule.action != Action::Relay) return std::nullopt;
  if (rule.part_size && rule.part_size->smallest() > limits.part) {
    return warning(rule,
                   format("rule {} relays nothing: part-size = {} is more than max-part-size, {}", rule.name,
                          rule.part_size->text(), config::write_size(limits.part)),
                   "correct one of them");
  }
  for (const NamedSizes& item : kSizes) {
    const auto& sizes = rule.*item.sizes;
    if (!sizes || sizes->smallest() <= limits.message) continue;
    return warning(rule,
                   format("rule {} relays nothing: {} = {} is more than max-message-size, {}", rule.name, item.key,
                          sizes->text(), config::write_size(limits.message)),
                   "correct one of them");
  }
  return std::nullopt;
}

std::vector<Error> idle_items(const Rule& rule) {
  std::vector<Error> out;
  for (const NamedList& item : kLists) {
    const auto& list = rule.*item.list;
    if (!list) continue;
    for (const std::string& idle : list->idle_items()) {
      out.push_back(warning(rule,
                            format("{} never decides in {} = {}, in rule {}", escape_for_log(idle, 120), item.key,
                                   escape_for_log(list->text(), 120), rule.name),
                            "an item before it matches all that it matches: put it before that one, or remove it"));
    }
  }
  return out;
}

// Every condition of `outer` holds whenever those of `inner` do. `outer_checks` and `inner_checks` are in one order.
bool takes_all_of(const Rule& outer, const Checks& outer_checks, const Rule& inner) {
  return std::all_of(outer_checks.begin(), outer_checks.end(),
                     [&](const Check* check) { return check->includes(outer, inner); });
}

std::vector<Error> shadows(const std::vector<Rule>& rules, const std::vector<Checks>& checks,
                           std::uint64_t& comparisons, std::size_t index) {
  for (std::size_t i = 0; i < index && comparisons > 0; ++i) {
    --comparisons;
    const bool asks_no_more =
        std::includes(checks[index].begin(), checks[index].end(), checks[i].begin(), checks[i].end());
    if (!asks_no_more || !takes_all_of(rules[i], checks[i], rules[index])) continue;
    return {warning(rules[index],
                    format("rule {} is never reached: rule {} in {} takes all that it could match", rules[index].name,
                           rules[i].name, where_of(rules[i])),
                    "put it before that rule, or remove it")};
  }
  return {};
}

}  // namespace

std::vector<Error> find_warnings(const std::vector<Rule>& rules, const RelayLimits& limits, std::uint64_t comparisons) {
  std::vector<Checks> checks;
  std::transform(rules.begin(), rules.end(), std::back_inserter(checks), checks_of);
  std::vector<Error> out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    // The first reason is enough: others mostly follow from it.
    std::optional<Error> found = empty_condition(rule);
    if (!found) found = sizes_that_exclude(rule);
    if (!found) found = beyond_limits(rule, limits);
    if (found) {
      out.push_back(*std::move(found));
      continue;
    }
    for (auto& list : {idle_items(rule), shadows(rules, checks, comparisons, i)}) {
      out.insert(out.end(), list.begin(), list.end());
    }
  }
  return out;
}

}  // namespace graph_milter::policy
