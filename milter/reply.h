// SPDX-License-Identifier: Apache-2.0
// An answer in the form that smfi_setreply takes: it refuses, without a word to the MTA, what it does not like.
#pragma once

#include <string>

#include "core/intake/intake.h"

namespace graph_milter::milter {

struct Reply {
  std::string code;      // "452"
  std::string enhanced;  // "4.3.1"
  std::string text;      // printable ASCII, at most 900 bytes, each '%' doubled
};

// For TempFail and Reject. A code or enhanced code of another class or form becomes 451 4.3.0 or 550 5.7.1.
Reply make_reply(const intake::Answer& answer);

}  // namespace graph_milter::milter
