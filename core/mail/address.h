// SPDX-License-Identifier: Apache-2.0
// Mail addresses: the strict form that may decide anything, and the one function by which two are compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace graph_milter::mail {

// One mailbox of a From, To or Cc field. `address` is canonical (see canonical_address).
struct Mailbox {
  std::string display_name;  // decoded to UTF-8 where it can be; for people only
  std::string address;
  friend bool operator==(const Mailbox&, const Mailbox&) = default;
};

// The form in which addresses are compared: dot-atom or quoted local part as it is but lower-cased in ASCII, domain
// lower-cased and as A-label (IDNA2008, libidn2). Nothing else is folded: no plus, no dots. Empty for what is not
// local@domain in RFC 5321's sense (routes, comments, domain literals, control characters).
std::optional<std::string> canonical_address(std::string_view address);

bool same_address(std::string_view a, std::string_view b);

// The domain of a canonical address.
std::string_view domain_of(std::string_view canonical);

// Reads the unfolded value of a From, To or Cc field (RFC 5322 section 3.4). Groups yield their members, an empty group
// none. Fails with Permanent and words for the log on what two readers could understand differently: comments that
// touch an address, routes, obsolete forms, unbalanced quotes, encoded words inside an address, raw controls.
Result<std::vector<Mailbox>> parse_mailbox_list(std::string_view value);

// Whether such a value names a group ("Team: a@b.example;"), with members or without. False for what can't be read.
bool has_group(std::string_view value);

}  // namespace graph_milter::mail
