// SPDX-License-Identifier: Apache-2.0
// Access tokens for Graph. Any thread; concurrent callers share one request.
#pragma once

#include <memory>
#include <string>

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

struct ClientSecretSettings {
  std::string login_url = "https://login.microsoftonline.com";
  std::string tenant;
  std::string client_id;
  std::string client_secret_file;  // read anew for every token, so that a replaced file is used without restart
  std::string scope;               // graph-url + "/.default"
};

// OAuth 2.0 client credentials with a secret from a file.
std::unique_ptr<TokenSource> make_client_secret_source(ClientSecretSettings settings,
                                                       std::shared_ptr<http::ApiDoor> door,
                                                       std::shared_ptr<Clock> clock);

}  // namespace graph_milter::auth
