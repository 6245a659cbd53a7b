// SPDX-License-Identifier: Apache-2.0
// Whose mailbox sends the mail of which From, from a file. A value; any thread may ask.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/policy/map_store.h"

namespace graph_milter::policy {

// One From (user@domain, @domain or user@, asked in this order) and its mailbox (user@domain) a line, as text_map.h has
// it.
class MailboxMap {
 public:
  // `word` is the map's name as in the conf file. Usage, at `where` for one that can't be read, is no text map or is
  // empty, and in the map's line for a From that is none and a mailbox that is no address.
  static Result<MailboxMap> read(std::string_view word, std::string_view where, MapStore& maps);

  // The mailbox (canonical); empty: none. `from` canonical.
  std::string find(std::string_view from) const;

  // The first mailbox, with its line ("FILE:LINE"), whose domain is not one of these (canonical); empty: none.
  struct Stranger {
    std::string where;
    std::string domain;
  };
  Stranger find_stranger(const std::vector<std::string>& tenant_domains) const;

  void add_mailboxes(std::set<std::string>& out) const;

  const std::string& path() const { return map_->name().path; }

 private:
  std::shared_ptr<const TextMap> map_;
};

}  // namespace graph_milter::policy
