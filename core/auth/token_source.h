// SPDX-License-Identifier: Apache-2.0
// Access tokens for Graph. Any thread; concurrent callers share one request.
#pragma once

#include <memory>
#include <string>

#include "core/auth/assertion.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/http/http.h"

namespace graph_milter::auth {

class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // A token that is valid for at least a few minutes. Configuration for refused credentials (AADSTS codes in the
  // words), Transient or Throttled for a token service that is down.
  virtual Result<Secret> token() = 0;
  // The token was refused with 401: the next token() asks for a new one, unless it already has another.
  virtual void discard(const Secret& refused) = 0;
};

// By what the application proves that it is itself: a secret, or a certificate if client_secret_file is empty. The
// files are read anew for every token, so that replaced ones are used without restart.
struct TokenSettings {
  std::string login_url = "https://login.microsoftonline.com";
  std::string tenant;
  std::string client_id;
  std::string client_secret_file;
  std::string scope;  // graph-url + "/.default"
  std::string client_certificate_file;
  std::string client_key_file;  // may be the same file
  AssertionForm assertion_form = AssertionForm::Ps256;
};

// OAuth 2.0 client credentials (RFC 6749 section 4.4). `clock` is the wall's, also where that is set back: assertions
// say what time it is. No wait gets longer by it.
std::unique_ptr<TokenSource> make_token_source(TokenSettings settings, std::shared_ptr<http::ApiDoor> door,
                                               std::shared_ptr<Clock> clock);

}  // namespace graph_milter::auth
