// SPDX-License-Identifier: Apache-2.0
// What the items of a list are asked about: one client, login, address or word, in every form that an item may want.
// Made once for a message, however many rules ask.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/network.h"

namespace graph_milter::policy {

struct Subject {
  std::string text;    // as it came: what patterns read and logs show
  std::string key;     // as it is compared: an address in canonical form, a word in lower case; empty: matches no key
  std::string domain;  // of an address with a plain local part, canonical: what @domain matches; else empty
  std::optional<IpAddress> ip;  // of a client
};

Subject address_subject(std::string_view address);  // also of a login, which may be a word without '@'
Subject client_subject(std::string_view address);
Subject word_subject(std::string_view word);  // key: the word itself, upper and lower case apart

// What items that list their subjects know them by: a key, "@" and a domain, or the first bytes of an address, as many
// as its network has whole ones.
using Names = std::vector<std::string>;
void add_names(const Subject& subject, Names& out);  // all by which an item could know it

}  // namespace graph_milter::policy
