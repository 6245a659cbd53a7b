// SPDX-License-Identifier: Apache-2.0
// The OAuth 2.0 client credentials exchange as values: the form that is sent, what the answer means, when a token is
// old.
#pragma once

#include <optional>
#include <string>

#include "core/auth/token_source.h"

namespace graph_milter::auth {

// application/x-www-form-urlencoded; `proof` is the credential's part of it.
Secret token_form(const TokenSettings& settings, const Secret& proof);

std::string token_url(const TokenSettings& settings);

struct Grant {
  Secret token;
  Duration lifetime{};
  std::optional<Duration> refresh_in;  // the service's own wish
};

// Configuration for what only the administrator can mend, Throttled and Transient for a service that is busy or away.
// Decided on `error` and status; the AADSTS number only chooses the hint. `sent` is taken out of any words.
Result<Grant> read_token_reply(const http::Response& response, TimePoint now, const std::string& where,
                               const Secret& sent);

struct TokenTimes {
  TimePoint refresh;  // ask for a new one from here on, but go on using this one
  TimePoint end;      // not to be used any more: a request that starts now could meet its expiry
};
TokenTimes times_of(const Grant& grant, TimePoint now);

}  // namespace graph_milter::auth
