// SPDX-License-Identifier: Apache-2.0
#include "core/auth/token_reply.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/auth/aadsts.h"
#include "core/base/format.h"
#include "core/base/redact.h"
#include "core/base/text.h"
#include "core/http/retry_after.h"
#include "core/json/json.h"

namespace graph_milter::auth {
namespace {

constexpr std::size_t kWordsLimit = 400;
constexpr Duration kTenantThrottledWait = std::chrono::minutes(5);

struct ErrorBody {
  std::string error;  // "invalid_client"
  std::string description;
  std::optional<std::uint64_t> code;  // 7000215
};

std::optional<ErrorBody> read_error_body(const http::Response& response) {
  const auto document = json::parse(response.body);
  if (!document || document->find_string("error") == nullptr) return std::nullopt;
  ErrorBody body;
  body.error = *document->find_string("error");
  if (const std::string* description = document->find_string("error_description")) {
    // Trace id, correlation id and time stand on lines of their own behind the sentence.
    body.description = description->substr(0, description->find_first_of("\r\n"));
  }
  const json::Value* codes = document->find("error_codes");
  if (codes != nullptr && !codes->items().empty()) body.code = codes->items().front().as_uint64();
  return body;
}

std::string without(std::string text, const Secret& secret) {
  if (secret.empty()) return text;
  for (auto at = text.find(secret.reveal()); at != std::string::npos; at = text.find(secret.reveal(), at + 3))
    text.replace(at, secret.reveal().size(), "...");
  return text;
}

ErrorKind kind_of_status(int status) {
  if (status == 429) return ErrorKind::Throttled;
  if (status == 408 || status >= 500) return ErrorKind::Transient;
  return ErrorKind::Configuration;
}

Error without_error_body(const http::Response& response, const std::string& where) {
  Error error = make_error(kind_of_status(response.status), where,
                           format("the token service answered {} without an error it explains", response.status));
  if (error.kind == ErrorKind::Configuration)
    error.hint = "is login-url the token service, and tenant a domain or id that it knows?";
  return error;
}

Error with_error_body(const http::Response& response, const ErrorBody& body, const std::string& where) {
  const Aadsts* known = body.code ? find_aadsts(*body.code) : nullptr;
  Error error = make_error(kind_of_status(response.status), where, "");
  if (error.kind == ErrorKind::Configuration &&
      (body.error == "temporarily_unavailable" || (known != nullptr && known->kind != ErrorKind::Configuration)))
    error.kind = known != nullptr ? known->kind : ErrorKind::Transient;
  error.what = format("the token service answered {} {}", response.status, escape_for_log(body.error, 60));
  if (!body.description.empty()) error.what += ": " + escape_for_log(redact_credentials(body.description), kWordsLimit);
  if (body.code) error.code = format("AADSTS{}", *body.code);
  if (known != nullptr) error.hint = known->hint;
  return error;
}

Error token_fault(const http::Response& response, TimePoint now, const std::string& where) {
  const auto body = read_error_body(response);
  Error error = body ? with_error_body(response, *body, where) : without_error_body(response, where);
  error.status = response.status;
  error.request_id = escape_for_log(response.header("x-ms-request-id"), 100);
  error.retry_after = http::retry_after(response, now);
  if (error.kind == ErrorKind::Throttled && !error.retry_after) error.retry_after = kTenantThrottledWait;
  return error;
}

// Seconds as a number or, as some token services write them, as text.
std::optional<Duration> seconds_at(const json::Value& object, std::string_view key) {
  auto seconds = object.find_uint64(key);
  if (const std::string* text = object.find_string(key)) seconds = parse_unsigned(*text);
  if (!seconds || *seconds == 0) return std::nullopt;
  return std::chrono::seconds(std::min<std::uint64_t>(*seconds, 7 * 24 * 3600));
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string token_url(const TokenSettings& settings) {
  std::string base = settings.login_url;
  while (base.ends_with('/')) base.pop_back();
  return format("{}/{}/oauth2/v2.0/token", base, percent_encode(settings.tenant));
}

Secret token_form(const TokenSettings& settings, const Secret& proof) {
  return Secret(format("client_id={}&scope={}&{}&grant_type=client_credentials", percent_encode(settings.client_id),
                       percent_encode(settings.scope), proof.reveal()));
}

Result<Grant> read_token_reply(const http::Response& response, TimePoint now, const std::string& where,
                               const Secret& sent) {
  if (response.status != 200) {
    Error error = token_fault(response, now, where);
    error.what = without(std::move(error.what), sent);
    return fail(std::move(error));
  }
  const auto document = json::parse(response.body);
  const std::string* token = document ? document->find_string("access_token") : nullptr;
  const auto lifetime = document ? seconds_at(*document, "expires_in") : std::nullopt;
  if (token == nullptr || !is_token(*token) || !lifetime) {
    Error error = make_error(ErrorKind::Transient, where, "the token service answered 200, but with no token",
                             "is login-url the token service, or something in between?");
    error.status = response.status;
    return fail(std::move(error));
  }
  return Grant{Secret(*token), *lifetime, seconds_at(*document, "refresh_in")};
}

TokenTimes times_of(const Grant& grant, TimePoint now) {
  using std::chrono::minutes;
  const Duration half = grant.lifetime / 2;
  Duration refresh = grant.lifetime - minutes(5);
  if (grant.lifetime >= std::chrono::hours(2) || grant.lifetime < minutes(10)) refresh = half;
  if (grant.refresh_in) refresh = std::min(*grant.refresh_in, refresh);
  // Two minutes is what one request may take.
  const Duration end = std::max<Duration>(grant.lifetime - minutes(2), half);
  return {now + refresh, now + end};
}

}  // namespace graph_milter::auth
