// SPDX-License-Identifier: Apache-2.0
// A certificate authority that lives as long as one test program.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace graph_milter::test {

template <auto Free>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;

class TestAuthority {
 public:
  TestAuthority();

  std::string certificate_pem() const;

  // A server with a certificate of this authority for `names`, as OpenSSL's subjectAltName has them:
  // "DNS:localhost,IP:127.0.0.1".
  TlsContext server(const std::string& names) const;

 private:
  Key key_;
  Certificate certificate_;
};

}  // namespace graph_milter::test
