// SPDX-License-Identifier: Apache-2.0
// The codes of findings, and which of them a rule with mime = tolerant lets pass: those about the form in which
// something is written, where our two readers still read the same.
#pragma once

#include <span>
#include <string_view>

#include "core/mail/facts.h"

namespace graph_milter::mail {

struct FindingCode {
  std::string_view code;
  Verdict verdict = Verdict::Ambiguous;
  bool tolerable = false;
};

// Every code that a Finding of a message may have, each once. ARCHITECTURE.md says what each of them means.
std::span<const FindingCode> finding_codes();

// False for a code that is not in the table.
bool is_tolerable(std::string_view code);

// For a rule with mime = tolerant: moves the tolerable findings to facts.tolerated, so that what is left decides the
// verdict; Clean if nothing is. The second reader must then be asked as for any Clean message. Whether a part may be
// cut out does not change.
MessageFacts tolerate(MessageFacts facts);

}  // namespace graph_milter::mail
