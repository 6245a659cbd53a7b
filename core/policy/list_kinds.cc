// SPDX-License-Identifier: Apache-2.0
#include "core/policy/list_kinds.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/base/format.h"
#include "core/policy/address_patterns.h"
#include "core/policy/cidr_map.h"
#include "core/policy/part_items.h"
#include "core/policy/text_map.h"

namespace graph_milter::policy {

namespace {

using Words = std::span<const std::string>;

std::string joined(Words words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class NetworkMatcher final : public Matcher {
 public:
  NetworkMatcher(std::string text, NetworkSet networks) : Matcher(std::move(text)), networks_(std::move(networks)) {}

  Match find(const Subject& subject, PatternWork& /*work*/) const override {
    return subject.ip && networks_.contains(*subject.ip) ? Match::Wide : Match::No;
  }
  bool includes(const Matcher& other) const override {
    return other.networks() != nullptr && networks_.includes(*other.networks());
  }
  const NetworkSet* networks() const override { return &networks_; }
  std::optional<Names> names() const override { return networks_.beginnings(); }

 private:
  NetworkSet networks_;
};

class AddressMatcher final : public Matcher {
 public:
  explicit AddressMatcher(std::string text, AddressPatterns patterns)
      : Matcher(std::move(text)), patterns_(std::move(patterns)) {}

  Match find(const Subject& subject, PatternWork& /*work*/) const override { return patterns_.find(subject); }
  bool includes(const Matcher& other) const override {
    if (Matcher::includes(other)) return true;
    const auto* addresses = dynamic_cast<const AddressMatcher*>(&other);
    return addresses != nullptr && patterns_.includes(addresses->patterns_);
  }
  std::optional<Names> names() const override { return patterns_.names(); }
  std::vector<std::string> written_domains() const override { return patterns_.written_domains(); }
  void add_addresses(std::set<std::string>& out) const override { patterns_.add_addresses(out); }

 private:
  AddressPatterns patterns_;
};

class MapMatcher final : public Matcher {
 public:
  explicit MapMatcher(std::shared_ptr<const Map> map) : Matcher(map->name().text()), map_(std::move(map)) {}

  Match find(const Subject& subject, PatternWork& work) const override {
    if (subject.key.empty()) return Match::No;
    const auto hit = map_->find(subject.key, work);
    if (!hit) return work.left() == 0 && map_->name().kind == MapKind::Pcre ? Match::Unknown : Match::No;
    return hit->is_exact ? Match::Exact : Match::Wide;
  }
  bool holds_everybody() const override {
    // Whom a pattern matches can't be told.
    if (map_->name().kind == MapKind::Pcre) return true;
    const auto* networks = dynamic_cast<const CidrMap*>(map_.get());
    return networks != nullptr && networks->holds_everybody();
  }
  const NetworkSet* networks() const override {
    const auto* table = dynamic_cast<const CidrMap*>(map_.get());
    return table == nullptr ? nullptr : table->networks();
  }
  void add_addresses(std::set<std::string>& out) const override {
    const auto* text = dynamic_cast<const TextMap*>(map_.get());
    if (text == nullptr) return;
    for (const MapEntry& entry : text->entries()) {
      if (entry.form == KeyForm::Address) out.insert(entry.key);
    }
  }

 private:
  std::shared_ptr<const Map> map_;
};

class WordMatcher final : public Matcher {
 public:
  explicit WordMatcher(Words words) : Matcher(joined(words)), words_(words.begin(), words.end()) {}

  Match find(const Subject& subject, PatternWork& /*work*/) const override {
    return !subject.key.empty() && words_.contains(subject.key) ? Match::Exact : Match::No;
  }
  bool includes(const Matcher& other) const override {
    const auto* words = dynamic_cast<const WordMatcher*>(&other);
    return words != nullptr && std::all_of(words->words_.begin(), words->words_.end(),
                                           [&](const std::string& word) { return words_.contains(word); });
  }
  std::optional<Names> names() const override { return Names(words_.begin(), words_.end()); }

 private:
  std::unordered_set<std::string> words_;
};

Result<MatcherPointer> read_networks(Words words, const std::string& where, MapStore& /*maps*/) {
  NetworkSet networks;
  for (const std::string& word : words) {
    GM_TRY_ASSIGN(const Network network, parse_network(word, where));
    networks.add(network);
  }
  return std::make_shared<const NetworkMatcher>(joined(words), std::move(networks));
}

template <PatternKind Kind>
Result<MatcherPointer> read_addresses(Words words, const std::string& where, MapStore& /*maps*/) {
  GM_TRY_ASSIGN(AddressPatterns patterns, AddressPatterns::read(words, where, Kind));
  return std::make_shared<const AddressMatcher>(joined(words), std::move(patterns));
}

Result<MatcherPointer> read_client_map(Words words, const std::string& where, MapStore& maps) {
  GM_TRY_ASSIGN(std::shared_ptr<const Map> map, maps.open(words.front(), where));
  return std::make_shared<const MapMatcher>(std::move(map));
}

// What stands behind the keys is not asked for.
template <PatternKind Kind>
Result<MatcherPointer> read_map(Words words, const std::string& where, MapStore& maps) {
  GM_TRY_ASSIGN(std::shared_ptr<const Map> map, maps.open(words.front(), where));
  if (map->name().kind == MapKind::Cidr) {
    return fail(ErrorKind::Usage, where, format("{} holds networks, not addresses", map->name().text()),
                "name it in client, or write map:/path or pcre:/path");
  }
  if (const auto* text = dynamic_cast<const TextMap*>(map.get()); text != nullptr && Kind == PatternKind::Address) {
    for (const MapEntry& entry : text->entries()) {
      if (entry.form != KeyForm::Word) continue;
      return not_a_pattern(entry.key, format("{}:{}", map->name().path, entry.line), Kind);
    }
  }
  return std::make_shared<const MapMatcher>(std::move(map));
}

bool takes_all(std::string_view /*word*/) { return true; }

constexpr std::array kClientItems = {ItemKind{is_map_word, false, read_client_map},
                                     ItemKind{takes_all, true, read_networks}};
constexpr std::array kLoginItems = {ItemKind{is_map_word, false, read_map<PatternKind::Login>},
                                    ItemKind{takes_all, true, read_addresses<PatternKind::Login>}};
constexpr std::array kAddressItems = {ItemKind{is_map_word, false, read_map<PatternKind::Address>},
                                      ItemKind{takes_all, true, read_addresses<PatternKind::Address>}};
constexpr std::array kWordItems = {ItemKind{takes_all, true, read_exact_words}};
constexpr std::array kTypeItems = {ItemKind{takes_all, true, read_types}};
constexpr std::array kNameItems = {ItemKind{takes_pattern, false, read_pattern},
                                   ItemKind{takes_all, false, read_names}};
constexpr std::array kSideItems = {ItemKind{takes_all, true, read_sides}};

}  // namespace

const ListKind kClientList = {"an empty list of networks", "write networks as 10.1.20.0/24, 192.0.2.7 or 2001:db8::/32",
                              kClientItems};
const ListKind kLoginList = {"an empty list of addresses", "", kLoginItems};
const ListKind kAddressList = {"an empty list of addresses", "", kAddressItems};
const ListKind kDaemonList = {"daemon names nothing", "write what milter_macro_daemon_name says in master.cf",
                              kWordItems};
const ListKind kTypeList = {"an empty list of types", "write application/pdf or image/*", kTypeItems};
const ListKind kNameList = {"an empty list of names", "write *.pdf or /pattern/", kNameItems};
const ListKind kSideList = {"an empty list", "write inside, outside or mixed", kSideItems};

Result<MatcherPointer> read_exact_words(Words words, const std::string& /*where*/, MapStore& /*maps*/) {
  return std::make_shared<const WordMatcher>(words);
}

}  // namespace graph_milter::policy
