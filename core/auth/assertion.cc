// SPDX-License-Identifier: Apache-2.0
#include "core/auth/assertion.h"

#include <chrono>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/json/json.h"

namespace graph_milter::auth {
namespace {

std::string header_json(const KeyPair& pair, AssertionForm form) {
  const bool is_ps = form == AssertionForm::Ps256;
  json::Writer out;
  out.begin_object();
  out.key("alg").string(is_ps ? "PS256" : "RS256");
  out.key("typ").string("JWT");
  out.key(is_ps ? "x5t#S256" : "x5t")
      .string(base64url_encode(is_ps ? pair.sha256_thumbprint() : pair.sha1_thumbprint()));
  out.end_object();
  return out.take();
}

// RFC 7519 section 2, NumericDate.
std::int64_t seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string claims_json(const AssertionClaims& claims) {
  json::Writer out;
  out.begin_object();
  out.key("aud").string(claims.audience);
  out.key("iss").string(claims.client_id);
  out.key("sub").string(claims.client_id);
  out.key("jti").string(claims.id);
  out.key("nbf").number(seconds(claims.now));
  out.key("iat").number(seconds(claims.now));
  out.key("exp").number(seconds(claims.now + kAssertionLifetime));
  out.end_object();
  return out.take();
}

}  // namespace

Result<Secret> make_assertion(const KeyPair& pair, AssertionForm form, const AssertionClaims& claims) {
  const std::string signed_part =
      format("{}.{}", base64url_encode(header_json(pair, form)), base64url_encode(claims_json(claims)));
  GM_TRY_ASSIGN(const std::string signature,
                form == AssertionForm::Ps256 ? pair.sign_ps256(signed_part) : pair.sign_rs256(signed_part));
  return Secret(format("{}.{}", signed_part, base64url_encode(signature)));
}

}  // namespace graph_milter::auth
