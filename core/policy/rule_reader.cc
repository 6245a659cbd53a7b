// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rule_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"
#include "core/mail/address.h"
#include "core/mail/name_charset.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;
using config::ConfSection;

constexpr std::string_view kSectionPrefix = "rule ";

tl::unexpected<Error> refuse(std::string where, std::string what, std::string hint) {
  return fail(ErrorKind::Usage, std::move(where), std::move(what), std::move(hint));
}

Result<AddressPatterns> read_patterns(const ConfLine& line) { return AddressPatterns::parse(line.value, line.where()); }

Result<ByteCount> read_size(const ConfLine& line) {
  if (const auto size = config::parse_size(line.value)) return *size;
  return refuse(line.where(), format("{} = {} is not a size", line.key, escape_for_log(line.value, 80)),
                format("write {}", config::kSizeForm));
}

Status set_client(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.client, NetworkList::parse(line.value, line.where()));
  return {};
}

Status set_daemon(Rule& rule, const ConfLine& line) {
  rule.daemons = split_list(line.value);
  if (!rule.daemons.empty()) return {};
  return refuse(line.where(), "daemon names nothing", "write what milter_macro_daemon_name says in master.cf");
}

Status set_login(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.login, AddressPatterns::parse(line.value, line.where(), PatternKind::Login));
  return {};
}

Status set_from(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.from, read_patterns(line));
  return {};
}

Status set_sender(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.sender, read_patterns(line));
  return {};
}

Status set_sender_map(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(rule.sender_map, SenderMap::read(line.value, line.where()));
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

Status set_action(Rule& rule, const ConfLine& line) {
  for (const Action action : {Action::Pass, Action::Relay}) {
    if (line.value == name_of(action)) {
      rule.action = action;
      return {};
    }
  }
  constexpr std::array<std::string_view, 2> actions = {"pass", "relay"};
  const std::string_view near = nearest_word(line.value, actions);
  return refuse(line.where(), format("action = {} is not known", escape_for_log(line.value, 80)),
                near.empty() ? std::string("write pass or relay") : format("did you mean {}?", near));
}

Status set_mailbox(Rule& rule, const ConfLine& line) {
  const auto address = mail::canonical_address(line.value);
  if (!address) {
    return refuse(line.where(), format("mailbox = {} is not an address", escape_for_log(line.value, 80)),
                  "write user@domain");
  }
  rule.mailbox = *address;
  return {};
}

Status set_mime(Rule& rule, const ConfLine& line) {
  if (line.value == "strict" || line.value == "tolerant") {
    rule.mime = line.value == "strict" ? MimeReading::Strict : MimeReading::Tolerant;
    return {};
  }
  constexpr std::array<std::string_view, 2> readings = {"strict", "tolerant"};
  const std::string_view near = nearest_word(line.value, readings);
  return refuse(line.where(), format("mime = {} is not known", escape_for_log(line.value, 80)),
                near.empty() ? std::string("write strict or tolerant") : format("did you mean {}?", near));
}

Status set_message_as_file(Rule& rule, const ConfLine& line) {
  const auto value = config::parse_boolean(line.value);
  if (!value) {
    return refuse(line.where(), format("message-as-file = {} is neither yes nor no", escape_for_log(line.value, 80)),
                  "write yes or no");
  }
  rule.message_as_file = *value;
  return {};
}

Status set_name_charset(Rule& rule, const ConfLine& line) {
  if (!mail::is_name_charset(line.value)) {
    return refuse(line.where(), format("name-charset = {} is not known", escape_for_log(line.value, 80)),
                  "write a charset such as windows-1252 or iso-8859-15");
  }
  rule.name_charset = line.value;
  return {};
}

Status set_draft(Rule& rule, const ConfLine& line) {
  constexpr std::array<std::string_view, 3> kWays = {"auto", "mime", "json"};  // in the order of DraftWay
  const auto way = std::find(kWays.begin(), kWays.end(), line.value);
  if (way == kWays.end()) {
    const std::string_view near = nearest_word(line.value, kWays);
    return refuse(line.where(), format("draft = {} is not known", escape_for_log(line.value, 80)),
                  near.empty() ? std::string("write auto, mime or json") : format("did you mean {}?", near));
  }
  rule.draft = static_cast<config::DraftWay>(way - kWays.begin());
  return {};
}

struct Key {
  std::string_view name;
  Status (*set)(Rule&, const ConfLine&);
};

constexpr std::array kKeys = {Key{"client", set_client},
                              Key{"daemon", set_daemon},
                              Key{"login", set_login},
                              Key{"from", set_from},
                              Key{"sender", set_sender},
                              Key{"sender-map", set_sender_map},
                              Key{"part-size", set_part_size},
                              Key{"message-size", set_message_size},
                              Key{"action", set_action},
                              Key{"mailbox", set_mailbox},
                              Key{"mime", set_mime},
                              Key{"message-as-file", set_message_as_file},
                              Key{"name-charset", set_name_charset},
                              Key{"draft", set_draft}};

tl::unexpected<Error> unknown_key(const ConfLine& line) {
  std::array<std::string_view, kKeys.size()> names;
  std::transform(kKeys.begin(), kKeys.end(), names.begin(), [](const Key& key) { return key.name; });
  const std::string_view near = nearest_word(line.key, names);
  std::string all;
  for (const std::string_view name : names) all += format("{}{}", all.empty() ? "" : ", ", name);
  return refuse(line.where(), format("a rule has no key \"{}\"", escape_for_log(line.key, 80)),
                near.empty() ? "it has " + all : format("did you mean {}?", near));
}

Result<std::string> read_name(const ConfSection& section) {
  const std::string name(section.name.substr(std::min(kSectionPrefix.size(), section.name.size())));
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || is_ascii_digit(c) || c == '.' || c == '_' || c == '-';
  });
  if (good) return name;
  return refuse(section.where(), format("\"{}\" cannot be the name of a rule", escape_for_log(name, 80)),
                "use letters, digits, '.', '_' and '-'");
}

// Where each key of the rule stands, for errors.
using Places = std::map<std::string_view, std::string>;

Result<Places> read_keys(const ConfSection& section, Rule& rule) {
  Places places;
  for (const ConfLine& line : section.lines) {
    const auto key = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& k) { return k.name == line.key; });
    if (key == kKeys.end()) return unknown_key(line);
    const auto [place, is_new] = places.emplace(key->name, line.where());
    if (!is_new) {
      return refuse(
          line.where(), format("{} is set twice in rule {}", line.key, rule.name),
          format("it is set in {} already; write several values in one line, separated by commas", place->second));
    }
    GM_TRY(key->set(rule, line));
  }
  return places;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "not set" : out;
}

Status check_domain(std::string_view domain, const std::string& where, std::string_view key,
                    const std::vector<std::string>& tenant_domains) {
  if (std::find(tenant_domains.begin(), tenant_domains.end(), domain) != tenant_domains.end()) return {};
  return refuse(where, format("{} names the domain {}, and tenant-domains is {}", key, domain, join(tenant_domains)),
                "Graph has mailboxes of the tenant only: correct the rule, or add the domain to tenant-domains");
}

// A relay rule is the only authority by which mail leaves through Graph: it must not be possible to write one that
// gives it away by leaving something out.
Status check_relay(const Rule& rule, const Places& places, const std::string& where,
                   const std::vector<std::string>& tenant_domains) {
  if (!rule.client && !rule.login && !rule.sender_map) {
    return refuse(
        where,
        format("rule {} relays, but does not say for whom: anybody who reaches the MTA could send as its mailboxes",
               rule.name),
        "add client = NETWORK or login = LOGIN");
  }
  if (!rule.from && !rule.sender_map) {
    return refuse(where,
                  format("rule {} relays, but does not say which From: its clients could send as anybody", rule.name),
                  "add from = ADDRESS");
  }
  if (rule.client && !rule.login && !rule.sender_map && rule.client->holds_everybody()) {
    return refuse(places.at("client"),
                  format("client = {} is everybody, in rule {}, which relays", rule.client->text(), rule.name),
                  "name the networks of the devices, or add login = LOGIN");
  }
  if (rule.from) {
    for (const std::string& domain : rule.from->written_domains()) {
      GM_TRY(check_domain(domain, places.at("from"), "from", tenant_domains));
    }
  }
  if (rule.mailbox.empty()) return {};
  return check_domain(mail::domain_of(rule.mailbox), places.at("mailbox"), "mailbox", tenant_domains);
}

}  // namespace

Result<Rule> read_rule(const ConfSection& section, const std::vector<std::string>& tenant_domains) {
  Rule rule;
  GM_TRY_ASSIGN(rule.name, read_name(section));
  rule.file = section.file;
  rule.line = section.line;
  GM_TRY_ASSIGN(const Places places, read_keys(section, rule));
  if (!places.contains("action")) {
    return refuse(section.where(), format("rule {} has no action", rule.name), "add action = relay or action = pass");
  }
  if (rule.action == Action::Relay) GM_TRY(check_relay(rule, places, section.where(), tenant_domains));
  return rule;
}

}  // namespace graph_milter::policy
