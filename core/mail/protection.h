// SPDX-License-Identifier: Apache-2.0
// Which parts make a message one that nobody on the way may change: signed, encrypted, a fragment, a report.
#pragma once

#include <optional>
#include <string_view>

#include "core/mail/facts.h"

namespace graph_milter::mail {

struct ProtectionReason {
  std::string_view code;    // "signed", "encrypted", "pgp", "partial", "external-body", "report"
  std::string_view detail;  // for people
};

// From the part's type and parameters.
std::optional<ProtectionReason> why_protected(const Part& part);

// True for the first line of text that PGP signed or encrypted in place.
bool is_pgp_armour(std::string_view line);

}  // namespace graph_milter::mail
