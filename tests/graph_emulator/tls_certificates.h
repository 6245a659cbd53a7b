// SPDX-License-Identifier: Apache-2.0
// A certificate authority for one run, and a server certificate for 127.0.0.1 and localhost.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace graph_milter::emulator {

struct TlsContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsContextDeleter>;

// Makes both, writes `folder`/ca.pem (the CA's certificate; its key is forgotten), and returns a context that serves
// with the server certificate. Throws std::runtime_error.
TlsContext make_server_context(const std::string& folder);

}  // namespace graph_milter::emulator
