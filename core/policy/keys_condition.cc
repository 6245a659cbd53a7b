// SPDX-License-Identifier: Apache-2.0
// Keys that say whom a rule is for.
#include <array>

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

Status set_part_size(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.part_size, read_size(line));
  return {};
}

Status set_message_size(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.message_size, read_size(line));
  return {};
}

constexpr std::array kKeys = {
    Key{"client", KeyKind::Condition, set_list<&Rule::client, kClientList>},
    Key{"daemon", KeyKind::Condition, set_list<&Rule::daemon, kDaemonList>},
    Key{"login", KeyKind::Condition, set_list<&Rule::login, kLoginList>},
    Key{"from", KeyKind::Condition, set_list<&Rule::from, kAddressList>},
    Key{"sender", KeyKind::Condition, set_list<&Rule::sender, kAddressList>},
    Key{"sender-map", KeyKind::Condition, set_sender_map},
    Key{"part-size", KeyKind::Condition, set_part_size},
    Key{"message-size", KeyKind::Condition, set_message_size},
};

}  // namespace

std::span<const Key> condition_keys() { return kKeys; }

}  // namespace graph_milter::policy
