// SPDX-License-Identifier: Apache-2.0
// Which login may use which From. A value; any thread may ask.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/base/result.h"
#include "core/policy/map_store.h"

namespace graph_milter::policy {

// One login a line and behind it the addresses (user@domain) and domains (@domain, without its subdomains) that it may
// use: "anna  anna@contoso.com, team@contoso.com", in the form of Postfix tables. Nothing is implied: a login that is
// an address may use it only if it says so. Asking costs a few hashes, however long the file is.
class SenderMap {
 public:
  // Usage, at `where` for a file that can't be read or is empty, and in the map's line for a login without addresses,
  // a login in two lines, and what is no login or address. Maps of one path share what was read.
  static Result<SenderMap> read(const std::string& path, std::string_view where, MapStore& maps);

  bool knows(std::string_view login) const;
  // A domain allows only plain local parts, as in AddressPatterns.
  bool allows(std::string_view login, std::string_view from) const;

  // The exact addresses that anybody may use, canonical.
  void add_addresses(std::set<std::string>& out) const;

  const std::string& path() const { return path_; }

 private:
  struct Content {
    std::shared_ptr<const TextMap> logins;
    std::unordered_set<std::string> allowed;  // login, line end, address or @domain
  };
  static Result<Content> read_content(std::shared_ptr<const TextMap> map);
  static Status add(const MapEntry& entry, Content& content);

  std::shared_ptr<const Content> content_;
  std::string path_;
};

}  // namespace graph_milter::policy
