// SPDX-License-Identifier: Apache-2.0
// By what an application proves to the token service that it is itself, read anew for each request.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/auth/token_source.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace graph_milter::auth {

// What goes into the form, percent-encoded ("client_secret=..."), and the part of it that no words may repeat.
struct Proof {
  Secret fields;
  Secret secret;
  std::string remark;  // what the administrator should know if it is refused; empty: nothing
};

class Credential {
 public:
  virtual ~Credential() = default;
  // One caller at a time. Configuration if the files are not as they must be.
  virtual Result<Proof> prove(TimePoint now) = 0;
};

// A certificate and its key that can't be read, or don't fit, are replaced by the pair that was read last, if there is
// one: somebody may be about to replace the two files. The log says so once for each reason.
std::unique_ptr<Credential> make_credential(const TokenSettings& settings);

// What a credential is and when it ends.
struct CredentialEnd {
  std::string name;  // "the certificate in /etc/graph-milter/client.pem"
  TimePoint end{};
  friend bool operator==(const CredentialEnd&, const CredentialEnd&) = default;
};

// Reads the files of `settings` as they are now, as the daemon would. The end of a secret nobody knows.
Result<std::optional<CredentialEnd>> check_credential(const TokenSettings& settings);

}  // namespace graph_milter::auth
