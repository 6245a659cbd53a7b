// SPDX-License-Identifier: Apache-2.0
#include "core/policy/map_store.h"

#include "core/base/digest.h"
#include "core/base/format.h"
#include "core/policy/map_lines.h"

namespace graph_milter::policy {

Result<std::shared_ptr<const Map>> MapStore::open(std::string_view word, std::string_view where) {
  GM_TRY_ASSIGN(const MapName name, parse_map_name(word, where));
  return open(name, where);
}

Result<std::shared_ptr<const Map>> MapStore::open(const MapName& name, std::string_view where) {
  if (const auto known = sources_.find(name); known != sources_.end()) return known->second.map;
  auto source = read(name);
  if (!source) {
    Error error = std::move(source).error();
    error.kind = ErrorKind::Usage;
    if (error.where == name.path) error.where = format("{}: {}", where, name.path);
    return fail(std::move(error));
  }
  return sources_.emplace(name, *std::move(source)).first->second.map;
}

Result<std::shared_ptr<const TextMap>> MapStore::open_text(const std::string& path, std::string_view where) {
  GM_TRY_ASSIGN(const std::shared_ptr<const Map> map, open(MapName{MapKind::Text, path}, where));
  return std::static_pointer_cast<const TextMap>(map);
}

Result<MapSource> MapStore::read(const MapName& name) const {
  GM_TRY_ASSIGN(const TrustedFile file, read_trusted_file(name.path, kLargestMap, more_owners_));
  GM_TRY_ASSIGN(std::shared_ptr<const Map> map, parse_map(name, file.text));
  return MapSource{std::move(map), file.stamp, sha256_hex(file.text)};
}

}  // namespace graph_milter::policy
