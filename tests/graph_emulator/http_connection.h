// SPDX-License-Identifier: Apache-2.0
// One accepted connection: bytes with or without TLS, requests out of them, replies into them.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/graph_emulator/exchange.h"

namespace graph_milter::emulator {

// Blocking. Does not own the descriptor.
class HttpConnection {
 public:
  HttpConnection(int fd, SSL_CTX* context);
  ~HttpConnection();

  bool handshake();

  // Request line and header; nullopt: the client is gone or does not speak HTTP/1.1.
  std::optional<Exchange> read_head();

  // Next bytes of the body; 0: the client is gone.
  std::size_t read_body(std::span<char> out);

  bool write(std::string_view bytes);
  bool write_reply(const Reply& reply, bool last);  // false: the connection must be closed

 private:
  struct TlsDeleter {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  std::size_t receive(std::span<char> out);
  std::size_t send_some(std::string_view bytes);
  bool write_body(const Reply& reply, ByteCount length);

  int fd_;
  std::unique_ptr<SSL, TlsDeleter> tls_;
  std::string buffer_;  // received, not consumed yet
};

}  // namespace graph_milter::emulator
