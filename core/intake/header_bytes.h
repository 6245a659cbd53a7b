// SPDX-License-Identifier: Apache-2.0
// The bytes of a header field as it stood on the wire, from what a milter is given.
#pragma once

#include <string>
#include <string_view>

namespace graph_milter::intake {

// Appends "name:value" and CRLF. A milter's value begins with its blank (SMFIP_HDR_LEADSPC) and is folded with LF; each
// LF that has no CR before it becomes CRLF. All other bytes are copied.
void append_field(std::string& out, std::string_view name, std::string_view value);

}  // namespace graph_milter::intake
