// SPDX-License-Identifier: Apache-2.0
// A message as the service shows it, and MIME made from a message given as JSON.
#pragma once

#include <string>
#include <vector>

#include "tests/graph_emulator/state.h"

namespace graph_milter::emulator {

const std::vector<std::string>& message_properties();

// All properties but those that come only when selected; `with_headers`: internetMessageHeaders too.
Json message_json(const State& state, const Call& call, const Item& item, bool with_headers);

std::vector<Address> recipients_of(const Item& item, std::string_view field);

// MIME of a message given as properties; what the service itself would write.
std::string mime_from_json(const Mailbox& mailbox, const Json& message, const Switches& switches, TimePoint now);

// A value as a header field: what is not ASCII becomes encoded words.
std::string field_text(const std::string& value);

// `mime` with the header fields of that name replaced by one; an empty value removes them.
std::string with_field(const std::string& mime, std::string_view name, std::string_view value);
std::string address_list(const Json& recipients);  // as a field value

}  // namespace graph_milter::emulator
