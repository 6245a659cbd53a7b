// SPDX-License-Identifier: Apache-2.0
// How large a message each mailbox may send, from a file: where the tenant's limit is not one for all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/policy/map_store.h"

namespace graph_milter::policy {

// A value; any thread may ask.
class SizeMap {
 public:
  // One mailbox (user@domain or @domain) and its size a line, as text_map.h reads them. Usage, naming the file and the
  // line, on anything else, on a size below `least` or above `most`, and on a mailbox that is there twice.
  static Result<SizeMap> read(const std::string& path, ByteCount least, ByteCount most, MapStore& maps);

  // The size of the address, else that of its domain, else none. `mailbox` canonical.
  std::optional<ByteCount> find(std::string_view mailbox) const;

  ByteCount largest() const { return largest_; }  // 0: the map is empty

 private:
  Status add(const MapEntry& entry, ByteCount least, ByteCount most);

  std::unordered_map<std::string, ByteCount> sizes_;  // by canonical address or "@domain"
  ByteCount largest_ = 0;
};

}  // namespace graph_milter::policy
