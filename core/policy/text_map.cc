// SPDX-License-Identifier: Apache-2.0
#include "core/policy/text_map.h"

#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/address_patterns.h"
#include "core/policy/map_lines.h"

namespace graph_milter::policy {

namespace {

constexpr std::size_t kMostEntries = 1'000'000;

struct Key {
  std::string text;  // empty: it is none
  KeyForm form = KeyForm::Word;
};

Key read_key(std::string_view word) {
  if (word.starts_with('@')) {
    const std::string domain = canonical_domain(word.substr(1));
    return {domain.empty() ? std::string() : "@" + domain, KeyForm::Domain};
  }
  if (auto address = mail::canonical_address(word)) return {*std::move(address), KeyForm::Address};
  if (word.ends_with('@')) {
    // With a domain that any address could have, the local part is read as in every address.
    const auto address = mail::canonical_address(std::string(word) + "domain.example");
    return {address ? address->substr(0, address->rfind('@') + 1) : std::string(), KeyForm::User};
  }
  return {word.find_first_of("@\"<>") == std::string_view::npos ? to_lower(word) : std::string(), KeyForm::Word};
}

tl::unexpected<Error> refuse(const MapName& name, int line, std::string what, std::string hint) {
  return fail(ErrorKind::Usage, format("{}:{}", name.path, line), std::move(what), std::move(hint));
}

}  // namespace

Result<std::shared_ptr<const TextMap>> TextMap::parse_text(const MapName& name, std::string_view text) {
  GM_TRY_ASSIGN(const std::vector<MapLine> lines, read_map_lines(text, name.path, kMostEntries));
  auto map = std::make_shared<TextMap>(name);
  map->entries_.reserve(lines.size());
  map->by_key_.reserve(lines.size());
  for (const MapLine& line : lines) GM_TRY(map->add(line.text, line.line));
  return map;
}

Result<std::shared_ptr<const Map>> TextMap::parse(const MapName& name, std::string_view text) {
  GM_TRY_ASSIGN(std::shared_ptr<const Map> map, parse_text(name, text));
  return map;
}

Status TextMap::add(std::string_view line, int number) {
  std::string_view word;
  std::string_view value;
  if (!split_map_line(line, word, value)) {
    return refuse(name(), number, "a quote is left open in the key", "close it, or write \\\" for a quote");
  }
  Key key = read_key(word);
  if (key.text.empty()) {
    return refuse(name(), number, format("\"{}\" is not an address, a domain or a login", escape_for_log(word, 80)),
                  "write user@domain, @domain, user@ or a login");
  }
  const auto [place, is_new] = by_key_.emplace(key.text, entries_.size());
  if (!is_new) {
    return refuse(name(), number, format("{} has a line already", escape_for_log(key.text, 80)),
                  format("it is line {}; keep one of them", entries_[place->second].line));
  }
  entries_.push_back(MapEntry{std::move(key.text), std::string(value), number, key.form});
  return {};
}

std::optional<MapHit> TextMap::hit(std::string_view key, bool is_exact) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const MapEntry& entry = entries_[found->second];
  return MapHit{entry.value, entry.line, is_exact};
}

std::optional<MapHit> TextMap::find(std::string_view key, PatternWork& /*work*/) const {
  const std::size_t at = key.rfind('@');
  if (at == std::string_view::npos) return hit(key, true);
  // "@domain" and "user@" are keys of entries, not of questions.
  if (at == 0 || at + 1 == key.size()) return std::nullopt;
  if (auto found = hit(key, true)) return found;
  if (!is_plain_local_part(key)) return std::nullopt;
  if (auto found = hit(key.substr(at), false)) return found;
  return hit(key.substr(0, at + 1), false);
}

}  // namespace graph_milter::policy
