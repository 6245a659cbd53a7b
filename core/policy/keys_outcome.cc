// SPDX-License-Identifier: Apache-2.0
// Keys that say what becomes of a message that matches.
#include <algorithm>
#include <array>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

using config::ConfLine;

constexpr std::array<std::string_view, 4> kActions = {"pass", "relay", "reject", "tempfail"};  // in the order of Action

Status set_action(Rule& rule, const ConfLine& line) {
  GM_TRY_ASSIGN(const std::size_t action, read_word(line, kActions));
  rule.action = static_cast<Action>(action);
  return {};
}

// What libmilter sends in one line.
Status set_text(Rule& rule, const ConfLine& line) {
  constexpr std::size_t kLongest = 400;
  const auto is_good = [](char c) { return c >= ' ' && c <= '~' && c != '%'; };
  const auto bad = std::find_if_not(line.value.begin(), line.value.end(), is_good);
  if (bad != line.value.end()) {
    return refuse(line.where(),
                  format("text = {} holds {}", escape_for_log(line.value, 80), *bad == '%' ? "%" : "what is not ASCII"),
                  "write printable ASCII without %");
  }
  if (trim(line.value).empty()) return refuse(line.where(), "text is empty", "write what the client shall hear");
  if (line.value.size() > kLongest) {
    return refuse(line.where(), format("text has {} characters", line.value.size()),
                  format("write at most {}", kLongest));
  }
  rule.reply.text = line.value;
  return {};
}

// RFC 3463 section 2: class "." subject "." detail, without zeros in front.
bool is_enhanced_code(std::string_view text) {
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && digits.size() <= 3 && (digits.size() == 1 || digits.front() != '0') &&
           std::all_of(digits.begin(), digits.end(), is_ascii_digit);
  };
  const std::size_t dot = text.find('.', 2);
  if (dot == std::string_view::npos || text[1] != '.' || (text[0] != '4' && text[0] != '5')) return false;
  return is_number(text.substr(2, dot - 2)) && is_number(text.substr(dot + 1));
}

Status set_code(Rule& rule, const ConfLine& line) {
  if (!is_enhanced_code(line.value)) {
    return refuse(line.where(), format("code = {} is not an enhanced status code", escape_for_log(line.value, 80)),
                  "write for instance 5.7.1 (RFC 3463)");
  }
  rule.reply.enhanced = line.value;
  return {};
}

constexpr std::array kKeys = {
    Key{"action", KeyKind::Outcome, set_action},
    Key{"text", KeyKind::Outcome, set_text},
    Key{"code", KeyKind::Outcome, set_code},
};

}  // namespace

std::string_view name_of(Action action) { return kActions[static_cast<std::size_t>(action)]; }

std::span<const Key> outcome_keys() { return kKeys; }

}  // namespace graph_milter::policy
