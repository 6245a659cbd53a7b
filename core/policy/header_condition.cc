// SPDX-License-Identifier: Apache-2.0
#include "core/policy/header_condition.h"

#include <algorithm>
#include <string_view>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/encoded_word.h"
#include "core/policy/match_list.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

constexpr std::string_view kForm = "write NAME, NAME: text or NAME: /pattern/";

// RFC 5322 section 3.6.8.
bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

std::string decoded(const std::string& value) {
  if (value.find("=?") == std::string::npos) return value;
  return mail::decode_encoded_words(value).value_or(value);
}

std::string without_quotes(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return std::string(is_quoted ? text.substr(1, text.size() - 2) : text);
}

}  // namespace

Result<HeaderCondition> HeaderCondition::parse(const config::ConfLine& line) {
  HeaderCondition out;
  out.text_ = trim(line.value);
  std::string_view rest = out.text_;
  out.negated_ = rest.starts_with('!');
  if (out.negated_) rest.remove_prefix(1);
  const std::size_t colon = rest.find(':');
  const std::string_view name = trim(rest.substr(0, colon));
  if (!is_field_name(name)) {
    return refuse(line.where(), format("\"{}\" is not the name of a header field", escape_for_log(name, 80)),
                  std::string(kForm));
  }
  out.name_ = to_lower(name);
  if (colon == std::string_view::npos) return out;
  const std::string_view wanted = trim(rest.substr(colon + 1));
  if (wanted.empty()) {
    return refuse(line.where(), format("nothing stands behind {}:", name),
                  format("{}; \"\" for a field without text", kForm));
  }
  if (wanted.starts_with('/')) {
    GM_TRY_ASSIGN(out.pattern_, Pattern::read(wanted, line.where()));
  } else {
    out.value_ = without_quotes(wanted);
  }
  return out;
}

Match HeaderCondition::look(const mail::MessageFacts& facts, PatternWork& work) const {
  bool is_open = false;
  for (const mail::HeaderField& field : facts.headers) {
    if (field.name != name_) continue;
    if (!value_ && !pattern_) return Match::Exact;
    const std::string value = decoded(field.value);
    if (value_) {
      if (equal_ignoring_case(value, *value_)) return Match::Exact;
      continue;
    }
    const PatternResult result = pattern_->search(value, work);
    if (result == PatternResult::Yes) return Match::Exact;
    is_open = is_open || result == PatternResult::Limit;
  }
  return is_open ? Match::Unknown : Match::No;
}

Match HeaderCondition::find(const mail::MessageFacts& facts, PatternWork& work) const {
  const Match found = look(facts, work);
  if (!negated_ || found == Match::Unknown) return found;
  return found == Match::No ? Match::Exact : Match::No;
}

std::string HeaderCondition::why_not() const {
  const std::string wanted = pattern_ ? " that matches " + pattern_->text()
                             : value_ ? " that is \"" + *value_ + "\""
                                      : "";
  return format("header: {} field {}{}", negated_ ? "there is a" : "there is no", name_, escape_for_log(wanted, 200));
}

}  // namespace graph_milter::policy
