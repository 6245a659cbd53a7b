// SPDX-License-Identifier: Apache-2.0
// A TLS server on 127.0.0.1 that does exactly what its script says, byte for byte, and remembers what it was sent.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/http/test_authority.h"

namespace graph_milter::test {

enum class Then {
  KeepOpen,  // on to the next turn of this connection
  Close,     // say goodbye (close_notify) and close
  Reset,     // TCP reset
  Drain,     // read and forget until the other side closes
};

enum class Reads { WholeRequest, HeaderOnly, Nothing };

// One request and its answer.
struct Turn {
  std::string answer;  // raw bytes; may be empty or wrong
  Then then = Then::KeepOpen;
  Reads reads = Reads::WholeRequest;
};
using Connection = std::vector<Turn>;  // after its last turn a connection is drained

// What was sent over one connection, as it came.
struct Seen {
  std::size_t connection = 0;
  std::string header;  // with the empty line
  std::string body;
};

class ScriptServer {
 public:
  // Accepts connections one after the other, each in a thread of its own; those beyond the script get no answer.
  ScriptServer(TlsContext tls, std::vector<Connection> script);
  // Without TLS: the first turn's answer goes out at once.
  explicit ScriptServer(std::vector<Connection> script) : ScriptServer(nullptr, std::move(script)) {}
  ~ScriptServer();

  int port() const { return port_; }
  std::string url(const std::string& path = "/") const { return "https://127.0.0.1:" + std::to_string(port_) + path; }

  std::vector<Seen> seen() const;
  std::size_t connections() const { return connections_; }

 private:
  class Peer;
  void accept_all();
  void serve(int fd, std::size_t number);

  TlsContext tls_;
  std::vector<Connection> script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<std::size_t> connections_{0};
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::vector<int> open_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// "HTTP/1.1 200 OK" with Content-Length and `body`.
std::string answer(int status, const std::string& body = "", const std::string& more_headers = "");

}  // namespace graph_milter::test
