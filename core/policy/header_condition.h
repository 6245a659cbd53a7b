// SPDX-License-Identifier: Apache-2.0
// header = NAME, header = NAME: text, header = NAME: /pattern/i, each also behind a '!'.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/config/conf_text.h"
#include "core/mail/facts.h"
#include "core/policy/matcher.h"

namespace graph_milter::policy {

// A value; any thread may ask.
class HeaderCondition {
 public:
  // Usage, at the line, on what is no field name, no pattern, or nothing behind the colon.
  static Result<HeaderCondition> parse(const config::ConfLine& line);

  // Some field of that name has the value: the whole of it, upper and lower case of ASCII alike, or what the pattern
  // finds. Values are unfolded, their RFC 2047 words decoded. Behind a '!': no such field has it.
  // Match::Unknown: a pattern came to its limit, and no other field settles it.
  Match find(const mail::MessageFacts& facts, PatternWork& work) const;

  // "header: no field x-scanner is yes". REQUIRES: it does not hold.
  std::string why_not() const;

  const std::string& text() const { return text_; }  // as it was written

 private:
  Match look(const mail::MessageFacts& facts, PatternWork& work) const;

  bool negated_ = false;
  std::string name_;  // lower case
  std::optional<std::string> value_;
  std::optional<Pattern> pattern_;
  std::string text_;
};

}  // namespace graph_milter::policy
