// SPDX-License-Identifier: Apache-2.0
// When the administrator is to hear that the application's credential ends: 30, 7 and 1 days ahead, and when it has
// ended. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/auth/credential.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace graph_milter::delivery {

// The stage that has been reached: 30, 7, 1, or 0 when it has ended; nullopt: it holds for longer.
std::optional<int> expiry_stage(TimePoint end, TimePoint now);

// What he was told. Kept in the queue's notes.
struct ExpiryState {
  TimePoint end{};  // of the credential that was spoken of; 0: of none
  int stage = 0;
  friend bool operator==(const ExpiryState&, const ExpiryState&) = default;
};

std::string to_json(const ExpiryState& state);
Result<ExpiryState> expiry_state_from_json(std::string_view text);  // of an empty text: nothing was ever told

// What to remember once he has been told; nullopt: there is nothing to tell. Each stage is told once, a stage that was
// slept through not at all, and a credential with another end anew. A clock that is set back tells nothing again.
std::optional<ExpiryState> decide_expiry(const ExpiryState& told, TimePoint end, TimePoint now);

// "ends in 28 days (Sun, 20 Dec 2026 ...)", "ends in less than a day (...)", "has ended (...)".
std::string expiry_words(TimePoint end, TimePoint now);

// The mail. UTF-8, LF.
std::string expiry_subject(const auth::CredentialEnd& credential, const std::string& hostname, TimePoint now);
std::string expiry_text(const auth::CredentialEnd& credential, TimePoint now);

}  // namespace graph_milter::delivery
