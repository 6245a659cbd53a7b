// SPDX-License-Identifier: Apache-2.0
// Reading "value; name=value; ..." as Content-Type and Content-Disposition have it (RFC 2045 section 5.1, RFC 2231),
// so strictly that no two readers could see different parameters.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graph_milter::mail {

struct ParameterList {
  std::string head;  // what stands before the first ';', lower case
  // Names lower case. Values of plain parameters without quotes; "name" and "filename" decoded to UTF-8. Parameters in
  // RFC 2231 form are here only if they are "name" or "filename": nothing else that we read comes in that form.
  std::vector<std::pair<std::string, std::string>> parameters;

  bool name_is_certain = true;  // false: "name" or "filename" is there, but readers could decode it differently
  // The bytes of a "name" or "filename" that is uncertain for one reason only: they are 8-bit and not UTF-8.
  std::string raw_name;

  std::string code;  // not empty: readers could differ about more than a name, and the reading ended there
                     // ("comment-odd", "boundary", "param")
  std::string detail;
  // Written in a form that some readers refuse, and read on: "comment", "boundary-form", "param-form". Bounded.
  struct Oddity {
    std::string_view code;
    std::string_view detail;
  };
  std::vector<Oddity> oddities;

  const std::string* find(std::string_view lower_name) const;
};

// `value` unfolded. What could be read before a problem is kept. A name in an odd form is not certain.
ParameterList read_parameter_list(std::string_view value);

// tspecials of RFC 2045 and controls are no token characters.
bool is_token_char(char c);
bool is_token(std::string_view text);

}  // namespace graph_milter::mail
