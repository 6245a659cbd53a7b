// SPDX-License-Identifier: Apache-2.0
// Keys that say whom a rule is for.
#include <array>

#include "core/base/text.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;

Status set_client(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.client, NetworkList::parse(line.value, line.where()));
  return {};
}

Status set_daemon(Rule& rule, const ConfLine& line) {
  rule.daemons = split_list(line.value);
  if (!rule.daemons.empty()) return {};
  return refuse(line.where(), "daemon names nothing", "write what milter_macro_daemon_name says in master.cf");
}

Status set_login(Rule& rule, const ConfLine& line, MapStore& maps) {
  GM_TRY_ASSIGN(rule.login, AddressPatterns::parse(line.value, line.where(), maps, PatternKind::Login));
  return {};
}

Status set_from(Rule& rule, const ConfLine& line, MapStore& maps) {
  GM_TRY_ASSIGN(rule.from, AddressPatterns::parse(line.value, line.where(), maps));
  return {};
}

Status set_sender(Rule& rule, const ConfLine& line, MapStore& maps) {
  GM_TRY_ASSIGN(rule.sender, AddressPatterns::parse(line.value, line.where(), maps));
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
    Key{"client", KeyKind::Condition, set_client},       Key{"daemon", KeyKind::Condition, set_daemon},
    Key{"login", KeyKind::Condition, set_login},         Key{"from", KeyKind::Condition, set_from},
    Key{"sender", KeyKind::Condition, set_sender},       Key{"sender-map", KeyKind::Condition, set_sender_map},
    Key{"part-size", KeyKind::Condition, set_part_size}, Key{"message-size", KeyKind::Condition, set_message_size},
};

}  // namespace

std::span<const Key> condition_keys() { return kKeys; }

}  // namespace graph_milter::policy
