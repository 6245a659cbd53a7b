// SPDX-License-Identifier: Apache-2.0
// Keys that say whom a rule is for.
#include <array>
#include <utility>

#include "core/policy/list_kinds.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;

// A list of the kind as the value of the member.
template <std::optional<MatchList> Rule::*Member, const ListKind& Kind>
Status set_list(Rule& rule, const ConfLine& line, MapStore& maps) {
  GM_TRY_ASSIGN(rule.*Member, MatchList::parse(line, Kind, maps));
  return {};
}

Status set_sender_map(Rule& rule, const ConfLine& line, MapStore& maps) {
  GM_TRY_ASSIGN(rule.sender_map, SenderMap::read(line.value, line.where(), maps));
  return {};
}

template <std::optional<SizeSet> Rule::*Member>
Status set_sizes(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.*Member, SizeSet::parse(line));
  return {};
}

Status add_header(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(HeaderCondition header, HeaderCondition::parse(line));
  rule.headers.push_back(std::move(header));
  return {};
}

constexpr std::array kKeys = {
    Key{"client", KeyKind::Condition, set_list<&Rule::client, kClientList>},
    Key{"daemon", KeyKind::Condition, set_list<&Rule::daemon, kDaemonList>},
    Key{"login", KeyKind::Condition, set_list<&Rule::login, kLoginList>},
    Key{"from", KeyKind::Condition, set_list<&Rule::from, kAddressList>},
    Key{"sender", KeyKind::Condition, set_list<&Rule::sender, kAddressList>},
    Key{"sender-map", KeyKind::Condition, set_sender_map},
    Key{"recipient", KeyKind::Condition, set_list<&Rule::recipient, kAddressList>},
    Key{"all-recipients", KeyKind::Condition, set_list<&Rule::all_recipients, kAddressList>},
    Key{"recipients-are", KeyKind::Condition, set_list<&Rule::recipients_are, kSideList>},
    Key{"header", KeyKind::Condition, add_header, true},
    Key{"message-size", KeyKind::Condition, set_sizes<&Rule::message_size>},
    Key{"part-size", KeyKind::Condition, set_sizes<&Rule::part_size>},
    Key{"large-parts-size", KeyKind::Condition, set_sizes<&Rule::large_parts_size>},
    Key{"part-type", KeyKind::Condition, set_list<&Rule::part_type, kTypeList>},
    Key{"part-name", KeyKind::Condition, set_list<&Rule::part_name, kNameList>},
};

}  // namespace

std::span<const Key> condition_keys() { return kKeys; }

}  // namespace graph_milter::policy
