// SPDX-License-Identifier: Apache-2.0
#include "core/policy/map.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/policy/cidr_map.h"
#include "core/policy/pcre_map.h"
#include "core/policy/text_map.h"

namespace graph_milter::policy {

namespace {

constexpr std::array kKinds = {MapKind::Text, MapKind::Cidr, MapKind::Pcre};
constexpr std::array<std::string_view, 20> kOtherTypes = {
    "btree:", "cdb:",   "dbm:",   "environ:", "hash:", "inline:",    "ldap:",   "lmdb:",   "memcache:", "mysql:",
    "nis:",   "pgsql:", "proxy:", "regexp:",  "sdbm:", "socketmap:", "sqlite:", "static:", "tcp:",      "texthash:"};

tl::unexpected<Error> refuse(std::string_view where, std::string what, std::string hint) {
  return fail(ErrorKind::Usage, std::string(where), std::move(what), std::move(hint));
}

}  // namespace

std::string_view prefix_of(MapKind kind) {
  constexpr std::array<std::string_view, 3> kPrefixes = {"map:", "cidr:", "pcre:"};
  return kPrefixes[static_cast<std::size_t>(kind)];
}

std::string MapName::text() const { return std::string(prefix_of(kind)) + path; }

bool is_map_word(std::string_view word) {
  const auto begins = [&](std::string_view prefix) { return word.starts_with(prefix); };
  return std::any_of(kKinds.begin(), kKinds.end(), [&](MapKind kind) { return begins(prefix_of(kind)); }) ||
         std::any_of(kOtherTypes.begin(), kOtherTypes.end(), begins);
}

Result<MapName> parse_map_name(std::string_view word, std::string_view where) {
  for (const MapKind kind : kKinds) {
    if (!word.starts_with(prefix_of(kind))) continue;
    std::string path(word.substr(prefix_of(kind).size()));
    if (path.starts_with('/')) return MapName{kind, std::move(path)};
    return refuse(where, format("{} is not an absolute path", escape_for_log(word, 200)),
                  format("write {}/path", prefix_of(kind)));
  }
  const std::string_view type = word.substr(0, word.find(':'));
  std::string hint = "maps are map:/path (a text file in the form that postmap reads), cidr:/path or pcre:/path";
  if (type == "hash" || type == "lmdb" || type == "btree" || type == "cdb" || type == "dbm" || type == "texthash") {
    const std::size_t path = std::min(word.find(':'), word.size() - 1) + 1;
    hint = format("write map:{}: the text file that postmap reads", escape_for_log(word.substr(path), 200));
  } else if (type == "regexp") {
    hint = "write pcre:/path; its patterns are Perl's";
  }
  return refuse(where, format("\"{}\" is not a map that is read here", escape_for_log(word, 200)), std::move(hint));
}

std::string canonical_key(std::string_view key) {
  if (auto address = mail::canonical_address(key)) return *std::move(address);
  return key.find('@') == std::string_view::npos ? to_lower(key) : std::string();
}

Result<std::shared_ptr<const Map>> parse_map(const MapName& name, std::string_view text) {
  switch (name.kind) {
    case MapKind::Text:
      return TextMap::parse(name, text);
    case MapKind::Cidr:
      return CidrMap::parse(name, text);
    case MapKind::Pcre:
      return PcreMap::parse(name, text);
  }
  return refuse({}, "no such kind of map", {});
}

}  // namespace graph_milter::policy
