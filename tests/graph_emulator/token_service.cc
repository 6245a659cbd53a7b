// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/token_service.h"

#include <optional>

#include "core/base/base64.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "tests/graph_emulator/mime_reader.h"
#include "tests/graph_emulator/records.h"
#include "tests/graph_emulator/target.h"

namespace graph_milter::emulator {
namespace {

using Form = std::vector<std::pair<std::string, std::string>>;

struct Refusal {
  int status = 400;
  std::string error;
  std::int64_t number = 0;
  std::string text;
  std::string breach = {};  // a violation; empty: none
};

Reply refuse(const Refusal& refusal, TimePoint now) {
  const std::string trace = make_uuid();
  const std::string correlation = make_uuid();
  std::string time = iso8601(now);
  time[10] = ' ';
  const std::string description = format("AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {}",
                                         refusal.number, refusal.text, trace, correlation, time);
  return json_reply(
      refusal.status,
      Json::object({{"error", refusal.error},
                    {"error_description", description},
                    {"error_codes", Json::array().push(refusal.number)},
                    {"timestamp", time},
                    {"trace_id", trace},
                    {"correlation_id", correlation},
                    {"error_uri", format("https://login.microsoftonline.com/error?code={}", refusal.number)}}));
}

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

int count_of(const Form& form, std::string_view name) {
  int count = 0;
  for (const auto& [key, value] : form) count += key == name ? 1 : 0;
  return count;
}

std::string value_of(const Form& form, std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) return value;
  }
  return {};
}

// Client id and secret from the form or from Basic; both percent-decoded. Or an assertion from the form.
struct Credential {
  std::string client_id;
  std::optional<std::string> secret;
  std::optional<std::string> assertion;
};

Credential credential_of(const Form& form, const std::string& authorization) {
  Credential credential{value_of(form, "client_id"), std::nullopt, std::nullopt};
  if (count_of(form, "client_secret") == 1) credential.secret = value_of(form, "client_secret");
  const bool is_jwt = value_of(form, "client_assertion_type") == kJwtBearer;
  if (is_jwt && count_of(form, "client_assertion") == 1) credential.assertion = value_of(form, "client_assertion");
  std::string decoded;
  if (starts_with_ignoring_case(authorization, "Basic ") &&
      decode_base64_strictly(trim(std::string_view(authorization).substr(6)), decoded)) {
    const std::size_t colon = decoded.find(':');
    credential.client_id = percent_decode(decoded.substr(0, colon), true);
    if (colon != std::string::npos) credential.secret = percent_decode(decoded.substr(colon + 1), true);
  }
  return credential;
}

std::optional<Refusal> check_request(const Settings& settings, std::string_view tenant, const Form& form) {
  for (const char* name : {"grant_type", "scope"}) {
    if (count_of(form, name) != 1) {
      return Refusal{400, "invalid_request", 900144,
                     format("The request body must contain the following parameter: '{}'.", name)};
    }
  }
  if (!equal_ignoring_case(tenant, settings.tenant) && !equal_ignoring_case(tenant, settings.tenant_id)) {
    return Refusal{400, "invalid_request", 90002,
                   format("Tenant '{}' not found. Check to make sure you have the correct tenant ID.", tenant)};
  }
  if (value_of(form, "grant_type") != "client_credentials") {
    return Refusal{400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."};
  }
  if (value_of(form, "scope") != settings.graph_url + "/.default") {
    return Refusal{400, "invalid_scope", 70011,
                   "The provided request must include a 'scope' input parameter. The provided value for the input "
                   "parameter 'scope' is not valid."};
  }
  return std::nullopt;
}

std::optional<Refusal> check_credential(const Settings& settings, const Switches& switches,
                                        const Credential& credential) {
  if (switches.secret_state == "unknown-app" || !equal_ignoring_case(credential.client_id, settings.client_id)) {
    return Refusal{
        400, "unauthorized_client", 700016,
        format("Application with identifier '{}' was not found in the directory 'Contoso'.", credential.client_id)};
  }
  if (credential.secret && credential.assertion) {
    return Refusal{401, "invalid_client", 7000218,
                   "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
                   "a token request with two credentials"};
  }
  if (credential.assertion) return std::nullopt;
  if (!credential.secret) {
    return Refusal{401, "invalid_client", 7000218,
                   "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."};
  }
  if (*credential.secret != settings.client_secret) {
    return Refusal{401, "invalid_client", 7000215,
                   format("Invalid client secret provided. Ensure the secret being sent in the request is the client "
                          "secret value, not the client secret ID, for a secret added to app '{}'.",
                          settings.client_id)};
  }
  if (switches.secret_state == "expired") {
    return Refusal{401, "invalid_client", 7000222,
                   format("The provided client secret keys for app '{}' are expired.", settings.client_id)};
  }
  return std::nullopt;
}

}  // namespace

TokenService::Answer TokenService::answer(const Switches& switches, std::string_view tenant, const Exchange& exchange,
                                          const std::string& body, TimePoint now) {
  const std::string type = exchange.header("content-type");
  const auto form = parse_form(body);
  if (!starts_with_ignoring_case(type, "application/x-www-form-urlencoded") || !form) {
    return {
        refuse({400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'."},
               now),
        "token request is not a well-formed form"};
  }
  if (const auto refusal = check_request(settings_, tenant, *form)) return {refuse(*refusal, now), {}};
  const Credential credential = credential_of(*form, exchange.header("authorization"));
  if (const auto refusal = check_credential(settings_, switches, credential))
    return {refuse(*refusal, now), refusal->breach};
  if (credential.assertion) {
    const std::string audience = format("{}/{}/oauth2/v2.0/token", settings_.login_url, tenant);
    const auto fault =
        assertions_.check(*credential.assertion, switches.certificates, audience, settings_.client_id, now);
    if (fault) return {refuse({401, "invalid_client", fault->number, fault->text}, now), fault->breach};
  }
  return {json_reply(200, Json::object({{"token_type", "Bearer"},
                                        {"expires_in", switches.token_lifetime_s},
                                        {"ext_expires_in", switches.token_lifetime_s},
                                        {"access_token", issue(switches, now)}})),
          {}};
}

std::string TokenService::issue(const Switches& switches, TimePoint now) {
  std::string token = format("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{}.{}", base64url_encode(random_bytes(120)),
                             base64url_encode(random_bytes(64)));
  tokens_.emplace(token, now + std::chrono::seconds(switches.token_lifetime_s));
  return token;
}

bool TokenService::accepts(std::string_view token, TimePoint now) const {
  const auto found = tokens_.find(token);
  return found != tokens_.end() && now < found->second;
}

}  // namespace graph_milter::emulator
