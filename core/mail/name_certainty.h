// SPDX-License-Identifier: Apache-2.0
// Which ways of writing a file name all readers understand alike. What is refused here was seen to be read differently
// by parsers in daily use (tests/differential): the name is then not certain, and its part is not cut out.
#pragma once

#include <string>
#include <string_view>

namespace graph_milter::mail {

// A value without quotes, of a name or a boundary: a token, without ' and *, by which the RFC 2231 form is marked.
bool is_certain_unquoted_name(std::string_view value);

// The part of an RFC 2231 value behind charset and language: attribute-char and %HH (section 7) and nothing else, in
// quotes too.
bool is_certain_extended_text(std::string_view value);

// The name itself, in UTF-8: no blanks at either end, no controls (a TAB may come from a fold), C1 neither (bytes 80-9F
// of ISO-8859-1 are windows-1252 for some), no beginning of an RFC 2047 word (what is left is a word for some).
bool is_certain_name(std::string_view name);

// True for charsets in which a piece of a text may mean nothing by itself, or swallow the ASCII behind it. `charset` in
// lower case.
bool needs_whole_text(std::string_view charset);

}  // namespace graph_milter::mail
