// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 on a loopback port, with or without TLS: one thread per connection, targets and bodies as they came, and
// every way to misbehave that a Reply can ask for.
#pragma once

#include <openssl/ssl.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/file.h"
#include "tests/graph_emulator/exchange.h"

namespace graph_milter::emulator {

class HttpServer {
 public:
  // The handler is called by many threads at once; it may leave the body unread. It fills in Exchange::host.
  using Handler = std::function<Reply(Exchange&, BodyReader&)>;

  // `context` null: plain HTTP; else it must outlive the server. Binds 127.0.0.1; port 0: any. Throws
  // std::runtime_error.
  HttpServer(int port, SSL_CTX* context);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }
  void start(Handler handler);
  void stop();  // closes all connections and waits for their threads

 private:
  void accept_connections();
  void serve(int fd);

  SSL_CTX* context_;
  FileDescriptor listener_;
  int port_ = 0;
  Handler handler_;
  std::thread acceptor_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::set<int> connections_;
  bool stopping_ = false;
};

}  // namespace graph_milter::emulator
