// SPDX-License-Identifier: Apache-2.0
// Keys that say how a rule does what it does; each may also stand in [defaults].
#include <array>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"
#include "core/mail/address.h"
#include "core/mail/name_charset.h"
#include "core/policy/list_kinds.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;

Result<std::string> read_address(const ConfLine& line) {
  if (auto address = mail::canonical_address(line.value)) return *std::move(address);
  return refuse(line.where(), format("{} = {} is not an address", line.key, escape_for_log(line.value, 80)),
                "write user@domain");
}

Status set_mailbox(RuleSettings& settings, const ConfLine& line, MapStore& maps) {
  settings.mailbox.clear();
  settings.mailbox_map.reset();
  if (is_map_word(line.value)) {
    GM_TRY_ASSIGN(settings.mailbox_map, MailboxMap::read(line.value, line.where(), maps));
  } else {
    GM_TRY_ASSIGN(settings.mailbox, read_address(line));
  }
  return {};
}

Status set_set_from(RuleSettings& settings, const ConfLine& line) {
  GM_TRY_ASSIGN(std::string address, read_address(line));
  if (address.starts_with('"') || !is_ascii(address)) {
    return refuse(line.where(),
                  format("set-from = {} can't be a mailbox of Microsoft 365", escape_for_log(line.value, 80)),
                  "write an ASCII address without quotes");
  }
  settings.set_from = std::move(address);
  return {};
}

Status set_part_threshold(RuleSettings& settings, const ConfLine& line) {
  GM_TRY_ASSIGN(settings.part_threshold, read_size(line));
  return {};
}

Status set_return(RuleSettings& settings, const ConfLine& line) {
  constexpr std::array<std::string_view, 3> ways = {"dsn", "mta", "hold"};  // in the order of config::Return
  GM_TRY_ASSIGN(const std::size_t way, read_word(line, ways));
  settings.return_by = static_cast<config::Return>(way);
  return {};
}

Status set_sent_copy(RuleSettings& settings, const ConfLine& line) {
  constexpr std::string_view kPrefix = "delete-after ";
  constexpr Duration kLongest = std::chrono::hours(24 * 365);
  std::string_view value = line.value;
  if (value == "keep" || value == "delete") {
    settings.sent_copy_for = Duration{value == "keep" ? 0 : 1};
    return {};
  }
  if (value.starts_with(kPrefix)) value.remove_prefix(kPrefix.size());
  const auto time = config::parse_duration(value);
  if (!time || *time <= Duration{0} || *time > kLongest) {
    return refuse(line.where(),
                  format("sent-copy = {} is neither keep, delete nor a time", escape_for_log(line.value, 80)),
                  "write for instance 7d; at most 365d");
  }
  settings.sent_copy_for = *time;
  return {};
}

Status set_otherwise(RuleSettings& settings, const ConfLine& line) {
  constexpr std::array<std::string_view, 4> words = {"pass", "reject", "tempfail",
                                                     "hold"};  // in the order of Otherwise
  GM_TRY_ASSIGN(const std::size_t word, read_word(line, words));
  settings.otherwise = static_cast<config::Otherwise>(word);
  return {};
}

Status set_pretend(RuleSettings& settings, const ConfLine& line) {
  GM_TRY_ASSIGN(settings.pretend, read_boolean(line));
  return {};
}

Status set_mime(RuleSettings& settings, const ConfLine& line) {
  constexpr std::array<std::string_view, 2> readings = {"strict", "tolerant"};  // in the order of MimeReading
  GM_TRY_ASSIGN(const std::size_t reading, read_word(line, readings));
  settings.mime = static_cast<MimeReading>(reading);
  return {};
}

Status set_message_as_file(RuleSettings& settings, const ConfLine& line) {
  GM_TRY_ASSIGN(settings.message_as_file, read_boolean(line));
  return {};
}

Status set_name_charset(RuleSettings& settings, const ConfLine& line) {
  if (!mail::is_name_charset(line.value)) {
    return refuse(line.where(), format("name-charset = {} is not known", escape_for_log(line.value, 80)),
                  "write a charset such as windows-1252 or iso-8859-15");
  }
  settings.name_charset = line.value;
  return {};
}

Status set_draft(RuleSettings& settings, const ConfLine& line) {
  constexpr std::array<std::string_view, 3> ways = {"auto", "mime", "json"};  // in the order of DraftWay
  GM_TRY_ASSIGN(const std::size_t way, read_word(line, ways));
  settings.draft = static_cast<config::DraftWay>(way);
  return {};
}

Status set_accept(RuleSettings& settings, const ConfLine& line) {
  constexpr std::array<std::string_view, 2> words = {"queued", "delivered"};  // in the order of Accept
  GM_TRY_ASSIGN(const std::size_t word, read_word(line, words));
  settings.accept = static_cast<config::Accept>(word);
  return {};
}

Status set_take(RuleSettings& settings, const ConfLine& line) {
  constexpr std::array<std::string_view, 2> words = {"discard", "recipients"};  // in the order of Take
  GM_TRY_ASSIGN(const std::size_t word, read_word(line, words));
  settings.take = static_cast<config::Take>(word);
  return {};
}

Status set_take_recipients(RuleSettings& settings, const ConfLine& line, MapStore& maps) {
  GM_TRY_ASSIGN(settings.take_recipients, MatchList::parse(line, kAddressList, maps));
  return {};
}

Status set_header_only(RuleSettings& settings, const ConfLine& line) {
  constexpr std::array<std::string_view, 2> words = {"pass", "trim"};  // in the order of HeaderOnly
  GM_TRY_ASSIGN(const std::size_t word, read_word(line, words));
  settings.header_only = static_cast<HeaderOnly>(word);
  return {};
}

constexpr std::array kKeys = {
    Key{"mailbox", KeyKind::Setting, set_mailbox},
    Key{"mime", KeyKind::Setting, set_mime},
    Key{"message-as-file", KeyKind::Setting, set_message_as_file},
    Key{"name-charset", KeyKind::Setting, set_name_charset},
    Key{"draft", KeyKind::Setting, set_draft},
    Key{"accept", KeyKind::Setting, set_accept},
    Key{"take", KeyKind::Setting, set_take},
    Key{"take-recipients", KeyKind::Setting, set_take_recipients},
    Key{"header-only-recipients", KeyKind::Setting, set_header_only},
    Key{"set-from", KeyKind::Setting, set_set_from},
    Key{"part-threshold", KeyKind::Setting, set_part_threshold},
    Key{"return", KeyKind::Setting, set_return},
    Key{"sent-copy", KeyKind::Setting, set_sent_copy},
    Key{"otherwise", KeyKind::Setting, set_otherwise},
    Key{"pretend", KeyKind::Setting, set_pretend},
};

}  // namespace

std::span<const Key> setting_keys() { return kKeys; }

}  // namespace graph_milter::policy
