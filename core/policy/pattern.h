// SPDX-License-Identifier: Apache-2.0
// A Perl-compatible regular expression (PCRE2, pcre2pattern(3)) that can't be made to run for long.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::policy {

// What all patterns together may do about one message. Counted in steps, never in time, so the same message is always
// judged alike. A step is one try of one item of a pattern; those in long texts count for more.
class PatternWork {
 public:
  static constexpr std::uint64_t kUsual = 2'000'000;  // some tenths of a second

  explicit PatternWork(std::uint64_t steps = kUsual) : left_(steps) {}

  // False, and nothing left, where it is more than what is left.
  bool take(std::uint64_t steps) {
    const bool enough = steps <= left_;
    left_ = enough ? left_ - steps : 0;
    return enough;
  }
  std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
};

enum class PatternResult { No, Yes, Limit };

// A value; copies share what was compiled. Any thread may ask.
class Pattern {
 public:
  static constexpr std::size_t kLongestPattern = 4096;
  static constexpr std::size_t kLongestText = 16 * 1024;

  // `written` is /EXPRESSION/ with the flags i (case), x (blanks mean nothing) and s (. matches line ends) behind it.
  // "\/" is a slash. Usage, at `where`, on anything else, with PCRE2's words.
  static Result<Pattern> read(std::string_view written, std::string_view where);

  // Searches `text`, which need not be UTF-8: bytes that are not match nothing. Limit: the work ended first, or the
  // text is longer than kLongestText.
  // `groups`, if given, gets the texts of the groups of a match, [0] being the whole; those that took no part are
  // empty.
  PatternResult search(std::string_view text, PatternWork& work, std::vector<std::string>* groups = nullptr) const;

  std::size_t groups() const;  // how many it has

  const std::string& text() const { return text_; }  // as it was written

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
  std::string text_;
};

}  // namespace graph_milter::policy
