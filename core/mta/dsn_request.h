// SPDX-License-Identifier: Apache-2.0
// What was asked for at submission (RFC 3461), read from ESMTP parameters. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/envelope.h"

namespace graph_milter::mta {

// The value of the first parameter with this keyword (any case); nullopt if there is none or it has no value.
std::optional<std::string_view> parameter_value(const std::vector<std::string>& parameters, std::string_view keyword);

// "a+2Bb" -> "a+b" (RFC 3461 section 4). nullopt if it is no xtext.
std::optional<std::string> decode_xtext(std::string_view text);

struct Notify {
  bool success = false;
  bool failure = true;
  bool delay = true;
};
Notify notify_of(const mail::EnvelopePath& recipient);

// ENVID decoded. nullopt: none, or not printable ASCII.
std::optional<std::string> envelope_id(const mail::Envelope& envelope);

// ORCPT: address type and decoded address, "rfc822;a+b@example.org". Of type utf-8 (RFC 6533 section 3) as it came.
// nullopt: none, or nothing that could stand in a field.
std::optional<std::string> original_recipient(const mail::EnvelopePath& recipient);

}  // namespace graph_milter::mta
