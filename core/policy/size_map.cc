// SPDX-License-Identifier: Apache-2.0
#include "core/policy/size_map.h"

#include <algorithm>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/config/values.h"
#include "core/mail/address.h"

namespace graph_milter::policy {

namespace {

tl::unexpected<Error> refuse(std::string what, std::string hint) {
  return fail(ErrorKind::Usage, {}, std::move(what), std::move(hint));
}

}  // namespace

Result<SizeMap> SizeMap::read(const std::string& path, ByteCount least, ByteCount most, MapStore& maps) {
  GM_TRY_ASSIGN(const std::shared_ptr<const TextMap> text, maps.open_text(path, "max-message-size"));
  SizeMap map;
  for (const MapEntry& entry : text->entries()) {
    if (Status added = map.add(entry, least, most); !added) {
      Error error = std::move(added).error();
      error.where = format("{}:{}", path, entry.line);
      return fail(std::move(error));
    }
  }
  return map;
}

Status SizeMap::add(const MapEntry& entry, ByteCount least, ByteCount most) {
  if (entry.form != KeyForm::Address && entry.form != KeyForm::Domain) {
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
  sizes_.emplace(entry.key, *size);
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
