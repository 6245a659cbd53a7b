// SPDX-License-Identifier: Apache-2.0
#include "core/policy/part_items.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/policy/list_kinds.h"
#include "core/policy/rule_keys.h"

namespace graph_milter::policy {

namespace {

using Words = std::span<const std::string>;

std::string joined(Words words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class PatternMatcher final : public Matcher {
 public:
  explicit PatternMatcher(Pattern pattern) : Matcher(pattern.text()), pattern_(std::move(pattern)) {}

  Match find(const Subject& subject, PatternWork& work) const override {
    if (subject.text.empty()) return Match::No;
    const PatternResult result = pattern_.search(subject.text, work);
    if (result == PatternResult::Limit) return Match::Unknown;
    return result == PatternResult::Yes ? Match::Wide : Match::No;
  }

 private:
  Pattern pattern_;
};

class TypeMatcher final : public Matcher {
 public:
  explicit TypeMatcher(Words words) : Matcher(joined(words)) {
    for (const std::string& word : words) types_.insert(to_lower(word));
  }

  Match find(const Subject& subject, PatternWork& /*work*/) const override {
    if (subject.key.empty()) return Match::No;
    if (types_.contains(subject.key)) return Match::Exact;
    return types_.contains(subject.domain + "/*") ? Match::Wide : Match::No;
  }
  bool includes(const Matcher& other) const override {
    const auto* types = dynamic_cast<const TypeMatcher*>(&other);
    return types != nullptr && std::all_of(types->types_.begin(), types->types_.end(), [&](const std::string& type) {
             return types_.contains(type) || types_.contains(type.substr(0, type.find('/')) + "/*");
           });
  }

 private:
  std::unordered_set<std::string> types_;
};

// Goes back to the last '*' only, so it takes at most the product of the lengths.
bool glob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t behind_star = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      behind_star = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

class NameMatcher final : public Matcher {
 public:
  explicit NameMatcher(const std::string& word) : Matcher(word), pattern_(to_lower(word)) {}

  Match find(const Subject& subject, PatternWork& /*work*/) const override {
    if (subject.key.empty() || !glob(pattern_, subject.key)) return Match::No;
    return pattern_.find_first_of("*?") == std::string::npos ? Match::Exact : Match::Wide;
  }
  bool includes(const Matcher& other) const override {
    const auto* name = dynamic_cast<const NameMatcher*>(&other);
    if (name == nullptr) return false;
    const bool is_name = name->pattern_.find_first_of("*?") == std::string::npos;
    return is_name ? glob(pattern_, name->pattern_) : pattern_ == name->pattern_ || pattern_ == "*";
  }

 private:
  std::string pattern_;
};

bool is_type(std::string_view word) {
  const std::size_t slash = word.find('/');
  const auto is_token = [](std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return c > ' ' && c <= '~' && std::string_view("()<>@,;:\\\"/[]?=*").find(c) == std::string_view::npos;
    });
  };
  if (slash == std::string_view::npos || !is_token(word.substr(0, slash))) return false;
  const std::string_view subtype = word.substr(slash + 1);
  return subtype == "*" || is_token(subtype);
}

}  // namespace

bool takes_pattern(std::string_view word) { return word.starts_with('/'); }

Result<MatcherPointer> read_pattern(Words words, const std::string& where, MapStore& /*maps*/) {
  GM_TRY_ASSIGN(Pattern pattern, Pattern::read(words.front(), where));
  return std::make_shared<const PatternMatcher>(std::move(pattern));
}

Result<MatcherPointer> read_types(Words words, const std::string& where, MapStore& /*maps*/) {
  for (const std::string& word : words) {
    if (is_type(word)) continue;
    return refuse(where, format("\"{}\" is not a type", escape_for_log(word, 80)), "write application/pdf or image/*");
  }
  return std::make_shared<const TypeMatcher>(words);
}

Result<MatcherPointer> read_names(Words words, const std::string& /*where*/, MapStore& /*maps*/) {
  return std::make_shared<const NameMatcher>(words.front());
}

Result<MatcherPointer> read_sides(Words words, const std::string& where, MapStore& maps) {
  constexpr std::array<std::string_view, 3> sides = {"inside", "outside", "mixed"};
  for (const std::string& word : words) {
    if (std::find(sides.begin(), sides.end(), word) != sides.end()) continue;
    const std::string_view near = nearest_word(word, sides);
    return refuse(where, format("\"{}\" is not known", escape_for_log(word, 80)),
                  near.empty() ? "write inside, outside or mixed" : format("did you mean {}?", near));
  }
  return read_exact_words(words, where, maps);
}

}  // namespace graph_milter::policy
