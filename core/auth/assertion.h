// SPDX-License-Identifier: Apache-2.0
// The client assertion: a JWT that we sign instead of sending a secret (RFC 7523 section 2.2, RFC 7515; Microsoft
// identity platform, "application authentication certificate credentials"). Pure.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/base/key_pair.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace graph_milter::auth {

enum class AssertionForm {
  Ps256,  // names the certificate by x5t#S256
  Rs256,  // names it by x5t: as clients did before, for token services that don't know the other
};

struct AssertionClaims {
  std::string audience;   // the URL of the token endpoint
  std::string client_id;  // issuer and subject
  std::string id;         // jti: never the same twice
  TimePoint now{};        // nbf and iat
};

// How long an assertion holds: long enough for a slow network, and for a clock that is minutes off.
inline constexpr Duration kAssertionLifetime = std::chrono::minutes(10);

// header.claims.signature, each in base64url. Whoever has it can get tokens until it expires, so it is a Secret.
Result<Secret> make_assertion(const KeyPair& pair, AssertionForm form, const AssertionClaims& claims);

}  // namespace graph_milter::auth
