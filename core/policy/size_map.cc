// SPDX-License-Identifier: Apache-2.0
#include "core/policy/size_map.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"
#include "core/mail/address.h"
#include "core/policy/condition.h"

namespace graph_milter::policy {

namespace {

tl::unexpected<Error> refuse(std::string what, std::string hint) {
  return fail(ErrorKind::Usage, {}, std::move(what), std::move(hint));
}

// As it is looked up; empty for what is neither an address nor a domain.
std::string canonical_key(std::string_view word) {
  if (!word.starts_with('@')) return mail::canonical_address(word).value_or("");
  const std::string domain = canonical_domain(word.substr(1));
  return domain.empty() ? std::string() : "@" + domain;
}

}  // namespace

Result<SizeMap> SizeMap::read(const std::string& path, ByteCount least, ByteCount most) {
  GM_TRY_ASSIGN(const std::vector<MapEntry> entries, read_map_file(path));
  SizeMap map;
  for (const MapEntry& entry : entries) {
    if (Status added = map.add(entry, least, most); !added) {
      Error error = std::move(added).error();
      error.where = format("{}:{}", path, entry.line);
      return fail(std::move(error));
    }
  }
  return map;
}

Status SizeMap::add(const MapEntry& entry, ByteCount least, ByteCount most) {
  std::string key = canonical_key(entry.key);
  if (key.empty()) {
    return refuse(format("\"{}\" is not a mailbox", escape_for_log(entry.key, 80)), "write user@domain or @domain");
  }
  const auto size = config::parse_size(entry.value);
  if (!size) {
    return refuse(format("\"{}\" is not a size", escape_for_log(entry.value, 80)),
                  format("write {}", config::kSizeForm));
  }
  if (*size < least || *size > most) {
    return refuse(format("{} is out of bounds", escape_for_log(entry.value, 80)),
                  format("write {} to {}", config::write_size(least), config::write_size(most)));
  }
  if (!sizes_.emplace(key, *size).second) return refuse(format("{} has a line already", key), "keep one of them");
  largest_ = std::max(largest_, *size);
  return {};
}

std::optional<ByteCount> SizeMap::find(std::string_view mailbox) const {
  auto found = sizes_.find(std::string(mailbox));
  if (found == sizes_.end()) found = sizes_.find("@" + std::string(mail::domain_of(mailbox)));
  if (found == sizes_.end()) return std::nullopt;
  return found->second;
}

}  // namespace graph_milter::policy
