// SPDX-License-Identifier: Apache-2.0
// Our own mail, known when it comes back: every message that leaves through us carries a field that only we can write.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "core/base/secret.h"
#include "core/mail/facts.h"
#include "core/plan/draft_fields.h"

namespace graph_milter::intake {

inline constexpr std::string_view kLoopField = plan::kSealField;

class LoopGuard {
 public:
  // `key`: at least 16 bytes, the same on all hosts that could get each other's mail.
  explicit LoopGuard(Secret key);

  // The field's value for a message with this marker ("instance/entry"): the marker and an HMAC-SHA-256 of it. ASCII,
  // under 200 characters, no blanks, so it is never folded.
  std::string seal(std::string_view marker) const;

  // Did we, or a host with our key, write this value? Compares in constant time. Blanks around it don't count.
  bool is_ours(std::string_view value) const;

  // Does any field of the header hold a seal of ours? A forged one beside it changes nothing.
  bool has_seal(const mail::MessageFacts& facts) const;

 private:
  Secret key_;
};

}  // namespace graph_milter::intake
