// SPDX-License-Identifier: Apache-2.0
// Names of attachments: they leave us as JSON and never touch our disk, but they must be safe for who receives them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace graph_milter::mail {

// The name under which an attachment goes to Graph. Valid UTF-8; controls, NUL, bidi controls, zero-width and private
// characters dropped; / \ : * ? " < > | and leading dots, trailing dots and blanks replaced; no directory part; Windows
// device names get a "_" in front; at most 255 bytes, cut between code points and before the extension; empty becomes
// attachment-N with an extension from the type. The extension is never changed.
std::string clean_file_name(std::string_view name, std::string_view media_type, std::size_t number);

// Gives equal names (compared without case) a suffix: "a.pdf", "a (2).pdf".
void make_names_unique(std::vector<std::string>& names);

}  // namespace graph_milter::mail
