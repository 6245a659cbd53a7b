// SPDX-License-Identifier: Apache-2.0
// Names of attachments: they leave us as JSON and never touch our disk, but they must be safe for who receives them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace graph_milter::mail {

// The name under which an attachment goes to Graph. Valid UTF-8 in NFC; controls, NUL, bidi controls, zero-width and
// private characters dropped; no directory part; blanks at both ends and trailing dots dropped (Windows would drop
// them, so "a.exe." is what it opens as: a.exe); : * ? " < > | , leading dots and bytes that are not UTF-8 become "_";
// Windows device names get a "_" in front; at most 255 bytes, cut between characters and before the extension; empty
// becomes attachment-N with an extension from the type. The extension is never changed for another. Cleaning twice
// changes nothing.
std::string clean_file_name(std::string_view name, std::string_view media_type, std::size_t number);

// Gives equal names (compared without case) a suffix: "a.pdf", "a (2).pdf". The first of each stays as it is.
void make_names_unique(std::vector<std::string>& names);

}  // namespace graph_milter::mail
